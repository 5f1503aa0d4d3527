"""One stack a state directory: the lock that says who runs, and how to stop them."""

import fcntl
import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TextIO

from stack.layout import Layout

STOP_SECONDS = 60


@contextmanager
def alone(layout: Layout) -> Iterator[None]:
    """Hold the state directory; the system lets go of it however this process ends."""
    layout.state.mkdir(parents=True, exist_ok=True)
    with _opened(layout.lock) as file:
        if not _take(file):
            raise SystemExit(
                f"Gongdan runs already, as process {file.read().strip()}: use it, or stop it with "
                "`make down`"
            )
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield


def process_id(layout: Layout) -> int | None:
    """Give the supervisor's process id, if one runs."""
    if not layout.lock.exists():
        return None
    with _opened(layout.lock) as file:
        if _take(file):
            return None
        return int(file.read() or 0) or None


def stop(layout: Layout) -> bool:
    """Stop the running stack and wait for its end; false if none runs."""
    running = process_id(layout)
    if running is None:
        return False
    os.kill(running, signal.SIGTERM)
    deadline = time.monotonic() + STOP_SECONDS
    while process_id(layout) is not None:
        if time.monotonic() > deadline:
            with suppress(ProcessLookupError):
                os.kill(running, signal.SIGKILL)
            return True
        time.sleep(0.1)
    return True


def _opened(path: Path) -> TextIO:
    return os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, 0o644), "r+")


def _take(file: TextIO) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
