"""Start programs in the order of their needs, keep them running, stop them in reverse.

One task a child: wait for what it needs, start it, ask until it is ready, wait for its end, say
why it ended, start it again after a pause that grows. Children write straight into their log
files, so nothing they print can hold the supervisor up.
"""

import asyncio
import signal
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any

from stack.children import Child
from stack.layout import PROJECT
from stack.logs import last_lines
from stack.probes import NotReady

READY_SECONDS = 120
STOP_SECONDS = 15  # longer than any part of ours takes to end by itself
FIRST_PAUSE_SECONDS = 0.5
LONGEST_PAUSE_SECONDS = 30.0
STEADY_SECONDS = 30.0
"""One that ran this long was well: its next restart waits the shortest pause again."""
TRIES_BEFORE_READY = 3
LOG_LINES_SHOWN = 8
PROBE_SECONDS = 0.1


class StartFailed(Exception):
    """A program never became ready; the message says which, why, and where its log is."""


class Supervisor:
    """Runs the children of one stack."""

    def __init__(self, children: Iterable[Child], say: Callable[[str], None]) -> None:
        self._children = {child.name: child for child in children}
        self._say = say
        self._ready = {name: asyncio.Event() for name in self._children}
        self._running: dict[str, asyncio.subprocess.Process] = {}
        self._log_starts: dict[str, int] = {}
        self._stopping = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._ended: asyncio.Future[list[None]]

    async def start(self) -> None:
        """Start all and return once every one of them is ready."""
        self._tasks = [
            asyncio.create_task(self._keep(child), name=child.name)
            for child in self._children.values()
        ]
        self._ended = asyncio.gather(*self._tasks)
        everyone = asyncio.gather(*(event.wait() for event in self._ready.values()))
        either: list[asyncio.Future[Any]] = [self._ended, everyone]
        await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        everyone.cancel()
        await asyncio.gather(everyone, return_exceptions=True)
        if self._ended.done():
            self._ended.result()

    async def watch(self) -> None:
        """Keep the children running until cancelled."""
        await asyncio.shield(self._ended)

    def kill(self) -> None:
        """End everything at once."""
        for process in self._running.values():
            with suppress(ProcessLookupError):
                process.kill()

    async def stop(self) -> None:
        """Stop everything, those that need others first; each gets a bounded time."""
        self._stopping.set()
        for task in self._tasks:
            if task.get_name() not in self._running:
                task.cancel()  # it waits for a need, or to start again
        while self._running:
            needed = {need for name in self._running for need in self._children[name].needs}
            last = [item for item in self._running.items() if item[0] not in needed]
            await asyncio.gather(*(self._end(name, process) for name, process in last))
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _end(self, name: str, process: asyncio.subprocess.Process) -> None:
        with suppress(ProcessLookupError):
            process.send_signal(self._children[name].stop_signal)
        try:
            await asyncio.wait_for(process.wait(), STOP_SECONDS)
        except TimeoutError:
            self._say(f"{name} did not stop within {STOP_SECONDS} s and is killed")
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()
        self._running.pop(name, None)

    async def _keep(self, child: Child) -> None:
        for need in child.needs:
            await self._ready[need].wait()
        if child.done and child.done.already():
            self._ready[child.name].set()
            return
        pause, failures = FIRST_PAUSE_SECONDS, 0
        while not self._stopping.is_set():
            began = time.monotonic()
            code, was_ready = await self._run_once(child)
            if self._stopping.is_set() or (child.probe is None and code == 0):
                return
            failures = 0 if was_ready else failures + 1
            why = f"{child.name} {_how_it_ended(code)}"
            if not self._ready[child.name].is_set() and failures >= TRIES_BEFORE_READY:
                raise StartFailed(f"{why}, {failures} times.{self._last_words(child)}")
            if time.monotonic() - began > STEADY_SECONDS:
                pause = FIRST_PAUSE_SECONDS
            self._say(f"{why}; starting it again in {pause:g} s.{self._last_words(child)}")
            await asyncio.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE_SECONDS)

    async def _run_once(self, child: Child) -> tuple[int, bool]:
        """Run the program to its end; give its exit code and whether it was ready before."""
        began = time.monotonic()
        with child.log.open("ab") as log:
            self._log_starts[child.name] = log.tell()
            process = await asyncio.create_subprocess_exec(
                *child.argv,
                env=child.environment,
                cwd=PROJECT,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # the terminal's Ctrl-C reaches the supervisor alone
            )
        child.pid_file.write_text(str(process.pid))
        self._running[child.name] = process
        becoming_ready = asyncio.create_task(self._await_ready(child, process, began))
        try:
            code = await process.wait()
        finally:
            becoming_ready.cancel()
            self._running.pop(child.name, None)
            child.pid_file.unlink(missing_ok=True)
        if child.probe is None and code == 0:
            if child.done:
                child.done.remember()
            self._note_ready(child, began)
        (answered,) = await asyncio.gather(becoming_ready, return_exceptions=True)
        return code, answered is True

    async def _await_ready(
        self, child: Child, process: asyncio.subprocess.Process, began: float
    ) -> bool:
        """Ask until the answer is yes; end a process that takes too long, to start it afresh."""
        if child.probe is None:
            return False
        while True:
            try:
                await child.probe()
                self._note_ready(child, began)
                return True
            except NotReady as problem:
                if time.monotonic() - began > READY_SECONDS:
                    self._say(f"{child.name} is not ready after {READY_SECONDS} s: {problem}")
                    process.kill()
                    return False
            await asyncio.sleep(PROBE_SECONDS)

    def _last_words(self, child: Child) -> str:
        lines, _ = last_lines(child.log, LOG_LINES_SHOWN, since=self._log_starts[child.name])
        shown = "".join(f"\n    | {line}" for line in lines)
        return f" Its log {child.log} ends:{shown}" if lines else f" It left {child.log} empty."

    def _note_ready(self, child: Child, began: float) -> None:
        how = "done" if child.probe is None else "ready"
        again = " again" if self._ready[child.name].is_set() else ""
        self._say(f"{child.name} {how}{again} after {time.monotonic() - began:.1f} s")
        self._ready[child.name].set()


def _how_it_ended(code: int) -> str:
    if code < 0:
        return f"was ended by signal {signal.Signals(-code).name}"
    return f"ended with exit code {code}"
