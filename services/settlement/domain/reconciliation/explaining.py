"""What a discrepancy most likely is, in words, and what would put it right."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from kit.money import Money
from services.settlement.domain.reconciliation.matching import Discrepancy, DiscrepancyKind


class Correction(StrEnum):
    """What puts a discrepancy right; each is one way of booking, or none."""

    #: What the channel has and we do not: booked as received, or as paid back, by its number.
    BOOK = "book"
    #: What we have and the channel does not: taken back.
    REVERSE = "reverse"
    #: The difference goes to the account for what nobody has explained yet.
    SUSPEND = "suspend"
    #: Nothing is booked: the other side's next bill has it, or it agrees already.
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why it differs, in both languages, and the correction that is proposed."""

    english: str
    chinese: str
    correction: Correction


_PLAIN: Final[Mapping[DiscrepancyKind, Explanation]] = {
    DiscrepancyKind.CURRENCY_DIFFERS: Explanation(
        "the same number in two currencies; one side recorded the wrong one",
        "同一单号两边币种不同，其中一边记错了币种",
        Correction.SUSPEND,
    ),
    DiscrepancyKind.REPEATED_IN_BILL: Explanation(
        "the bill tells the number more often than it was booked; ask the channel",
        "账单里同一单号出现多次，请向渠道核实",
        Correction.SUSPEND,
    ),
    DiscrepancyKind.REPEATED_HERE: Explanation(
        "booked more often than the channel tells; take the surplus back",
        "我方重复入账，请冲回多记的部分",
        Correction.REVERSE,
    ),
    DiscrepancyKind.AMBIGUOUS: Explanation(
        "several of the same amount at about the same time and not as many on both sides; only"
        " their numbers can tell them apart",
        "同一时段有多笔相同金额而两边笔数不同，只能凭单号区分",
        Correction.SUSPEND,
    ),
    DiscrepancyKind.ONLY_IN_BILL: Explanation(
        "the channel has it, the books do not: it was never booked, or without its number",
        "渠道有、我方没有：漏记，或入账时没有单号",
        Correction.BOOK,
    ),
    DiscrepancyKind.ONLY_HERE: Explanation(
        "booked, and the channel does not tell of it: it did not arrive, or was booked by mistake",
        "我方已入账、渠道没有：款未到，或记错",
        Correction.REVERSE,
    ),
    DiscrepancyKind.CROSSES_PERIOD: Explanation(
        "near the edge of the period: the bill beside this one will have the other side",
        "发生在账期交界处，对方应在相邻账期",
        Correction.NONE,
    ),
}


def explain(discrepancy: Discrepancy, fees: Mapping[str, Money]) -> Explanation:
    """What a discrepancy most likely is.

    Args:
        discrepancy: of the comparison.
        fees: by the key of a line, what the bill says that the channel kept of it.
    """
    if discrepancy.kind is not DiscrepancyKind.AMOUNT_DIFFERS:
        return _PLAIN[discrepancy.kind]
    difference = discrepancy.difference
    return (
        _by_fee(discrepancy, fees)
        or _by_sign(discrepancy)
        or _by_unit(discrepancy)
        or _by_digits(discrepancy)
        or Explanation(
            f"the bill has {difference} more than the books under the same number",
            f"同一单号，账单比我方多 {difference}",
            Correction.SUSPEND,
        )
    )


def _by_fee(discrepancy: Discrepancy, fees: Mapping[str, Money]) -> Explanation | None:
    """The channel paid out net of what it keeps."""
    kept = sum(abs(fees[one.key].amount_minor) for one in discrepancy.lines if one.key in fees)
    difference = discrepancy.difference
    if not kept or difference.amount_minor != -kept:
        return None
    return Explanation(
        f"the channel kept a fee of {-difference}",
        f"渠道扣了手续费 {-difference}",
        Correction.SUSPEND,
    )


def _by_sign(discrepancy: Discrepancy) -> Explanation | None:
    told, booked = _amounts(discrepancy)
    if told != -booked:
        return None
    return Explanation(
        "money in on one side and money back on the other",
        "一边记为收款，另一边记为退款",
        Correction.REVERSE,
    )


def _by_unit(discrepancy: Discrepancy) -> Explanation | None:
    told, booked = _amounts(discrepancy)
    if told != 100 * booked and booked != 100 * told:
        return None
    return Explanation(
        "a hundred times as much: yuan were read as fen, or fen as yuan",
        "相差一百倍：元与分弄混了",
        Correction.SUSPEND,
    )


def _by_digits(discrepancy: Discrepancy) -> Explanation | None:
    """Two digits changed places: the difference is a multiple of nine, the digits are the same."""
    told, booked = _amounts(discrepancy)
    if (told - booked) % 9 or sorted(str(abs(told))) != sorted(str(abs(booked))):
        return None
    difference = discrepancy.difference
    return Explanation(
        f"the same digits in another order: probably mistyped, {difference} apart",
        f"数字相同、顺序不同，可能录入时写反，相差 {difference}",
        Correction.SUSPEND,
    )


def _amounts(discrepancy: Discrepancy) -> tuple[int, int]:
    """What the bill tells and what is booked, both in minor units of their one currency."""
    return (
        sum(one.amount.amount_minor for one in discrepancy.lines),
        sum(one.amount.amount_minor for one in discrepancy.entries),
    )
