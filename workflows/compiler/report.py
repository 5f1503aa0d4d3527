"""Where diagnostics gather, and how they name their place."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from workflows.compiler.diagnostics import Diagnostic, Firing, Severity
from workflows.language.reading import Place, Source
from workflows.language.typed import Finding


@dataclass(frozen=True, slots=True)
class Spot:
    """A place in the document: ``spot / "sla" / "respond"`` goes deeper.

    Attributes:
        node: the id of the node it lies in, or empty.
        place: the whole way from the top of the document.
        depth: how many steps of it lead to the node and are not shown.
    """

    node: str = ""
    place: Place = ()
    depth: int = 0

    def __truediv__(self, step: str | int) -> Spot:
        return Spot(self.node, (*self.place, step), self.depth)

    @property
    def field(self) -> str:
        """The way inside the node, such as ``sla.escalate[0].notify``."""
        text = ""
        for step in self.place[self.depth :]:
            if isinstance(step, int):
                text += f"[{step}]"
            else:
                text += f".{step}" if text else step
        return text


class Report:
    """All findings about one document."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._found: dict[tuple[str, str, str, str], Diagnostic] = {}

    def error(
        self,
        code: str,
        message: str,
        spot: Spot,
        hint: str = "",
        *,
        line: int = 0,
        trace: tuple[Firing, ...] = (),
    ) -> None:
        """Something that forbids publishing; its line is the spot's unless it is known better."""
        self._add(code, Severity.ERROR, message, spot, hint, line, trace)

    def warning(self, code: str, message: str, spot: Spot, hint: str = "") -> None:
        """Something worth a look."""
        self._add(code, Severity.WARNING, message, spot, hint)

    def findings(self, findings: Iterable[Finding], spot: Spot) -> None:
        """Errors in an expression, with their column in it."""
        for finding in findings:
            message = f"{finding.message} (at character {finding.offset + 1})"
            self.error(finding.code, message, spot, finding.hint)

    def _add(
        self,
        code: str,
        severity: Severity,
        message: str,
        spot: Spot,
        hint: str,
        line: int = 0,
        trace: tuple[Firing, ...] = (),
    ) -> None:
        line = line or self._source.line_of(spot.place)
        key = (code, spot.node, spot.field, message)
        self._found.setdefault(
            key, Diagnostic(code, severity, spot.node, spot.field, line, message, hint, trace)
        )

    @property
    def failed(self) -> bool:
        """True once something forbids publishing."""
        return any(found.severity is Severity.ERROR for found in self._found.values())

    def diagnostics(self) -> tuple[Diagnostic, ...]:
        """Everything found, from the top of the document down."""
        return tuple(sorted(self._found.values(), key=lambda d: (d.line, d.node, d.field, d.code)))
