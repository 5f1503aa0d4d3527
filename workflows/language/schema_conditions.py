"""Conditions as JSON Schema, as far as it can say them.

A condition becomes a schema that the values of a form meet exactly when it holds; one that reads
earlier data, computes or compares what JSON Schema cannot compare becomes nothing. It is read from
checked code, so whatever it reads is there wherever it counts.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from workflows.language.fields import FormField
from workflows.language.typed import Code

Schema = dict[str, Any]

#: Kinds that keep their value as it was given, and those among them that JSON Schema can order.
_PLAIN: Final = (
    "text", "long_text", "integer", "rating", "boolean", "choice", "date", "region", "person",
    "customer", "address", "item", "part", "scan_code",
)  # fmt: skip
_ORDERED: Final = ("integer", "rating")
_LISTS: Final = ("choices", "people")
_KEYWORDS: Final = {
    "<": "exclusiveMaximum",
    "<=": "maximum",
    ">": "exclusiveMinimum",
    ">=": "minimum",
}
_MIRRORED: Final = {"==": "==", "<": ">", "<=": ">=", ">": "<", ">=": "<="}


def condition_schema(code: Code, root: str, fields: Mapping[str, FormField]) -> Schema | None:
    """The schema of the values for which a condition holds, or None.

    Args:
        code: a checked condition.
        root: the name under which it reads the values: ``form`` or ``row``.
        fields: those that the values hold, by name.
    """
    return _Translation(root, fields).condition(code)


class _Translation:
    def __init__(self, root: str, fields: Mapping[str, FormField]) -> None:
        self._root = root
        self._fields = fields

    def condition(self, code: Code) -> Schema | None:
        """What the values meet exactly when a condition holds."""
        match code:
            case ["const", bool() as always, _]:
                return {} if always else {"not": {}}
            case ["and", *parts]:
                return _joined("allOf", [self.condition(part) for part in parts])
            case ["or", *parts]:
                return _joined("anyOf", [self.condition(part) for part in parts])
            case ["not", part]:
                return _negation(self.condition(part))
            case ["if", test, then, otherwise]:
                rather = ["or", ["and", test, then], ["and", ["not", test], otherwise]]
                return self.condition(rather)
            case _:
                return self._test(code)

    def _test(self, code: Code) -> Schema | None:
        match code:
            case ["present", part]:
                name = self._name(part)
                return {"required": [name]} if name else None
            case ["in", item, ["list", _, *members], _]:
                return _joined("anyOf", [self._compared("==", item, each) for each in members])
            case ["in", ["const", value, _], part, _]:
                return self._has(part, _LISTS, {"contains": {"const": value}})
            case ["fn", str() as operator, left, right] if operator in _MIRRORED:
                if right[0] == "const":
                    return self._compared(operator, left, right)
                return self._compared(_MIRRORED[operator], right, left)
            case ["get" | "coalesce", *_]:
                return self._compared("==", code, ["const", True, "bool"])
            case _:
                return None

    def _compared(self, operator: str, code: Code, other: Code) -> Schema | None:
        match code, other:
            case ["coalesce", part, ["const", instead, _]], ["const", value, _]:
                given = self._compared(operator, part, other)
                if operator != "==" or instead != value:
                    return given if operator == "==" else None
                name = self._name(part)
                return _joined("anyOf", [{"not": {"required": [name]}}, given])
            case _, ["const", value, _] if operator == "==":
                return self._has(code, _PLAIN, {"const": value})
            case _, ["const", value, _]:
                return self._has(code, _ORDERED, {_KEYWORDS[operator]: value})
            case _:
                return None

    def _has(self, code: Code, kinds: tuple[str, ...], wanted: Schema) -> Schema | None:
        """A field of one of some kinds is there and meets a schema."""
        name = self._name(code)
        if name is None or self._fields[name].kind not in kinds:
            return None
        return {"properties": {name: wanted}, "required": [name]}

    def _name(self, code: Code) -> str | None:
        """The field that code reads, when the values hold it."""
        match code:
            case ["get", ["root", root], str() as name, *_] if root == self._root:
                return name if name in self._fields else None
            case _:
                return None


def _joined(keyword: str, schemas: list[Schema | None]) -> Schema | None:
    said = [schema for schema in schemas if schema is not None]
    return {keyword: said} if len(said) == len(schemas) else None


def _negation(schema: Schema | None) -> Schema | None:
    return None if schema is None else {"not": schema}
