"""The parts of forms: fields of their own, and fields of earlier forms that are seen again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from workflows.language.fields import FormField
from workflows.language.nodes import (
    Approval,
    Confirm,
    FieldReference,
    Form,
    FormEntry,
    NodeDefinition,
)

#: What a case starts with is seen again as ``inputs.<field>``.
INPUTS: Final = "inputs"


class Forms:
    """Every form within reach of a node, by the node's id."""

    def __init__(self, forms: Mapping[str, tuple[FormEntry, ...]]) -> None:
        self._forms = forms

    @classmethod
    def of(cls, inputs: tuple[FormField, ...], nodes: Iterable[NodeDefinition]) -> Forms:
        """The forms of these nodes, and the inputs."""
        tasks = (node for node in nodes if isinstance(node, Form | Approval | Confirm))
        return cls({INPUTS: inputs, **{node.id: node.form for node in tasks}})

    @property
    def nodes(self) -> list[str]:
        """The ids of the nodes that have a form."""
        return list(self._forms)

    def kept(self, node: str) -> tuple[FormField, ...]:
        """The fields whose values a node leaves behind, each under its name there."""
        found = (self._resolve(entry, frozenset()) for entry in self._forms.get(node, ()))
        return tuple(field for field in found if field is not None)

    def find(self, reference: str) -> FormField | None:
        """The definition of ``node.field``, under its name there; None when there is none."""
        return self._find(reference, frozenset())

    def _find(self, reference: str, above: frozenset[str]) -> FormField | None:
        node, _, name = reference.partition(".")
        entries = (entry for entry in self._forms.get(node, ()) if name_of(entry) == name)
        entry = next(entries, None)
        if entry is None or reference in above:  # forms that refer to each other define nothing
            return None
        return self._resolve(entry, above | {reference})

    def _resolve(self, entry: FormEntry, above: frozenset[str]) -> FormField | None:
        if isinstance(entry, FormField):
            return entry
        found = self._find(entry.field, above) if entry.access == "write" else None
        return found and found.model_copy(update={"id": name_of(entry), "default": None})


def name_of(entry: FormEntry) -> str:
    """What a part of a form is called in it."""
    if isinstance(entry, FieldReference):
        return entry.id or entry.field.partition(".")[2]
    return entry.id
