"""Control graphs written in words, as ``docs/soundness.md`` writes them.

One step after another, parted by ``;``: its kind, its id, and the steps that its lines lead to. The
first step is the start. A mark after a target says more of the line: ``!`` an interrupting boundary
line, ``~`` one alongside, ``*`` always taken, ``?`` the default. A line is called ``source>target``,
with a number if there are several.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any, Final

from workflows.compiler.soundness import ControlGraph, Line, Step

KINDS: Final[dict[str, Step]] = {
    "task": Step("", resting=True),
    "xor": Step("", gives="one"),
    "and": Step("", waits_for="all"),
    "or": Step("", waits_for="some", gives="some"),
    "end": Step("", end="plain"),
    "terminate": Step("", end="terminate"),
    "error": Step("", end="error"),
}
MARKS: Final[dict[str, dict[str, Any]]] = {
    "!": {"boundary": "interrupting"},
    "~": {"boundary": "alongside"},
    "*": {"always": True},
    "?": {"default": True},
}


def draw(text: str) -> ControlGraph:
    """The graph that a text stands for."""
    steps: dict[str, Step] = {}
    lines: list[Line] = []
    number: Counter[str] = Counter()
    for sentence in filter(str.strip, text.split(";")):
        left, _, right = sentence.partition("->")
        kind, name = left.split()
        steps[name] = replace(KINDS[kind], id=name)
        for written in right.split():
            settings = MARKS.get(written[-1], {})
            target = written[:-1] if settings else written
            between = f"{name}>{target}"
            number[between] += 1
            line = between if number[between] == 1 else f"{between}{number[between]}"
            lines.append(Line(line, name, target, **settings))
    return ControlGraph(next(iter(steps)), tuple(steps.values()), tuple(lines))
