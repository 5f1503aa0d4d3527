"""What the compiler tells: every finding at once, each with a stable code, its place and a way out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Severity(StrEnum):
    """An error forbids publishing; a warning does not."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Firing:
    """One step of a run: a node that was done or left early.

    Attributes:
        by: ``done``, or the edge of another way out of it.
        takes: the edges on which the run goes on.
    """

    node: str
    by: str
    takes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One finding.

    Attributes:
        code: stable, ``FLOW_…``, documented in ``docs/flow-language.md``.
        severity: whether it forbids publishing.
        node: the node it is about, or empty when it is about the flow.
        field: the path inside the node (or the flow) at fault, such as ``input.item_code``.
        line: where it stands in the file, from 1, or 0 when unknown.
        message: what is wrong.
        hint: what to do about it.
        trace: of an unsound flow: a shortest run that fails.
    """

    code: str
    severity: Severity
    node: str
    field: str
    line: int
    message: str
    hint: str
    trace: tuple[Firing, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The diagnostic as plain JSON, without a trace where there is none."""
        plain = {name: getattr(self, name) for name in self.__slots__ if name != "trace"}
        trace = [{"node": f.node, "by": f.by, "takes": list(f.takes)} for f in self.trace]
        return plain | ({"trace": trace} if trace else {})

    def __str__(self) -> str:
        place = ":".join(part for part in (str(self.line or ""), self.node, self.field) if part)
        hint = f" — {self.hint}" if self.hint else ""
        return f"{self.severity} {self.code} [{place}] {self.message}{hint}"


class FlowRejected(Exception):
    """The definition does not compile; carries all of its diagnostics."""

    def __init__(self, diagnostics: Iterable[Diagnostic]) -> None:
        self.diagnostics = tuple(diagnostics)
        super().__init__("\n".join(str(diagnostic) for diagnostic in self.diagnostics))
