"""A terminal that takes nothing more never holds up the one who speaks."""

import os
import sys
import time

import pytest

from stack.terminal import Terminal


def test_lines_reach_the_terminal_in_order(capsys: pytest.CaptureFixture[str]) -> None:
    terminal = Terminal()
    for number in range(100):
        terminal.say(f"line {number}")
    terminal.close()
    assert capsys.readouterr().out.splitlines() == [f"line {number}" for number in range(100)]


def test_blocked_terminal_delays_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    reading, writing = os.pipe()  # nobody reads: it is full after 64 kB
    with os.fdopen(writing, "w") as blocked:
        monkeypatch.setattr(sys, "stdout", blocked)
        terminal = Terminal(capacity=10)
        began = time.monotonic()
        for _ in range(1000):
            terminal.say("x" * 10_000)
        assert time.monotonic() - began < 5
        os.close(reading)  # the writer meets a broken pipe and ends
        terminal.close()
