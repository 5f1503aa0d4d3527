"""Which payouts a batch is drawn of: what is due, oldest first, within every limit.

A payee's balance is more than their payable earnings: subsidies, deductions, claw-backs and
hold-backs are on it as well. What the account has less than its payable earnings is taken off the
first payout; what it has more goes along where everything due is drawn.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from kit.errors import InvalidArgument

#: Of these the lowest is the one that is told of.
NO_ACCOUNT: Final = "no_account"
DRAWN_ALREADY: Final = "drawn_already"
BELOW_LEAST: Final = "below_least"


@dataclass(frozen=True, slots=True)
class Limits:
    """How much may go, in minor units.

    Args:
        least_minor: a payout of less waits for more.
        per_payout_minor: of one payout, before tax.
        per_batch_minor: of one batch.
        per_day_minor: drawn on one day in Shanghai.
        per_payee_day_minor: the same, for one payee.
        payouts_per_batch: how many.
    """

    least_minor: int
    per_payout_minor: int
    per_batch_minor: int
    per_day_minor: int
    per_payee_day_minor: int
    payouts_per_batch: int


def check_limits(limits: Limits) -> None:
    """Refuse limits under which nothing could be drawn (``SETTLEMENT_PAYOUT_LIMITS_INVALID``)."""
    if limits.least_minor < 1:
        raise _invalid("a payout is of at least one minor unit", "least_minor")
    if limits.per_payout_minor < limits.least_minor:
        raise _invalid("a payout may be of more than the least", "per_payout_minor")
    for name in ("per_batch_minor", "per_day_minor", "per_payee_day_minor"):
        if getattr(limits, name) < limits.per_payout_minor:
            raise _invalid("this limit lets the largest payout through", name)
    if not 1 <= limits.payouts_per_batch <= 500:
        raise _invalid("a batch has 1 to 500 payouts", "payouts_per_batch")


@dataclass(frozen=True, slots=True)
class Payable:
    """An earning that may be paid."""

    earning_id: str
    amount_minor: int
    wanted: bool = True


@dataclass(frozen=True, slots=True)
class Due:
    """What one payee could be paid.

    Args:
        payee_id: who.
        available_minor: what their account may give.
        payable: all their payable earnings, the oldest first; those that are not wanted stay.
        whole: everything due is drawn: what the account has more goes along.
        used_today_minor: drawn for them today already.
        hindrance: why nothing can be drawn for them; or "".
    """

    payee_id: str
    available_minor: int
    payable: tuple[Payable, ...]
    whole: bool
    used_today_minor: int = 0
    hindrance: str = ""


@dataclass(frozen=True, slots=True)
class Drawn:
    """One payout: the earnings of it, and what of the rest of the balance goes along."""

    payee_id: str
    earnings: tuple[Payable, ...]
    balance_minor: int

    @property
    def gross_minor(self) -> int:
        """What it comes to before tax."""
        return sum(each.amount_minor for each in self.earnings) + self.balance_minor


@dataclass(frozen=True, slots=True)
class LeftOut:
    """What was due and is not drawn; without an earning: the payee as a whole."""

    payee_id: str
    earning_id: str
    amount_minor: int
    reason: str


@dataclass(slots=True)
class _Room:
    """What the limits still let through."""

    limits: Limits
    day_minor: int
    batch_minor: int = 0
    count: int = 0
    payee_day_minor: Mapping[str, int] = field(default_factory=dict)

    def bounds(self, due: Due) -> dict[str, int]:
        """What each limit lets through for one more payout."""
        return {
            "over_payout": self.limits.per_payout_minor,
            "over_payee_day": self.limits.per_payee_day_minor - due.used_today_minor,
            "over_batch": self.limits.per_batch_minor - self.batch_minor
            if self.count < self.limits.payouts_per_batch
            else 0,
            "over_day": self.limits.per_day_minor - self.day_minor,
        }


def draw(
    dues: Iterable[Due], limits: Limits, used_today_minor: int = 0
) -> tuple[list[Drawn], list[LeftOut]]:
    """Draw payouts for payees in their order.

    Args:
        dues: what each could be paid.
        limits: how much may go.
        used_today_minor: drawn today already, for all.

    Returns: the payouts, and what was due and is not in them, with the reason.
    """
    room, drawn, left_out = _Room(limits, used_today_minor), [], list[LeftOut]()
    for due in dues:
        made, left = _draw_one(due, room)
        left_out += left
        if made is not None:
            drawn.append(made)
            room.batch_minor += made.gross_minor
            room.day_minor += made.gross_minor
            room.count += 1
    return drawn, left_out


def _draw_one(due: Due, room: _Room) -> tuple[Drawn | None, list[LeftOut]]:
    other = due.available_minor - sum(each.amount_minor for each in due.payable)
    wanted = [each for each in due.payable if each.wanted]
    total = sum(each.amount_minor for each in wanted) + (other if due.whole or other < 0 else 0)
    if due.hindrance:
        return None, [
            LeftOut(due.payee_id, "", max(total, 0), due.hindrance)
        ] if wanted or total > 0 else []
    reason, most = min(room.bounds(due).items(), key=lambda bound: bound[1])
    taken, left, so_far = list[Payable](), list[LeftOut](), min(other, 0)
    for each in wanted:
        if so_far + each.amount_minor <= most:
            taken.append(each)
            so_far += each.amount_minor
        else:
            left.append(LeftOut(due.payee_id, each.earning_id, each.amount_minor, reason))
    balance = min(other, 0)
    if due.whole and other > 0:
        balance = min(other, max(most - so_far, 0))
        if balance < other:
            left.append(LeftOut(due.payee_id, "", other - balance, reason))
    made = Drawn(due.payee_id, tuple(taken), balance)
    if made.gross_minor < room.limits.least_minor:
        small = LeftOut(due.payee_id, "", max(made.gross_minor, 0), BELOW_LEAST)
        return None, [*left, small] if taken or balance else left
    return made, left


def _invalid(message: str, field_name: str) -> InvalidArgument:
    return InvalidArgument(
        "SETTLEMENT_PAYOUT_LIMITS_INVALID", message, field=f"payout_limits.{field_name}"
    )
