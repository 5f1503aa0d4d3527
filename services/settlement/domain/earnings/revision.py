"""What happens after the promise and changes it: by listed events alone, each with its evidence.

Lines are added and none is touched, so that what was promised can always be read beside what became
of it. The rule's version is the promise's: rules that change later change no promise.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from kit.errors import FailedPrecondition, InvalidArgument
from kit.money import Money
from services.settlement.domain.apportion import apportion
from services.settlement.domain.earnings.earning import (
    EarningLine,
    SettlementLine,
    check_line,
    commission_base,
    own_lines,
    share_amounts,
    technician_position,
)
from services.settlement.domain.earnings.state import EarningState
from services.settlement.domain.splits.rule import SplitRule
from services.settlement.domain.splits.scheme import Dealing, Memory, revise

WHOLE_BASIS_POINTS: Final = 10_000
_MOST_MEMBERS: Final = 20


class ChangeKind(StrEnum):
    """What can change a promise."""

    SCOPE_CHANGE = "scope_change"
    APPROVED_EXTRA = "approved_extra"
    FEE_EVENT = "fee_event"
    PARTS_COST = "parts_cost"
    REWORK = "rework"
    REFUND = "refund"
    DISPUTE_OUTCOME = "dispute_outcome"
    CREW = "crew"


@dataclass(frozen=True, slots=True)
class Standing:
    """An earning as it stands before a change."""

    lines: tuple[SettlementLine, ...]
    dealing: Dealing


@dataclass(frozen=True, slots=True)
class Revision:
    """What a change makes of an earning.

    Args:
        lines: the technician's part of the lines that are added.
        amounts: what each party gets now, by position, in minor units.
        dealing: how the whole base is dealt now.
    """

    lines: tuple[EarningLine, ...]
    amounts: tuple[int, ...]
    dealing: Dealing


@dataclass(frozen=True, slots=True)
class CrewMember:
    """One of a crew, with a share of the work."""

    technician_id: str
    share_basis_points: int


def check_changeable(state: EarningState) -> None:
    """Raise ``FailedPrecondition`` (``SETTLEMENT_EARNING_STATE``) once an earning belongs to its
    parties, or is over."""
    if state not in (EarningState.ESTIMATED, EarningState.LOCKED):
        raise FailedPrecondition(
            "SETTLEMENT_EARNING_STATE",
            f"an earning that is {state} cannot be changed; propose an adjustment of it",
            field="earning_id",
            details={"state": state},
        )


def check_added(lines: Sequence[SettlementLine], currency: str) -> None:
    """Raise ``InvalidArgument`` unless lines can be added to an earning: ``SETTLEMENT_LINES_MISSING``,
    ``SETTLEMENT_LINE_INVALID``."""
    if not lines:
        raise InvalidArgument(
            "SETTLEMENT_LINES_MISSING", "say what is added, or taken away", field="lines"
        )
    for i, line in enumerate(lines):
        check_line(line, currency, f"lines[{i}]")


def revision(
    rule: SplitRule, standing: Standing, added: Sequence[SettlementLine], memory: Memory
) -> tuple[Revision, Memory]:
    """What becomes of an earning when lines are added to its settlement.

    Args:
        rule: the version that split the promise.
        standing: all lines so far.
        added: what is added.
        memory: what the contract remembers.

    Raises:
        InvalidArgument: ``SETTLEMENT_AMOUNT_NEGATIVE`` when more is taken away than there is.
    """
    lines = (*standing.lines, *added)
    dealing, after = revise(rule.scheme, standing.dealing, commission_base(rule, lines), memory)
    own = technician_position(rule)
    more = dealing.shares[own] - standing.dealing.shares[own]
    amounts = share_amounts(rule, lines, dealing)
    return Revision(own_lines(rule, added, more), amounts, dealing), after


def check_crew(crew: Sequence[CrewMember], technician_id: str) -> None:
    """Raise ``InvalidArgument`` (``SETTLEMENT_CREW_INVALID``) unless a crew can share an earning: two
    and more, each once, whose earning it is first, whose shares are the whole."""
    if not 2 <= len(crew) <= _MOST_MEMBERS:
        raise _crew_invalid(f"a crew has 2 to {_MOST_MEMBERS} technicians", "crew")
    if crew[0].technician_id != technician_id:
        raise _crew_invalid(
            f"the earning is {technician_id}'s; name them first", "crew[0].technician_id"
        )
    if len({member.technician_id for member in crew}) < len(crew):
        raise _crew_invalid("name every technician once", "crew")
    for i, member in enumerate(crew):
        if not 0 < member.share_basis_points < WHOLE_BASIS_POINTS:
            raise _crew_invalid(
                f"a share is 1 to {WHOLE_BASIS_POINTS - 1} basis points",
                f"crew[{i}].share_basis_points",
            )
    if sum(member.share_basis_points for member in crew) != WHOLE_BASIS_POINTS:
        raise _crew_invalid(f"the shares sum to {WHOLE_BASIS_POINTS} basis points", "crew")


def parts_of_crew(
    lines: Sequence[SettlementLine], crew: Sequence[CrewMember]
) -> list[tuple[SettlementLine, ...]]:
    """Each member's part of settlement lines; of every line the parts sum to it."""
    weights = [member.share_basis_points for member in crew]
    parts = [apportion(line.amount.amount_minor, weights) for line in lines]
    return [
        tuple(
            replace(line, amount=Money(line.amount.currency, part[i]))
            for line, part in zip(lines, parts, strict=True)
        )
        for i in range(len(crew))
    ]


def handed_over(parts: Sequence[Sequence[SettlementLine]]) -> tuple[SettlementLine, ...]:
    """What the first of a crew hands over to the others, as lines that are added to theirs."""
    return tuple(
        replace(
            line,
            label=f"班组分摊·{line.label}",
            amount=Money(line.amount.currency, -line.amount.amount_minor),
            explanation="班组其他成员的份额",
        )
        for part in parts[1:]
        for line in part
        if line.amount.amount_minor
    )


def check_shareable(state: EarningState, revisions: int) -> None:
    """Raise ``FailedPrecondition`` unless an earning can still be shared with a crew: estimated, and
    nothing has changed it (``SETTLEMENT_EARNING_STATE``, ``SETTLEMENT_SHARED_TOO_LATE``)."""
    if state is not EarningState.ESTIMATED:
        raise FailedPrecondition(
            "SETTLEMENT_EARNING_STATE",
            f"an earning that is {state} cannot be shared; a crew is named before it is locked",
            field="earning_id",
            details={"state": state},
        )
    if revisions:
        raise FailedPrecondition(
            "SETTLEMENT_SHARED_TOO_LATE",
            "share an earning with the crew before anything else changes it",
            field="earning_id",
        )


def totals_of(lines: Sequence[EarningLine]) -> tuple[int, int]:
    """What the technician gets of some lines, and what they settle over all parties."""
    own = sum(line.amount.amount_minor for line in lines)
    return own, sum(line.settlement_amount.amount_minor for line in lines)


def leg_of_revision(leg: str, revision_number: int) -> str:
    """What the ledger calls a share from a revision on: what was held under another name is void."""
    return f"{leg.partition('~')[0]}~{revision_number}"


def _crew_invalid(message: str, field: str) -> InvalidArgument:
    return InvalidArgument("SETTLEMENT_CREW_INVALID", message, field=field)
