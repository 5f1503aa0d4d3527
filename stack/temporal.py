"""The Temporal dev server from its wheel: the command that runs it and what it must know."""

import asyncio
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from temporalio.common import SearchAttributeKey

from stack.leash import leashed

SEARCH_ATTRIBUTES: Sequence[SearchAttributeKey[Any]] = [
    SearchAttributeKey.for_keyword("GongdanFlow"),
    SearchAttributeKey.for_keyword("GongdanFlowVersion"),
    SearchAttributeKey.for_keyword("GongdanStage"),
    SearchAttributeKey.for_keyword("GongdanRegion"),
    SearchAttributeKey.for_keyword("GongdanSlaState"),
    SearchAttributeKey.for_keyword_list("GongdanAssignees"),
]

_PROGRAM = str(Path(sys.executable).parent / "temporal")

QUICK_FLAGS = [
    # One shard polls 20 times a second by default, which costs 50 ms a hop.
    *("--dynamic-config-value", "history.transferProcessorMaxPollRPS=200"),
    # Timers under a second take about a second otherwise.
    *("--dynamic-config-value", 'history.timerProcessorMaxTimeShift="10ms"'),
]


def argv(state: Path, port: int, ui_port: int) -> list[str]:
    """Give the command that runs the server with its data in the state directory."""
    flags = {
        "--ip": "127.0.0.1",
        "--port": str(port),
        "--ui-port": str(ui_port),
        "--db-filename": str(state / "temporal.db"),
        "--log-level": "error",
    }
    command = [_PROGRAM, "server", "start-dev"]
    command += [word for flag in flags.items() for word in flag]
    command += ["--ui-disable-news-fetch", *QUICK_FLAGS]
    for pragma in ("journal_mode=wal", "synchronous=normal"):
        command += ["--sqlite-pragma", pragma]
    for key in SEARCH_ATTRIBUTES:
        command += ["--search-attribute", f"{key.name}={kind(key)}"]
    return leashed(command, last_signal=signal.SIGINT)


class TemporalError(Exception):
    """Temporal cannot be used as it is; the message says what to do."""


async def register_search_attributes(address: str) -> None:
    """Make a server that somebody else runs know our search attributes."""
    known = await _operator(address, "list")
    for key in SEARCH_ATTRIBUTES:
        if key.name not in known:
            await _operator(address, "create", "--name", key.name, "--type", kind(key))


async def _operator(address: str, verb: str, *flags: str) -> str:
    process = await asyncio.create_subprocess_exec(
        *(_PROGRAM, "operator", "search-attribute", verb, "--address", address, *flags),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await process.communicate()
    if process.returncode:
        raise TemporalError(
            f"the server in TEMPORAL_ADDRESS ({address}) did not {verb} search attributes: "
            f"{output.decode(errors='replace').strip()}"
        )
    return output.decode()


def kind(key: SearchAttributeKey[Any]) -> str:
    """Give the attribute's type in the server's words."""
    return "".join(word.capitalize() for word in key.indexed_value_type.name.split("_"))
