"""Ask every part whether it is well, and say what to do about those that are not."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from kit.config import Settings
from kit.errors import ServiceError
from stack import keys, ports, probes, running
from stack.children import own_cluster
from stack.keys import payload_keys_file
from stack.layout import Layout
from stack.logs import last_lines
from stack.processes import PROCESSES, Process, Ready
from workflows.client import Deployment, connect_temporal
from workflows.runtime.shell.payload_keys import PayloadKeys, PayloadKeysMalformed


@dataclass(frozen=True)
class Finding:
    """What was found about one part."""

    part: str
    well: bool
    says: str
    advice: str = ""


async def examine(layout: Layout) -> list[Finding]:
    """Ask all parts at once."""
    supervisor = running.process_id(layout)
    findings = [
        Finding("supervisor", True, f"process {supervisor}")
        if supervisor
        else Finding("supervisor", False, "does not run", "start it with `make up`")
    ]
    if not (layout.keys / "issuers.json").exists():
        return [*findings, Finding("keys", False, "not made yet", "`make up` makes them")]
    findings.append(payload_keys(keys.payload_keys_file(layout.keys)))
    cluster = own_cluster(layout)
    asked = [process for process in PROCESSES if process.ready is not Ready.EXIT]
    parts = await asyncio.gather(
        *(
            _ask(process, layout, probes.of(process, layout, cluster), supervisor is not None)
            for process in asked
        )
    )
    return [*findings, *parts, await _builds(layout)]


async def _builds(layout: Layout) -> Finding:
    """A worker gets no work while no build is present, and does not say so itself."""
    settings = Settings(
        TEMPORAL_ADDRESS=layout.temporal_address, payload_keys_file=payload_keys_file(layout.keys)
    )
    try:
        builds = await Deployment(await connect_temporal(settings, lazy=True)).builds()
    except (ServiceError, RuntimeError) as problem:
        return Finding("builds", False, str(problem), "see temporal above")
    says = ", ".join(f"{build.build_id}: {build.runs} running" for build in builds if build.runs)
    present = next((build.build_id for build in builds if build.present), "")
    if not present:
        return Finding("builds", False, "no build is present", "`make logs ARGS=workflows`")
    return Finding("builds", True, says or f"{present}: nothing running")


def payload_keys(path: Path) -> Finding:
    """Say whether the keys of payloads can be used, and by nobody else."""
    try:
        known = PayloadKeys(path)
    except PayloadKeysMalformed as problem:
        advice = "put it back from a backup: without it no open case goes on"
        return Finding("payload keys", False, str(problem), advice)
    if path.stat().st_mode & 0o077:
        return Finding("payload keys", False, f"{path} is open to others", f"chmod 600 {path}")
    return Finding("payload keys", True, f"{', '.join(known.ids)}; {known.current} is current")


async def _ask(
    process: Process, layout: Layout, probe: Callable[[], Awaitable[None]], supervised: bool
) -> Finding:
    try:
        await probe()
    except probes.NotReady as problem:
        return Finding(process.name, False, str(problem), _advice(process, layout, supervised))
    where = layout.external.get(process.name) or f"port {layout.port(process)}"
    return Finding(process.name, True, f"answers ({where})")


def _advice(process: Process, layout: Layout, supervised: bool) -> str:
    if process.name in layout.external:
        return f"it is yours: see that the server in {layout.external[process.name]} runs"
    port = layout.port(process)
    if not ports.is_free(port) and not (layout.pid_files / process.name).exists():
        return f"port {port} is held by {ports.holder(port)}; set {process.port_variable}"
    log = layout.logs / f"{process.name}.log"
    if not supervised or not log.exists():
        return "`make up` starts it"
    lines, _ = last_lines(log, 1)
    return f"its log ends: {lines[0] if lines else '(empty)'}; `make logs ARGS={process.name}`"


def show(findings: list[Finding]) -> None:
    """Print the findings as a table."""
    table = Table()
    for heading in ("part", "well", "what it says", "what to do"):
        table.add_column(heading, overflow="fold")
    for finding in findings:
        well = "[green]yes" if finding.well else "[red]no"
        table.add_row(finding.part, well, finding.says, finding.advice)
    Console().print(table)
