"""What must hold of the compiler whatever text it is given."""

from __future__ import annotations

import json
import re
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any, Final

import yaml

from workflows.catalog import load_catalog
from workflows.compiler.compile import compile_flow
from workflows.compiler.diagnostics import Severity
from workflows.compiler.plan import Plan
from workflows.language.reading import MAX_CHARACTERS, read_source

ROOT: Final = Path(__file__).parents[2]
FLOWS: Final = sorted((ROOT / "flows").glob("*/flow.yaml"))
_CODE: Final = re.compile(r"FLOW_[A-Z_]+")
_LINE_BREAK: Final = re.compile("\r\n|[\r\n\x85\u2028\u2029]")


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Fails when the block takes more of the processor's time, however busy that is otherwise."""

    def late(_number: int, _frame: FrameType | None) -> None:
        raise TimeoutError(f"took longer than {seconds} seconds")

    before = signal.signal(signal.SIGPROF, late)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def check_reading(text: str) -> bool:
    """Read a text; true when it could be read, and then as any other YAML reader reads it."""
    source = read_source(text)
    lines = len(_LINE_BREAK.findall(text)) + 2
    for problem in source.problems:
        assert _CODE.fullmatch(problem.code)
        assert problem.message
        assert 0 <= problem.line <= lines
    if source.problems:
        return False
    assert _agrees(source.value, yaml.load(text, Loader=yaml.CBaseLoader))
    written = json.dumps(source.value, ensure_ascii=False, separators=(",", ":"))
    if len(written) <= MAX_CHARACTERS:
        again = read_source(written)
        assert (again.value, again.problems) == (source.value, [])
    return True


def _agrees(ours: Any, theirs: Any) -> bool:
    """Theirs are texts alone."""
    match ours:
        case dict():
            return list(ours) == list(theirs) and all(_agrees(ours[k], theirs[k]) for k in ours)
        case list():
            return len(ours) == len(theirs) and all(map(_agrees, ours, theirs))
        case None:
            return theirs in (None, "", "~", "null")
        case bool() | int():
            return bool(str(ours).lower() == theirs)
        case _:
            return bool(ours == theirs)


def check_compiling(text: str) -> bool:
    """Compile a text; true when it is a flow, and then one whose plan can be kept and read."""
    compiled = compile_flow(text, load_catalog())
    lines = len(_LINE_BREAK.findall(text)) + 2
    for found in compiled.diagnostics:
        assert _CODE.fullmatch(found.code)
        assert found.message
        assert 0 <= found.line <= lines
    refused = any(found.severity is Severity.ERROR for found in compiled.diagnostics)
    assert (compiled.plan is None) == refused
    if compiled.plan is None:
        return False
    written = compiled.plan.to_bytes()
    assert Plan.from_bytes(written).to_bytes() == written
    return True
