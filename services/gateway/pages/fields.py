"""The fields of a form, ready to be drawn: what they are called, what stands in them, what is wrong."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from markupsafe import Markup

from services.gateway.forms import Schema, Typed, is_money, kind_of
from services.gateway.pages.shown import shown, title_of


@dataclass(frozen=True, slots=True)
class Filled:
    """What stands in a form and how it looks with that. Fields are named by their paths.

    Attributes:
        typed: what stands in its fields.
        seen: the values of fields that nobody fills in.
        hidden: what is not asked for as things stand.
        needed: what must be filled in as things stand, though not always.
        wrong: what is wrong where, in the visitor's language.
    """

    typed: Mapping[str, Typed] = field(default_factory=dict)
    seen: Mapping[str, Any] = field(default_factory=dict)
    hidden: frozenset[str] = frozenset()
    needed: frozenset[str] = frozenset()
    wrong: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Field:
    """One field, ready to be drawn.

    Attributes:
        name: of its input, such as ``f.lines.0.quantity``.
        path: as refusals name it, such as ``lines[0].quantity``.
        kind: which of the language's kinds it is.
        texts: what stands in it, as it would be typed.
        parts: the same by part, of a field that has some.
        shown: the value of one that nobody fills in.
        rows, blank: of a table: its rows, and one to add.
    """

    name: str
    path: str
    kind: str
    title: str
    hint: str = ""
    required: bool = False
    hidden: bool = False
    wrong: str = ""
    texts: tuple[str, ...] = ()
    parts: Mapping[str, str] = field(default_factory=dict)
    shown: Markup | None = None
    options: tuple[tuple[str, str], ...] = ()
    minimum: str = ""
    maximum: str = ""
    max_length: str = ""
    currency: str = ""
    accept: str = ""
    rows: tuple[tuple[Field, ...], ...] = ()
    blank: tuple[Field, ...] = ()

    @property
    def text(self) -> str:
        """What stands in it."""
        return self.texts[-1] if self.texts else ""


def fields_of(
    schema: Schema, filled: Filled, language: str, names: Mapping[str, str]
) -> tuple[Field, ...]:
    """The fields of a form, in the visitor's language, people by their names."""
    return _Drawing(filled, language, names).fields(schema, filled.typed, "f.", "")


def kinds_of(schema: Schema) -> frozenset[str]:
    """The kinds of all its fields and columns."""
    properties = schema.get("properties", {}).values()
    inner = (kinds_of(told.get("items", {})) for told in properties)
    return frozenset(map(kind_of, properties)).union(*inner)


def is_live(schema: Schema) -> bool:
    """Whether what is asked for changes while it is filled in."""
    return any(
        told.get("x-kind") == "computed"
        or not {"x-visible-when", "x-required-when"}.isdisjoint(told)
        or is_live(told.get("items", {}))
        for told in schema.get("properties", {}).values()
    )


class _Drawing:
    def __init__(self, filled: Filled, language: str, names: Mapping[str, str]) -> None:
        self._filled = filled
        self._language = language
        self._names = names

    def fields(
        self, schema: Schema, typed: Mapping[str, Typed], name: str, path: str
    ) -> tuple[Field, ...]:
        """The fields of a form, or the cells of a row."""
        required = schema.get("required", ())
        return tuple(
            self._field(told, typed.get(key, []), name + key, path + key, required=key in required)
            for key, told in schema.get("properties", {}).items()
        )

    def _field(self, told: Schema, typed: Typed, name: str, path: str, *, required: bool) -> Field:
        choices = told.get("oneOf") or told.get("items", {}).get("oneOf") or ()
        return Field(
            name=name,
            path=path,
            kind=kind_of(told),
            title=title_of(told, path, self._language),
            hint=told.get("description", ""),
            required=required or path in self._filled.needed,
            hidden=path in self._filled.hidden,
            wrong=self._wrong(path, told),
            texts=tuple(typed) if isinstance(typed, list) else (),
            options=tuple(
                (each["const"], title_of(each, each["const"], self._language)) for each in choices
            ),
            minimum=_bound(told, "minimum", "minItems"),
            maximum=_bound(told, "maximum", "maxItems"),
            max_length=str(told.get("maxLength", "")),
            currency=told["properties"]["currency"].get("const", "") if is_money(told) else "",
            accept=",".join((told.get("items") or told).get("x-accept", ())),
            **self._content(told, typed, name, path),
        )

    def _content(self, told: Schema, typed: Typed, name: str, path: str) -> dict[str, Any]:
        if told.get("readOnly"):
            value = self._filled.seen.get(path)
            return {"shown": shown(told, value, self._language, self._names)}
        items = told.get("items", {})
        if items.get("type") == "object":
            rows = list(typed.values()) if isinstance(typed, dict) else []
            return {
                "rows": tuple(
                    self.fields(items, row, f"{name}.{index}.", f"{path}[{index}].")
                    for index, row in enumerate(rows)
                    if isinstance(row, dict)
                ),
                "blank": self.fields(items, {}, f"{name}.#.", f"{path}[#]."),
            }
        if isinstance(typed, dict):
            texts = {part: text for part, text in typed.items() if text and isinstance(text, list)}
            return {"parts": {part: text[-1] for part, text in texts.items()}}
        return {}

    def _wrong(self, path: str, told: Schema) -> str:
        """What is wrong with a field, or with something in it that is not drawn by itself."""
        if path in self._filled.wrong or told.get("items", {}).get("type") == "object":
            return self._filled.wrong.get(path, "")
        inside = (
            text
            for at, text in self._filled.wrong.items()
            if at.startswith((f"{path}[", f"{path}."))
        )
        return next(inside, "")


def _bound(told: Schema, *names: str) -> str:
    return next(
        (str(told[key]) for name in names for key in (name, f"x-{name}") if key in told), ""
    )
