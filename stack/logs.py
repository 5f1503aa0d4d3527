"""The processes' log files: show the ends of them, follow them, keep them small."""

import os
import time
from pathlib import Path

LINES_SHOWN = 100
BYTES_READ = 65_536
LARGEST_BYTES = 20_000_000


def rotate(folder: Path) -> None:
    """Put large files aside at a start, keeping one of each."""
    for log in folder.glob("*.log"):
        if log.stat().st_size > LARGEST_BYTES:
            log.replace(log.with_suffix(".log.1"))


def last_lines(log: Path, count: int, *, since: int = 0) -> tuple[list[str], int]:
    """Give the last lines of a file, written after a place in it, and where it ends now."""
    with log.open("rb") as file:
        end = file.seek(0, os.SEEK_END)
        file.seek(max(since, end - BYTES_READ))
        return file.read().decode(errors="replace").splitlines()[-count:], end


def show(folder: Path, names: list[str], *, follow: bool) -> None:
    """Print the ends of the named processes' logs and, if asked, what is added to them."""
    width = max(map(len, names))
    ends: dict[Path, int] = {}
    for name in names:
        log = folder / f"{name}.log"
        if log.exists():
            lines, ends[log] = last_lines(log, LINES_SHOWN)
            _print(name, width, lines)
    while follow:
        time.sleep(0.3)
        for log, end in ends.items():
            with log.open("rb") as file:
                file.seek(end)
                added = file.read()
            complete = added.rpartition(b"\n")[0]
            if complete:
                ends[log] = end + len(complete) + 1
                _print(log.stem, width, complete.decode(errors="replace").splitlines())


def _print(name: str, width: int, lines: list[str]) -> None:
    for line in lines:
        print(f"{name:{width}} | {line}", flush=True)
