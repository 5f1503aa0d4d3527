"""Checklists: what has to be looked at, and whether it was found good."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Final

from kit.errors import FailedPrecondition, InvalidArgument
from services.workorder.domain.on_site.commands import Answer, FileAnswer, invalid

_CODE: Final = re.compile(r"[a-z][a-z0-9_-]{0,63}")
_MOST_ITEMS: Final = 100
_LONGEST_TEXT: Final = 500
_LONGEST_NUMBER: Final = 24


class ItemKind(StrEnum):
    """What an item asks for."""

    YES_NO = "yes_no"
    NUMBER = "number"
    TEXT = "text"
    PHOTO = "photo"


_TYPE_OF_KIND: Final[dict[ItemKind, type]] = {
    ItemKind.YES_NO: bool,
    ItemKind.NUMBER: Decimal,
    ItemKind.TEXT: str,
    ItemKind.PHOTO: FileAnswer,
}


@dataclass(frozen=True, slots=True)
class Item:
    """One thing to look at; a number is good from ``least`` to ``most``."""

    item_key: str
    text: str
    kind: ItemKind
    required: bool = False
    least: Decimal | None = None
    most: Decimal | None = None
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Checklist:
    """One version of a checklist, for the work orders of a stage and of an item (empty: of all)."""

    checklist_code: str
    version: int
    name: str
    stage: str
    item_code: str
    items: tuple[Item, ...]
    active: bool
    put_at: datetime

    def applies(self, stage: str, item_codes: Collection[str], named: str = "") -> bool:
        """Whether it is for a work order of this stage with these items, or for one that names it."""
        fits = self.stage in ("", stage) and (not self.item_code or self.item_code in item_codes)
        return self.active and (fits or self.checklist_code == named)


@dataclass(frozen=True, slots=True)
class Given:
    """An answer and when it was given."""

    answer: Answer
    at: datetime


Answers = Mapping[tuple[str, str], Given]


def number(text: str, field: str) -> Decimal:
    """An exact number.

    Raises:
        InvalidArgument: ``CHECKLIST_NUMBER_INVALID``.
    """
    try:
        exact = Decimal(text) if len(text) <= _LONGEST_NUMBER else Decimal("NaN")
    except InvalidOperation:
        exact = Decimal("NaN")
    if not exact.is_finite() or abs(exact.adjusted()) > _LONGEST_NUMBER:
        raise InvalidArgument(
            "CHECKLIST_NUMBER_INVALID", f"{text!r} is no number such as 0.85", field=field
        )
    return exact


def require_checklist(checklist: Checklist) -> Checklist:
    """A checklist that can be filled in.

    Raises:
        InvalidArgument: ``CHECKLIST_INVALID``, naming the field.
    """
    if not _CODE.fullmatch(checklist.checklist_code):
        raise _wrong("a checklist's code is such as 'aircon-install'", "checklist_code")
    if not 0 < len(checklist.name) <= _LONGEST_TEXT:
        raise _wrong(f"a name of 1 to {_LONGEST_TEXT} characters", "name")
    if not 0 < len(checklist.items) <= _MOST_ITEMS:
        raise _wrong(f"a checklist has 1 to {_MOST_ITEMS} items", "items")
    keys: set[str] = set()
    for position, item in enumerate(checklist.items):
        field = f"items[{position}]"
        if not _CODE.fullmatch(item.item_key) or item.item_key in keys:
            raise _wrong(
                "an item's key is such as 'pressure', and stands once", f"{field}.item_key"
            )
        if not 0 < len(item.text) <= _LONGEST_TEXT:
            raise _wrong(f"a text of 1 to {_LONGEST_TEXT} characters", f"{field}.text")
        if item.kind is not ItemKind.NUMBER and (item.least, item.most) != (None, None):
            raise _wrong("only a number has limits", f"{field}.least")
        if item.least is not None and item.most is not None and item.least > item.most:
            raise _wrong("the least is more than the most", f"{field}.most")
        keys.add(item.item_key)
    return checklist


def _wrong(message: str, field: str) -> InvalidArgument:
    return InvalidArgument("CHECKLIST_INVALID", message, field=f"checklist.{field}")


def require_answer(checklists: Sequence[Checklist], answer: Answer) -> Answer:
    """An answer that an item of the work order's checklists asks for.

    Raises:
        InvalidArgument: ``CHECKLIST_ITEM_UNKNOWN`` or ``ON_SITE_COMMAND_INVALID``.
    """
    for checklist in checklists:
        for item in checklist.items:
            if (checklist.checklist_code, item.item_key) == (
                answer.checklist_code,
                answer.item_key,
            ):
                if not isinstance(answer.value, _TYPE_OF_KIND[item.kind]):
                    raise invalid(f"{item.item_key} asks for {item.kind}", "value")
                return answer
    raise InvalidArgument(
        "CHECKLIST_ITEM_UNKNOWN",
        f"no checklist of this work order asks for {answer.checklist_code}/{answer.item_key}",
        field="item_key",
    )


def at_fault(item: Item, given: Given | None) -> bool:
    """Whether an item is not found good: no, out of its limits, or missing though required."""
    if given is None:
        return item.required
    match given.answer.value:
        case bool() as yes:
            return not yes
        case Decimal() as measured:
            too_low = item.least is not None and measured < item.least
            return too_low or (item.most is not None and measured > item.most)
        case _:
            return False


def require_filled(checklists: Sequence[Checklist], answers: Answers) -> None:
    """Refuse completion while a required item has no answer.

    Raises:
        FailedPrecondition: ``WORK_ORDER_CHECKLIST_OPEN``, with what is open in its details.
    """
    open_items = {
        f"{checklist.checklist_code}/{item.item_key}": item.text
        for checklist in checklists
        for item in checklist.items
        if item.required and (checklist.checklist_code, item.item_key) not in answers
    }
    if open_items:
        raise FailedPrecondition(
            "WORK_ORDER_CHECKLIST_OPEN",
            f"the checklist is not filled in: {', '.join(open_items)}",
            field="work_order_id",
            details=open_items,
        )
