"""A value of a form as people read it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from markupsafe import Markup

from kit.clock import SHANGHAI
from kit.money import Money
from services.gateway.forms import Schema, is_money
from workflows.language.file_types import is_image, is_reference

_NOTHING: Final = Markup('<span class="muted">—</span>')


def shown(told: Schema, value: Any, language: str, names: Mapping[str, str]) -> Markup:
    """The value of a field, by what its schema tells of it; people by their names."""
    match value:
        case None | []:
            return _NOTHING
        case bool():
            yes, no = ("yes", "no") if language == "en" else ("是", "否")
            return Markup(yes if value else no)
        case list() if told.get("items", {}).get("type") == "object":
            return _table(told["items"], value, language, names)
        case list():
            items = told.get("items", {})
            parts = [shown(items, part, language, names) for part in value]
            return Markup(" " if any(is_reference(str(part)) for part in value) else "、").join(
                parts
            )
        case dict():
            return _parts(told, value)
        case str() if is_reference(value):
            return _file(value)
        case str() if told.get("format") == "date-time":
            return Markup.escape(_local(value))
        case _:
            return Markup.escape(_chosen(told, value, language) or names.get(str(value), value))


def _parts(told: Schema, value: Mapping[str, Any]) -> Markup:
    if is_money(told):
        amount = Money(value["currency"], int(value["amount_minor"]))
        return Markup('<span class="money">{}</span>').format(str(amount))
    if "from" in value:
        return Markup("{} – {}").format(_local(value["from"]), _local(value["to"]))
    return Markup(", ").join(str(part) for part in value.values())


def _file(reference: str) -> Markup:
    link = f"/api/v1/files/{reference}"
    if is_image(reference):
        return Markup(
            '<a class="file" href="{0}" target="_blank"><img src="{0}" alt=""></a>'
        ).format(link)
    ending = reference.rpartition(".")[2].upper()
    return Markup('<a class="file" href="{}" target="_blank">{}</a>').format(link, ending)


def _table(items: Schema, rows: list[Any], language: str, names: Mapping[str, str]) -> Markup:
    columns = items.get("properties", {})
    head = Markup("").join(
        Markup("<th>{}</th>").format(title_of(told, key, language)) for key, told in columns.items()
    )
    body = Markup("").join(
        Markup("<tr>{}</tr>").format(
            Markup("").join(
                Markup("<td>{}</td>").format(shown(told, row.get(key), language, names))
                for key, told in columns.items()
            )
        )
        for row in rows
    )
    return Markup("<table><thead><tr>{}</tr></thead><tbody>{}</tbody></table>").format(head, body)


def title_of(told: Schema, otherwise: str, language: str) -> str:
    """What a field or an option is called."""
    english = told.get("x-title-en", "") if language == "en" else ""
    return str(english or told.get("title", otherwise))


def _chosen(told: Schema, value: Any, language: str) -> str:
    """The name of a choice."""
    return next(
        (
            title_of(option, "", language)
            for option in told.get("oneOf", ())
            if option["const"] == value
        ),
        "",
    )


def _local(text: str) -> str:
    return f"{datetime.fromisoformat(text).astimezone(SHANGHAI):%Y-%m-%d %H:%M}"
