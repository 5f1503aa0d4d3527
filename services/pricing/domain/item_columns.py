"""The columns of a file of items: what they are called, how they are read and written."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any, Final

from kit.spreadsheet.records import Column, Unreadable
from kit.spreadsheet.table import Value
from services.pricing.domain.item_fields import FieldKind, ItemField, read_flag
from services.pricing.domain.items import Item

#: What a sheet of items is called, by library.
SHEETS: Final = {
    "project_library": ("项目库", "project library"),
    "spare_part_library": ("备件库", "spare-part library"),
}
_FIELDS: Final = "fields."
_YES: Final = "是"
_NO: Final = "否"


def columns_of(definitions: Iterable[ItemField]) -> tuple[Column[Item], ...]:
    """The columns of a library: every item's, then the company's own."""
    return (*_EVERY_ITEMS, *map(_own_column, definitions))


def taken_headings(definitions: Iterable[ItemField]) -> set[str]:
    """What no further field may be called, in small letters."""
    return {name for column in columns_of(definitions) for name in column.names()}


def changed(item: Item, given: Mapping[str, Any]) -> Item:
    """An item with what a row says of it; what the file has no column for stays."""
    own = {
        name.removeprefix(_FIELDS): text for name, text in given.items() if name.startswith(_FIELDS)
    }
    others = {name: value for name, value in given.items() if not name.startswith(_FIELDS)}
    return replace(item, **others, fields={**item.fields, **own})


def _text_column(field: str, chinese: str, english: str) -> Column[Item]:
    return Column(field, chinese, english, str.strip, lambda item: str(getattr(item, field)))


def _read_options(text: str) -> dict[str, str]:
    options: dict[str, str] = {}
    for piece in filter(None, map(str.strip, re.split(r"[;；\n]", text))):
        name, equals, value = (part.strip() for part in piece.replace("＝", "=").partition("="))
        if not equals or name in options:
            raise Unreadable(
                f"{piece!r}: write options as 匹数=1.5P; 颜色=白, each name once",
                f"{piece!r}：选项请写成“匹数=1.5P; 颜色=白”，同名的只写一次。",
            )
        options[name] = value
    return options


def _write_options(item: Item) -> str:
    return "; ".join(f"{name}={value}" for name, value in sorted(item.variant_options.items()))


def _read_pictures(text: str) -> tuple[str, ...]:
    return tuple(filter(None, re.split(r"[\s,，;；]+", text)))


def _own_column(definition: ItemField) -> Column[Item]:
    code = definition.field_code

    def write(item: Item) -> Value:
        text = item.fields.get(code, "")
        if not text:
            return None
        match definition.kind:
            case FieldKind.NUMBER:
                return Decimal(text)
            case FieldKind.DATE:
                return date.fromisoformat(text)
            case FieldKind.FLAG:
                return _YES if text == "true" else _NO
            case _:
                return text

    return Column(_FIELDS + code, definition.label, code, str.strip, write)


_EVERY_ITEMS: Final[tuple[Column[Item], ...]] = (
    _text_column("item_code", "编码", "code"),
    _text_column("name", "名称", "name"),
    _text_column("unit", "单位", "unit"),
    _text_column("parent_item_code", "上级", "parent"),
    _text_column("variant_of_item_code", "变体属于", "variant of"),
    Column("variant_options", "变体选项", "variant options", _read_options, _write_options),
    _text_column("brand", "品牌", "brand"),
    _text_column("model", "型号", "model"),
    _text_column("spec", "规格", "spec"),
    _text_column("description", "说明", "description"),
    Column("pictures", "图片", "pictures", _read_pictures, lambda item: " ".join(item.pictures)),
    Column("retired", "停用", "retired", read_flag, lambda item: _YES if item.retired else _NO),
)
