"""Lines for people, written by a thread of their own.

A terminal that is blocked (Ctrl-S, a full pipe) must never hold up the supervision of processes:
lines wait in a bounded queue, and those that find it full are dropped.
"""

import queue
import sys
import threading


class Terminal:
    """Prints lines in order without ever blocking the one who says them."""

    def __init__(self, capacity: int = 1000) -> None:
        self._lines: queue.Queue[str | None] = queue.Queue(capacity)
        self._writer = threading.Thread(target=self._write, name="terminal", daemon=True)
        self._writer.start()

    def say(self, line: str) -> None:
        """Print a line as soon as the terminal takes it."""
        try:
            self._lines.put_nowait(line)
        except queue.Full:
            return

    def close(self, *, seconds: float = 1.0) -> None:
        """Give what was said a moment to reach the terminal."""
        try:
            self._lines.put(None, timeout=seconds)
        except queue.Full:
            return
        self._writer.join(seconds)

    def _write(self) -> None:
        while (line := self._lines.get()) is not None:
            try:
                sys.stdout.write(line + "\n")
                sys.stdout.flush()
            except OSError:
                return  # the terminal is gone; the stack stops by its own signal
