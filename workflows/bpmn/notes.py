"""What an import tells: each finding with a stable code, the element, why, and what to do."""

from __future__ import annotations

from workflows.bpmn.naming import title
from workflows.bpmn.xml import Element
from workflows.compiler.diagnostics import Diagnostic, Severity


class Notes:
    """All findings about one file. An error refuses the import, a warning says what became of a
    part that is carried over differently or not at all."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, str, str, int, str], Diagnostic] = {}

    def error(
        self, code: str, message: str, at: Element | None, hint: str = "", field: str = ""
    ) -> None:
        """Something that cannot be carried over."""
        self._add(Severity.ERROR, code, message, at, hint, field)

    def warning(
        self, code: str, message: str, at: Element | None, hint: str = "", field: str = ""
    ) -> None:
        """Something that is carried over differently, or left behind."""
        self._add(Severity.WARNING, code, message, at, hint, field)

    def refuse(self, found: Diagnostic) -> None:
        """A finding about the text itself, before there are elements."""
        self._found[found.code, found.node, found.field, found.line, found.message] = found

    def title(self, text: str, otherwise: str, at: Element) -> str:
        """A name for people; one that has to be cut is told."""
        found = title(text, otherwise)
        if found.endswith("…") and found != text:
            self.warning(
                "BPMN_NAME_CUT",
                f"the name {text[:200]!r} is cut to {found!r}",
                at,
                "shorten it",
            )
        return found

    def _add(
        self, severity: Severity, code: str, message: str, at: Element | None, hint: str, field: str
    ) -> None:
        node, line = (at.id or at.tag, at.line) if at is not None else ("", 0)
        key = (code, node, field, line, message)
        self._found.setdefault(key, Diagnostic(code, severity, node, field, line, message, hint))

    @property
    def refused(self) -> bool:
        """True once something cannot be carried over."""
        return any(found.severity is Severity.ERROR for found in self._found.values())

    def all(self) -> tuple[Diagnostic, ...]:
        """Everything found, from the top of the file down."""
        return tuple(sorted(self._found.values(), key=lambda d: (d.line, d.node, d.field, d.code)))
