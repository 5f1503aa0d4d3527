"""The supervisor keeps real programs running: in order, again after a death, and not too long."""

import asyncio
import os
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from stack import supervisor as supervision
from stack.children import Child, Done
from stack.probes import NotReady
from stack.supervisor import StartFailed, Supervisor

Describe = Callable[..., Child]


@pytest.fixture
def describe(tmp_path: Path) -> Describe:
    """A program of one line; it is ready once it has written a file of its own name."""

    def child(name: str, body: str, *, needs: tuple[str, ...] = (), once: bool = False) -> Child:
        shows = f"import pathlib, signal, time; here = pathlib.Path({str(tmp_path)!r})\n"
        started = f"(here / 'order').open('a').write({name + ' '!r})\n"
        sign = tmp_path / f"{name}.ready"

        async def probe() -> None:
            if not sign.exists():
                raise NotReady(f"{sign} is missing")

        return Child(
            name=name,
            needs=needs,
            argv=[sys.executable, "-IS", "-c", shows + started + body],
            environment=dict(os.environ),
            log=tmp_path / f"{name}.log",
            pid_file=tmp_path / f"{name}.pid",
            probe=None if once else probe,
        )

    return child


def runs(name: str) -> str:
    """The body of a program that says it is ready and stays."""
    return f"(here / '{name}.ready').touch(); time.sleep(600)"


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not condition():  # noqa: ASYNC110  # another process makes it true
            await asyncio.sleep(0.01)


async def test_programs_start_after_those_they_need(describe: Describe, tmp_path: Path) -> None:
    programs = [
        describe("gateway", runs("gateway"), needs=("pricing",)),
        describe("pricing", runs("pricing"), needs=("migrate",)),
        describe("migrate", "time.sleep(0.1)", once=True),
    ]
    running = Supervisor(programs, lambda line: None)
    await running.start()
    await running.stop()
    assert (tmp_path / "order").read_text().split() == ["migrate", "pricing", "gateway"]


async def test_program_that_runs_once_runs_again_only_when_its_inputs_change(
    describe: Describe, tmp_path: Path
) -> None:
    for key in ("first", "first", "second"):
        once = replace(
            describe("migrate", "pass", once=True), done=Done(tmp_path / "migrate.done", key)
        )
        running = Supervisor([once], lambda line: None)
        await running.start()
        await running.stop()
    assert (tmp_path / "order").read_text().split() == ["migrate", "migrate"]


async def test_program_that_runs_once_and_fails_runs_again(
    describe: Describe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervision, "FIRST_PAUSE_SECONDS", 0.01)
    fails_first = "raise SystemExit((here / 'order').read_text().split() == ['migrate'])"
    running = Supervisor([describe("migrate", fails_first, once=True)], lambda line: None)
    await running.start()
    await running.stop()
    assert (tmp_path / "order").read_text().split() == ["migrate", "migrate"]


async def test_killed_program_is_started_again_and_the_reason_is_told(describe: Describe) -> None:
    said: list[str] = []
    child = describe("pricing", "print('out of tea', flush=True); " + runs("pricing"))
    running = Supervisor([child], said.append)
    await running.start()
    first = int(child.pid_file.read_text())
    os.kill(first, signal.SIGKILL)
    await until(lambda: any("ready again" in line for line in said))
    assert int(child.pid_file.read_text()) != first
    assert "pricing was ended by signal SIGKILL; starting it again in 0.5 s" in said[1]
    assert "| out of tea" in said[1]
    await running.stop()
    assert not child.pid_file.exists()


async def test_program_that_never_becomes_ready_fails_the_start_with_its_last_words(
    describe: Describe, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervision, "FIRST_PAUSE_SECONDS", 0.01)
    running = Supervisor([describe("pricing", "raise SystemExit('no price book')")], print)
    with pytest.raises(StartFailed, match=r"pricing ended with exit code 1, 3 times.*\n.*no price"):
        await running.start()
    await running.stop()


async def test_program_that_ignores_the_polite_signal_is_killed_in_bounded_time(
    describe: Describe, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervision, "STOP_SECONDS", 0.2)
    said: list[str] = []
    deaf = "signal.signal(signal.SIGTERM, signal.SIG_IGN); " + runs("deaf")
    running = Supervisor([describe("deaf", deaf)], said.append)
    await running.start()
    async with asyncio.timeout(5):
        await running.stop()
    assert "deaf did not stop within 0.2 s and is killed" in said


async def test_programs_stop_before_those_they_need(describe: Describe, tmp_path: Path) -> None:
    def notes_its_end(name: str) -> str:
        return (
            f"def end(*_): (here / 'ends').open('a').write('{name} '); raise SystemExit\n"
            f"signal.signal(signal.SIGTERM, end); {runs(name)}"
        )

    programs = [
        describe("pricing", notes_its_end("pricing")),
        describe("gateway", notes_its_end("gateway"), needs=("pricing",)),
    ]
    running = Supervisor(programs, lambda line: None)
    await running.start()
    await running.stop()
    assert (tmp_path / "ends").read_text().split() == ["gateway", "pricing"]


async def test_programs_die_with_a_killed_supervisor(tmp_path: Path) -> None:
    if sys.platform != "linux":
        pytest.skip("only Linux tells a child that its parent died")
    script = (
        "import signal, subprocess, sys, time\n"
        "from stack.leash import leashed\n"
        "argv = leashed(['sleep', '600'], last_signal=signal.SIGKILL)\n"
        "print(subprocess.Popen(argv).pid, flush=True); time.sleep(600)"
    )
    parent = await asyncio.create_subprocess_exec(
        sys.executable, "-c", script, stdout=asyncio.subprocess.PIPE
    )
    assert parent.stdout
    child = int(await parent.stdout.readline())
    await until(lambda: b"sleep" in Path(f"/proc/{child}/cmdline").read_bytes()[:6])
    parent.kill()
    await parent.wait()
    await until(lambda: not is_running(child))


def is_running(process_id: int) -> bool:
    with suppress(FileNotFoundError, ProcessLookupError):
        return ") Z" not in Path(f"/proc/{process_id}/stat").read_text()
    return False
