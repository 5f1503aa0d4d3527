"""How a channel's bill is read: which column says what, in which unit, and where it ends.

A bill is mapped once; its format is remembered by its headings and found again by them. The formats of
the common channels come with the product as data of the same kind.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Final

from kit.clock import SHANGHAI
from kit.errors import InvalidArgument, ServiceError
from kit.money import MINOR_DIGITS, Money
from services.settlement.domain.reconciliation.movement import Movement

#: What banks and channels put around a value: WeChat's back-tick, Excel's tab, spaces.
_AROUND: Final = "`\t \u3000'\""
_NOTHING: Final = {"", "-", "--", "/", "无"}


class BillField(StrEnum):
    """What a column of a bill can say."""

    #: The channel's own number of the movement.
    CHANNEL_NUMBER = "channel_number"
    #: The number that we gave the channel.
    OWN_NUMBER = "own_number"
    ORDER_NUMBER = "order_number"
    OCCURRED_AT = "occurred_at"
    #: Signed, or of the way that ``WAY`` says.
    AMOUNT = "amount"
    #: Where money back has a column of its own.
    REFUND_AMOUNT = "refund_amount"
    FEE = "fee"
    #: Whether money came in or went out.
    WAY = "way"
    CURRENCY = "currency"


class Way(StrEnum):
    """Where a line's money went."""

    IN = "in"
    OUT = "out"
    #: A line that moved nothing, such as a payment that was closed.
    NONE = "none"


@dataclass(frozen=True, slots=True)
class BillFormat:
    """One channel's way of writing a bill.

    Attributes:
        code: its name here, such as ``wechat-trade``.
        channel_code: whose movements it tells, such as ``wechat``.
        columns: the heading of each field.
        ways: what a value of the ``WAY`` column means.
        in_minor_units: whether amounts are whole minor units; otherwise they are major ones.
        times: how an instant is written, as ``strptime`` reads it; the first that fits.
        currency: where no column says one.
        ends_at: what the first cell of the first row after the last line begins with.
    """

    code: str
    channel_code: str
    columns: Mapping[BillField, str]
    ways: Mapping[str, Way]
    in_minor_units: bool
    times: tuple[str, ...]
    currency: str
    ends_at: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class BillLine:
    """One line of a bill, as it was read."""

    row_number: int
    channel_number: str
    own_number: str
    order_number: str
    occurred_at: datetime
    amount: Money
    fee: Money

    def movement(self) -> Movement:
        """The line as it is compared."""
        numbers = frozenset(filter(None, (self.channel_number, self.own_number)))
        return Movement(
            str(self.row_number), numbers, self.order_number, self.amount, self.occurred_at
        )


@dataclass(frozen=True, slots=True)
class BadLine:
    """A row that cannot be read: where, and what to do."""

    row_number: int
    heading: str
    english: str
    chinese: str


@dataclass(frozen=True, slots=True)
class BillRead:
    """What a bill says; nothing is taken in while a row of it cannot be read."""

    lines: tuple[BillLine, ...]
    bad: tuple[BadLine, ...]


def check_format(how: BillFormat) -> None:
    """Refuse a format by which no bill can be compared.

    Raises:
        InvalidArgument: ``SETTLEMENT_BILL_FORMAT_INVALID``, naming the field.
    """
    needed = {BillField.OCCURRED_AT, BillField.AMOUNT}
    for field in sorted(needed - how.columns.keys()):
        raise _invalid(f"say which column holds {field}", f"columns.{field}")
    if not {BillField.CHANNEL_NUMBER, BillField.OWN_NUMBER} & how.columns.keys():
        raise _invalid("say which column holds a number, the channel's or ours", "columns")
    headings = list(how.columns.values())
    for field, heading in how.columns.items():
        if not heading.strip() or headings.count(heading) > 1:
            raise _invalid("each field has a heading of its own", f"columns.{field}")
    if BillField.WAY in how.columns and not how.ways:
        raise _invalid("say which values mean in, out and none", "ways")
    if how.currency not in MINOR_DIGITS:
        raise _invalid(f"unknown currency {how.currency!r}", "currency")
    if not how.times:
        raise _invalid("say how instants are written, such as %Y-%m-%d %H:%M:%S", "times")


def fingerprint(headings: Iterable[str]) -> str:
    """What a bill with these headings is known by, in whichever order they stand."""
    folded = sorted(_bare(heading) for heading in headings)
    return hashlib.sha256("\x1f".join(folded).encode()).hexdigest()


def heading_row(how: BillFormat, rows: Iterable[Sequence[str]]) -> int | None:
    """The place of the row that has all of a format's headings; None: there is none.

    Channels write titles and notes above it.
    """
    wanted = {_bare(heading) for heading in how.columns.values()}
    for place, row in enumerate(rows):
        if wanted <= {_bare(cell) for cell in row}:
            return place
    return None


def read_bill(how: BillFormat, rows: Sequence[tuple[int, Sequence[str]]]) -> BillRead:
    """Read the lines of a bill.

    Args:
        how: a checked format.
        rows: of the file, each with its number as a spreadsheet shows it.

    Raises:
        InvalidArgument: ``SETTLEMENT_BILL_HEADINGS_MISSING``.
    """
    place = heading_row(how, (cells for _, cells in rows))
    if place is None:
        raise InvalidArgument(
            "SETTLEMENT_BILL_HEADINGS_MISSING",
            f"no row has all headings of format {how.code}: {'、'.join(how.columns.values())}",
            field="content",
        )
    positions = _positions(how, rows[place][1])
    lines: list[BillLine] = []
    bad: list[BadLine] = []
    for number, cells in rows[place + 1 :]:
        texts = [_bare(cell) for cell in cells]
        if not any(texts):
            continue
        if texts[0].startswith(how.ends_at or ("\0",)):
            break
        try:
            line = _line(how, positions, number, texts)
        except _BadCell as error:
            bad.append(BadLine(number, how.columns[error.field], error.english, error.chinese))
            continue
        if line is not None:
            lines.append(line)
    return BillRead(tuple(lines), tuple(bad))


class _BadCell(Exception):
    def __init__(self, field: BillField, english: str, chinese: str) -> None:
        super().__init__(english)
        self.field = field
        self.english = english
        self.chinese = chinese


def _positions(how: BillFormat, headings: Sequence[str]) -> dict[BillField, int]:
    bare = [_bare(heading) for heading in headings]
    return {field: bare.index(_bare(heading)) for field, heading in how.columns.items()}


def _line(
    how: BillFormat, positions: Mapping[BillField, int], number: int, texts: Sequence[str]
) -> BillLine | None:
    """A line; None where it moved nothing."""

    def text(field: BillField) -> str:
        place = positions.get(field)
        found = texts[place] if place is not None and place < len(texts) else ""
        return "" if found in _NOTHING else found

    way = _way(how, text(BillField.WAY)) if BillField.WAY in positions else Way.IN
    currency = text(BillField.CURRENCY) or how.currency
    amount = _amount(how, BillField.AMOUNT, text(BillField.AMOUNT), currency)
    back = _amount(how, BillField.REFUND_AMOUNT, text(BillField.REFUND_AMOUNT), currency)
    if way is Way.NONE:
        return None
    signed = Money(currency, -abs(amount.amount_minor)) if way is Way.OUT else amount
    if way is Way.OUT and not amount.amount_minor:
        signed = Money(currency, -abs(back.amount_minor))
    elif way is Way.IN:
        signed = amount - Money(currency, abs(back.amount_minor))
    if not signed.amount_minor:
        return None
    return BillLine(
        number,
        text(BillField.CHANNEL_NUMBER),
        text(BillField.OWN_NUMBER),
        text(BillField.ORDER_NUMBER),
        _instant(how, text(BillField.OCCURRED_AT)),
        signed,
        _amount(how, BillField.FEE, text(BillField.FEE), currency),
    )


def _way(how: BillFormat, text: str) -> Way:
    way = how.ways.get(text)
    if way is None:
        known = "、".join(how.ways)
        raise _BadCell(
            BillField.WAY,
            f"{text!r} says neither in nor out; the format knows {known}",
            f"{text!r} 不知是收是付；格式里有：{known}",
        )
    return way


def _amount(how: BillFormat, field: BillField, text: str, currency: str) -> Money:
    written = text.replace(",", "").replace("，", "").lstrip("¥￥").removesuffix("元")
    try:
        if not written:
            return Money(currency, 0)
        if not how.in_minor_units:
            return Money.of(currency, written)
        whole = Decimal(written)
        if whole != whole.to_integral_value():
            raise InvalidOperation
        return Money(currency, int(whole))
    except (ServiceError, InvalidOperation, OverflowError, ValueError) as error:
        raise _BadCell(
            field, f"{text!r} is no amount of {currency}", f"{text!r} 不是 {currency} 金额"
        ) from error


def _instant(how: BillFormat, text: str) -> datetime:
    for written in how.times:
        try:
            found = datetime.strptime(text, written)  # noqa: DTZ007 - the zone is looked at below
        except ValueError:
            continue
        return found if found.tzinfo else found.replace(tzinfo=SHANGHAI)
    raise _BadCell(
        BillField.OCCURRED_AT,
        f"{text!r} is not written as {' or '.join(how.times)}",
        f"{text!r} 不是格式 {'、'.join(how.times)} 的时间",
    )


def _bare(text: str) -> str:
    return text.strip(_AROUND)


def _invalid(message: str, field: str) -> InvalidArgument:
    return InvalidArgument("SETTLEMENT_BILL_FORMAT_INVALID", message, field=f"bill_format.{field}")
