"""An item of a library: what is said of it, and what must be right about that by itself."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from kit.errors import FailedPrecondition, InvalidArgument
from kit.spreadsheet.records import Unreadable
from services.pricing.domain.item_fields import CONTROL, ItemField, settle

_CODE: Final = re.compile(r"\w[\w.-]{0,63}")
_PICTURE: Final = re.compile(r"fl_[0-9a-z]{26}\.(jpg|png|gif|webp|heic)")
#: What stands between the options of a variant in a file.
_OPTION_MARKS: Final = re.compile(r"[;；=＝]")
_MOST_PICTURES: Final = 20
_MOST_OPTIONS: Final = 10
#: Characters that each text may have.
_LENGTHS: Final = {
    "name": 200,
    "unit": 20,
    "brand": 100,
    "model": 100,
    "spec": 500,
    "description": 2000,
}
_LONGEST_OPTION: Final = 60


@dataclass(frozen=True, slots=True)
class Item:
    """What people say of an item."""

    item_code: str
    catalogue: str
    name: str = ""
    unit: str = ""
    parent_item_code: str = ""
    variant_of_item_code: str = ""
    variant_options: Mapping[str, str] = field(default_factory=dict)
    fields: Mapping[str, str] = field(default_factory=dict)
    pictures: tuple[str, ...] = ()
    description: str = ""
    brand: str = ""
    model: str = ""
    spec: str = ""
    retired: bool = False


def in_chinese(said: str) -> dict[str, str]:
    """What a problem says in Chinese, as its details: the people who keep a library read it."""
    return {"zh": said}


def check_revision(item_code: str, seen: int, now: int) -> None:
    """Refuse to change something that is not as it was seen.

    Args:
        item_code: the item, or the field of items.
        seen: its revision when it was looked at; 0 to change it however it is.
        now: its revision; 0 when it is not there.

    Raises:
        FailedPrecondition: ``PRICING_ITEM_STALE``.
    """
    if seen not in (0, now):
        raise FailedPrecondition(
            "PRICING_ITEM_STALE",
            f"{item_code!r} is at revision {now}, you saw {seen}: look again",
            field="revision",
            details={"revision": str(now)},
        )


def check_in_use(retired: Mapping[str, str]) -> None:
    """Refuse retired items in a new price book.

    Args:
        retired: the items, by the field of the request that names each first.

    Raises:
        InvalidArgument: ``PRICING_ITEM_RETIRED``; ``details`` has all of them, by field.
    """
    for at, item_code in retired.items():
        raise InvalidArgument(
            "PRICING_ITEM_RETIRED",
            f"{item_code!r} is retired; restore it, or leave it out",
            field=at,
            details={at: f"{code!r} is retired" for at, code in retired.items()},
        )


def settled_fields(
    item: Item, definitions: Iterable[ItemField]
) -> tuple[dict[str, str], list[InvalidArgument]]:
    """The company's own fields of an item, each written in the one way, and what is wrong with them.

    Fields without a value are left out.
    """
    known = {definition.field_code: definition for definition in definitions}
    kept: dict[str, str] = {}
    problems: dict[str, InvalidArgument] = {}
    for code, text in sorted(item.fields.items()):
        try:
            if value := _settled(known.get(code), code, text):
                kept[code] = value
        except InvalidArgument as problem:
            problems[code] = problem
    for code, definition in known.items():
        if definition.required and code not in kept and code not in problems:
            problems[code] = InvalidArgument(
                "PRICING_ITEM_FIELD_MISSING",
                f"every item of this library needs {definition.label!r}",
                field=f"fields.{code}",
                details=in_chinese(f"这个库的每一项都要填写「{definition.label}」。"),
            )
    return kept, list(problems.values())


def _settled(definition: ItemField | None, code: str, text: str) -> str:
    if definition is None:
        raise InvalidArgument(
            "PRICING_ITEM_FIELD_UNKNOWN",
            f"the library has no field {code!r}; define it first",
            field=f"fields.{code}",
            details=in_chinese(f"这个库没有字段 {code!r}，请先定义。"),
        )
    try:
        return settle(definition, text)
    except Unreadable as error:
        raise InvalidArgument(
            "PRICING_ITEM_FIELD_INVALID",
            error.english,
            field=f"fields.{code}",
            details=in_chinese(error.chinese),
        ) from error


def problems_of(item: Item) -> Iterator[InvalidArgument]:
    """What is wrong with an item by itself, its own fields left aside."""
    yield from _identity_problems(item)
    for name, most in _LENGTHS.items():
        text = str(getattr(item, name))
        lines = text.split("\n") if name == "description" else [text]
        if len(text) > most or any(map(CONTROL.search, lines)):
            yield InvalidArgument(
                "PRICING_ITEM_TEXT_INVALID",
                f"at most {most} characters, none of them a control character",
                field=name,
                details=in_chinese(f"最多 {most} 个字，不能有控制字符。"),
            )
    yield from _variant_problems(item)
    yield from _picture_problems(item)


def _identity_problems(item: Item) -> Iterator[InvalidArgument]:
    for name in ("item_code", "name", "catalogue"):
        if not getattr(item, name):
            yield InvalidArgument(
                "PRICING_ITEM_INVALID",
                "an item needs a code, a name and the library it is in",
                field=name,
                details=in_chinese("每一项都要有编码、名称和所在的库。"),
            )
    if item.item_code and not _CODE.fullmatch(item.item_code):
        yield InvalidArgument(
            "PRICING_ITEM_CODE_INVALID",
            "1 to 64 letters, digits, '-', '_' and '.', the first a letter or digit",
            field="item_code",
            details=in_chinese(
                "编码是 1 到 64 个字母、汉字、数字、“-”、“_”或“.”，以字母、汉字或数字开头。"
            ),
        )


def _variant_problems(item: Item) -> Iterator[InvalidArgument]:
    if bool(item.variant_of_item_code) != bool(item.variant_options):
        yield InvalidArgument(
            "PRICING_ITEM_VARIANT_INVALID",
            "a variant names its base item and what is chosen, such as 匹数=1.5P; others neither",
            field="variant_options",
            details=in_chinese(
                "变体要同时写明“变体属于”和“变体选项”（如 匹数=1.5P）；不是变体就都不写。"
            ),
        )
    texts = [text for option in item.variant_options.items() for text in option]
    if len(item.variant_options) > _MOST_OPTIONS or not all(map(_is_option_text, texts)):
        yield InvalidArgument(
            "PRICING_ITEM_VARIANT_INVALID",
            f"at most {_MOST_OPTIONS} options, their names and values 1 to {_LONGEST_OPTION}"
            " characters without ';' and '='",
            field="variant_options",
            details=in_chinese(
                f"最多 {_MOST_OPTIONS} 个选项，名称和值各 1 到 {_LONGEST_OPTION} 个字，不含“;”和“=”。"
            ),
        )


def _is_option_text(text: str) -> bool:
    bare = text == text.strip() and 0 < len(text) <= _LONGEST_OPTION
    return bare and not (_OPTION_MARKS.search(text) or CONTROL.search(text))


def _picture_problems(item: Item) -> Iterator[InvalidArgument]:
    if (
        len(item.pictures) > _MOST_PICTURES
        or len(set(item.pictures)) < len(item.pictures)
        or not all(map(_PICTURE.fullmatch, item.pictures))
    ):
        yield InvalidArgument(
            "PRICING_ITEM_PICTURE_INVALID",
            f"at most {_MOST_PICTURES} different references of uploaded images (fl_….jpg, png, gif,"
            " webp, heic); upload them first",
            field="pictures",
            details=in_chinese(
                f"最多 {_MOST_PICTURES} 张不同的图片，写上传后得到的编号（fl_….jpg、png、gif、webp、heic）。"
            ),
        )
