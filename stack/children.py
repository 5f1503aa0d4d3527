"""From a row of the process table to a program that can be started here."""

import hashlib
import signal
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from stack import keys, postgres, probes, temporal
from stack.layout import PROJECT, Layout
from stack.leash import leashed
from stack.processes import BY_NAME, PROCESSES, Process, Ready

Probe = Callable[[], Awaitable[None]]


@dataclass(frozen=True)
class Done:
    """What a program that runs once was run for last time, and what it would be run for now."""

    stamp: Path
    key: str

    def already(self) -> bool:
        """Whether nothing changed since it ended well."""
        return self.stamp.exists() and self.stamp.read_text() == self.key

    def remember(self) -> None:
        """Note that it ended well."""
        self.stamp.write_text(self.key)


@dataclass(frozen=True)
class Child:
    """A program with all it takes to start it, to know it is ready, and to end it."""

    name: str
    needs: tuple[str, ...]
    argv: list[str]
    environment: dict[str, str]
    log: Path
    pid_file: Path
    probe: Probe | None
    """Raises until it is ready; None where it is ready once it has ended well."""
    stop_signal: signal.Signals = signal.SIGTERM
    done: Done | None = None
    """Where it is remembered that it ended well; None where it must run at every start."""


def children(processes: tuple[Process, ...], layout: Layout) -> list[Child]:
    """Describe the programs to start; servers that somebody else runs are left out."""
    cluster = own_cluster(layout)
    common = shared_environment(layout, cluster)
    wanted = [process for process in processes if process.name not in layout.external]
    names = {process.name for process in wanted}
    return [
        Child(
            name=process.name,
            needs=tuple(need for need in process.needs if need in names),
            argv=_argv(process, layout, cluster),
            environment=common | keys.environment_for(process.keys, layout.keys),
            log=layout.logs / f"{process.name}.log",
            pid_file=layout.pid_files / process.name,
            probe=None if process.ready is Ready.EXIT else probes.of(process, layout, cluster),
            # SIGINT is PostgreSQL's fast shutdown; SIGTERM would wait for every client to leave.
            stop_signal=signal.SIGINT if process.name == "postgres" else signal.SIGTERM,
            done=_done(process, cluster),
        )
        for process in wanted
    ]


def _done(process: Process, cluster: postgres.Cluster | None) -> Done | None:
    """Remembered beside our own data: what stands in another's database, we do not know."""
    if cluster is None or not process.inputs:
        return None
    digest = hashlib.sha256()
    for path in sorted(path for pattern in process.inputs for path in PROJECT.glob(pattern)):
        digest.update(f"{path.relative_to(PROJECT)}\0".encode() + path.read_bytes())
    return Done(cluster.home / f"{process.name}.done", digest.hexdigest())


def own_cluster(layout: Layout) -> postgres.Cluster | None:
    """Give the embedded PostgreSQL, unless DATABASE_URL names another server."""
    if "postgres" in layout.external:
        return None
    return postgres.durable(layout.state, layout.port(BY_NAME["postgres"]))


def shared_environment(layout: Layout, cluster: postgres.Cluster | None) -> dict[str, str]:
    """Give what every child is told: our environment, and where everybody listens."""
    told = {k: v for k, v in layout.environment.items() if k not in keys.VARIABLES}
    told["PYTHONUNBUFFERED"] = "1"
    told.pop("PYTHONDONTWRITEBYTECODE", None)  # compiling everything anew doubles every start
    told["TEMPORAL_ADDRESS"] = layout.temporal_address
    if cluster:
        told["DATABASE_URL"] = cluster.url
    for process in PROCESSES:
        if process.port_variable.endswith("_ADDRESS"):
            told[process.port_variable] = f"127.0.0.1:{layout.port(process)}"
        elif process.port_variable:
            told[process.port_variable] = str(layout.port(process))
    told |= layout.pages()
    told["GONGDAN_PUBLIC_URL"] = layout.url("gateway")
    told["GONGDAN_WECOM_BASE_URL"] = layout.url("wecom")
    told["GONGDAN_WECOM_CALLBACK_URL"] = f"{layout.url('gateway')}/callbacks/wecom"
    told["GONGDAN_WECOM_SIMULATOR_FILE"] = str(layout.state / "wecom.db")
    told["GONGDAN_PAYOUT_BASE_URL"] = layout.url("payout")
    told["GONGDAN_PAYOUT_NOTIFY_URL"] = f"{layout.url('gateway')}/callbacks/payouts/wechat"
    told["GONGDAN_PAYOUT_SIMULATOR_FILE"] = str(layout.state / "payout.db")
    told.setdefault("GONGDAN_FILES_FOLDER", str(layout.state / "files"))
    return told


def _argv(process: Process, layout: Layout, cluster: postgres.Cluster | None) -> list[str]:
    if process.name == "postgres" and cluster:
        return cluster.argv()
    if process.name == "temporal":
        return temporal.argv(
            layout.state, layout.port(process), layout.temporal_ui_port, layout.codec_endpoint
        )
    command = [sys.executable, "-m", str(process.module), *process.arguments]
    # Our own processes stand a sudden end; nothing of a killed stack may linger on its ports.
    return leashed(command, last_signal=signal.SIGKILL)
