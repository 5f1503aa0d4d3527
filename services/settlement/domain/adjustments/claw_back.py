"""Taking back by share: what a refund or rework undoes, from the recorded split of the earning.

Each part is taken from what is left of every party's share, by largest remainder, so that no party
ever gives more than it was given, and once all is taken back everybody has given exactly their share.
Sharing out the whole and subtracting what was taken before would not do: by largest remainder a
party's part may shrink when the whole grows, and money would have to flow the other way.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from kit.errors import FailedPrecondition, InvalidArgument
from kit.money import round_minor, split_minor
from services.settlement.domain.earnings.state import EarningState


@dataclass(frozen=True, slots=True)
class Taken:
    """What claw-backs of an earning came to before.

    Args:
        by_share: of each recorded share, in their order, not negative.
        refunded_minor: what of the customer's money it answered.
    """

    by_share: tuple[int, ...]
    refunded_minor: int = 0


def check_posted(state: EarningState) -> None:
    """Refuse to take back what nobody has been given yet, or no longer has.

    Raises:
        FailedPrecondition: ``SETTLEMENT_EARNING_NOT_POSTED``.
    """
    if state not in (EarningState.PAYABLE, EarningState.PAYING, EarningState.PAID):
        raise FailedPrecondition(
            "SETTLEMENT_EARNING_NOT_POSTED",
            f"an earning that is {state} has nothing to take back; change or cancel it instead",
            field="earning_id",
            details={"state": state},
        )


def part_of_refund(total_minor: int, taken: Taken, refunded_minor: int, paid_minor: int) -> int:
    """How much of the settlement amount a refund takes back.

    All refunds together take back the part of the settlement that they are of what was paid,
    rounded once; so many small ones take back what one of their sum does.

    Args:
        total_minor: the settlement amount over all parties.
        taken: what earlier claw-backs took, and answered.
        refunded_minor: what goes back to the customer now, above zero.
        paid_minor: what the customer paid for this work.

    Raises:
        InvalidArgument: ``SETTLEMENT_CLAW_BACK_TOO_MUCH`` when more goes back than was paid.
    """
    refunded = taken.refunded_minor + refunded_minor
    if refunded_minor <= 0 or refunded > paid_minor:
        raise _too_much(
            f"between nothing and {paid_minor - taken.refunded_minor} (in minor units) of what was"
            " paid can still go back",
            "refunded",
        )
    target = round_minor(Fraction(total_minor * refunded, paid_minor))
    left = total_minor - sum(taken.by_share)
    return min(max(target - sum(taken.by_share), 0), left)


def by_share(shares: Sequence[int], taken: Sequence[int], amount_minor: int) -> list[int]:
    """What each party gives of an amount.

    Args:
        shares: the recorded split, in minor units, none negative.
        taken: what was taken of each before.
        amount_minor: to take now, not negative.

    Returns: parts that sum to the amount, none above what is left of its share.

    Raises:
        InvalidArgument: ``SETTLEMENT_CLAW_BACK_TOO_MUCH`` when it is more than is left.
    """
    left = [share - gone for share, gone in zip(shares, taken, strict=True)]
    if not 0 <= amount_minor <= sum(left):
        raise _too_much(f"{sum(left)} (in minor units) are left to take back", "amount")
    if amount_minor == 0:
        return [0] * len(left)
    return split_minor(amount_minor, left)


def _too_much(message: str, field: str) -> InvalidArgument:
    return InvalidArgument("SETTLEMENT_CLAW_BACK_TOO_MUCH", message, field=field)
