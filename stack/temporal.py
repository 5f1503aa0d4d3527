"""The Temporal dev server from its wheel: the command that runs it and what it must know."""

import asyncio
import signal
import sys
from pathlib import Path

from stack.leash import leashed

SEARCH_ATTRIBUTES = {
    "GongdanFlow": "Keyword",
    "GongdanFlowVersion": "Keyword",
    "GongdanStage": "Keyword",
    "GongdanRegion": "Keyword",
    "GongdanSlaState": "Keyword",
    "GongdanAssignees": "KeywordList",
}
"""What a list of cases can be filtered by: the attribute and its type, in the server's words."""

_PROGRAM = str(Path(sys.executable).parent / "temporal")

QUICK_FLAGS = [
    # One shard polls 20 times a second by default, which costs 50 ms a hop.
    *("--dynamic-config-value", "history.transferProcessorMaxPollRPS=200"),
    # Timers under a second take about a second otherwise.
    *("--dynamic-config-value", 'history.timerProcessorMaxTimeShift="10ms"'),
]
SEARCH_ATTRIBUTE_FLAGS = [
    word
    for name, kind in SEARCH_ATTRIBUTES.items()
    for word in ("--search-attribute", f"{name}={kind}")
]


def argv(state: Path, port: int, ui_port: int, codec_endpoint: str = "") -> list[str]:
    """Give the command that runs the server with its data in the state directory.

    Its pages have payloads decrypted at the codec endpoint, if there is one.
    """
    flags = {
        "--ip": "127.0.0.1",
        "--port": str(port),
        "--ui-port": str(ui_port),
        "--db-filename": str(state / "temporal.db"),
        "--log-level": "error",
    }
    command = [_PROGRAM, "server", "start-dev"]
    command += [word for flag in flags.items() for word in flag]
    command += ["--ui-disable-news-fetch", *QUICK_FLAGS, *SEARCH_ATTRIBUTE_FLAGS]
    if codec_endpoint:
        command += ["--ui-codec-endpoint", codec_endpoint]
    for pragma in ("journal_mode=wal", "synchronous=normal"):
        command += ["--sqlite-pragma", pragma]
    return leashed(command, last_signal=signal.SIGINT)


class TemporalError(Exception):
    """Temporal cannot be used as it is; the message says what to do."""


async def register_search_attributes(address: str) -> None:
    """Make a server that somebody else runs know our search attributes."""
    known = await _operator(address, "list")
    for name, kind in SEARCH_ATTRIBUTES.items():
        if name not in known:
            await _operator(address, "create", "--name", name, "--type", kind)


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
