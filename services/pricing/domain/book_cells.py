"""What stands in the cells of a price book's file, and what it means in a plain rule."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from kit.money import MINOR_DIGITS
from kit.spreadsheet.records import Unreadable
from kit.spreadsheet.table import Value

_YES: Final = ("是", "y", "yes", "true", "1", "√")
_NO: Final = ("否", "n", "no", "false", "0")
_LIST: Final = re.compile(r"[\s,，;；、]+")
_COMPONENT: Final = re.compile(r"(\S+?)\s*[*×x]\s*(\d+)")
#: "2~5", "2~", "~5"; "2-5" too, but "-5" is a number.
_RANGE: Final = re.compile(r"(-?\d+)?\s*(?:[~～至到]|(?<=\d)[-–])\s*(-?\d+)?")
_STEP: Final = re.compile(r"(\d+)\s*[:：]\s*([\d.]+)\s*/\s*([\d.]+)")
_INTEGER: Final = re.compile(r"-?\d{1,18}")


@dataclass(frozen=True, slots=True)
class Cells:
    """How one kind of value stands in a cell.

    Attributes:
        read: a filled cell, in a book of a currency; raises ``Unreadable``.
        write: a value that is there.
    """

    read: Callable[[str, str], Any]
    write: Callable[[Any], Value]


def _text(text: str, _currency: str) -> str:
    return text


def _flag(text: str, _currency: str) -> bool:
    if text.casefold() in _YES:
        return True
    if text.casefold() in _NO:
        return False
    raise Unreadable(f"{text!r}: write 是 or 否", f"{text!r}：请写“是”或“否”。")


def _whole(text: str, _currency: str) -> int:
    if not _INTEGER.fullmatch(text):
        raise Unreadable(f"{text!r} is no whole number", f"{text!r} 不是整数。")
    return int(text)


def _money(text: str, currency: str) -> dict[str, Any]:
    return {"currency": currency, "amount_minor": str(_minor(text, currency))}


def _minor(text: str, currency: str) -> int:
    digits = MINOR_DIGITS.get(currency, 0)
    try:
        minor = Decimal(text.replace(",", "").lstrip("¥￥")).scaleb(digits)
    except InvalidOperation:
        raise Unreadable(
            f"{text!r} is no amount; write it as 200.00", f"{text!r} 不是金额，请写成 200.00。"
        ) from None
    if minor != minor.to_integral_value() or abs(minor) >= 10**18:
        raise Unreadable(
            f"{text!r}: an amount of {currency} has {digits} decimals",
            f"{text!r}：{currency} 金额最多 {digits} 位小数。",
        )
    return int(minor)


def _amount(plain: Mapping[str, Any]) -> Decimal:
    digits = MINOR_DIGITS.get(plain.get("currency", ""), 0)
    return Decimal(int(plain.get("amount_minor", 0))).scaleb(-digits)


def _codes(text: str, _currency: str) -> list[str]:
    return [code for code in _LIST.split(text) if code]


def _numbers(text: str, _currency: str) -> list[int]:
    return [_whole(code, "") for code in _codes(text, "")]


def _range(text: str, _currency: str) -> dict[str, str]:
    if _INTEGER.fullmatch(text):
        return {"least": text, "most": text}
    found = _RANGE.fullmatch(text)
    if found is None or not any(found.groups()):
        raise Unreadable(f"{text!r}: write 1~5, 3~ or ~5", f"{text!r}：请写成 1~5、3~ 或 ~5。")
    return {
        name: said for name, said in zip(("least", "most"), found.groups(), strict=True) if said
    }


def _components(text: str, _currency: str) -> list[dict[str, Any]]:
    return [_component(piece.strip(), "") for piece in re.split(r"[;；\n]", text) if piece.strip()]


def _component(text: str, _currency: str) -> dict[str, Any]:
    found = _COMPONENT.fullmatch(text)
    if found is None:
        raise Unreadable(f"{text!r}: write ITEM*2; OTHER*1", f"{text!r}：请写成“编码*2; 编码*1”。")
    return {"item_code": found[1], "quantity": found[2]}


def _steps(text: str, currency: str) -> list[dict[str, Any]]:
    steps = []
    for piece in filter(None, map(str.strip, re.split(r"[;；\n]", text))):
        found = _STEP.fullmatch(piece)
        if found is None:
            raise Unreadable(
                f"{piece!r}: write FROM:LIST/SETTLEMENT, such as 10:8.00/5.00; 20:7.00/4.00",
                f"{piece!r}：请写成“起始数量:标价/结算价”，如 10:8.00/5.00; 20:7.00/4.00。",
            )
        steps.append(
            {
                "from_quantity": found[1],
                "list_price": _money(found[2], currency),
                "settlement_price": _money(found[3], currency),
            }
        )
    return steps


def _there(text: str, currency: str) -> dict[str, Any] | None:
    """A model without fields: its being there is all it says."""
    return {} if _flag(text, currency) else None


def words(chinese: Mapping[str, tuple[str, str]]) -> Cells:
    """A choice: names as they travel, with their words in Chinese and English."""
    by_word = {word.casefold(): name for name, both in chinese.items() for word in (*both, name)}

    def read(text: str, _currency: str) -> str:
        name = by_word.get(text.casefold())
        if name is None:
            known = "、".join(both[0] for both in chinese.values())
            raise Unreadable(f"{text!r} is none of {known}", f"{text!r} 不是 {known} 之一。")
        return name

    return Cells(read, lambda name: chinese[name][0] if name in chinese else str(name))


def _write_range(plain: Mapping[str, Any]) -> str:
    return f"{plain.get('least', '')}~{plain.get('most', '')}"


def _write_component(plain: Mapping[str, Any]) -> str:
    return f"{plain.get('item_code', '')}*{plain.get('quantity', 0)}"


def _write_steps(plain: list[Mapping[str, Any]]) -> str:
    return "; ".join(
        f"{step.get('from_quantity', 0)}:{_amount(step.get('list_price', {})):f}"
        f"/{_amount(step.get('settlement_price', {})):f}"
        for step in plain
    )


TEXT: Final = Cells(_text, str)
FLAG: Final = Cells(_flag, lambda said: "是" if said else "否")
WHOLE: Final = Cells(_whole, lambda number: Decimal(int(number)))
MONEY: Final = Cells(_money, _amount)
CODES: Final = Cells(_codes, " ".join)
NUMBERS: Final = Cells(_numbers, lambda numbers: " ".join(map(str, numbers)))
RANGE: Final = Cells(_range, _write_range)
COMPONENT: Final = Cells(_component, _write_component)
COMPONENTS: Final = Cells(_components, lambda parts: "; ".join(map(_write_component, parts)))
STEPS: Final = Cells(_steps, _write_steps)
THERE: Final = Cells(_there, lambda _said: "是")
