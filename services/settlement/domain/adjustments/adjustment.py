"""An adjustment: what it adds or takes, of whom, and its life.

    proposed ─approve→ approved ─post→ posted ─reverse→ reversed
        └─reject→ rejected ←─┘

Approved and not yet posted are those of an earning that is not posted itself. What is posted is
posted once; a reversal undoes it once.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from kit.errors import FailedPrecondition, InvalidArgument, NotFound
from kit.money import Money, sum_money

#: Parties whose earnings stand in an account of their own, from which something can be taken.
EARNERS: Final = frozenset({"technician", "team", "outlet", "agent", "franchisee"})
#: Parties that earn nothing here: what they are charged is owed.
OWERS: Final = frozenset({"warehouse", "designer", "customer"})

# Ids stand between colons in ledger accounts.
_ID: Final = re.compile(r"[A-Za-z0-9_.-]{1,64}")


class AdjustmentKind(StrEnum):
    """What an adjustment is for."""

    SUBSIDY = "subsidy"
    DEDUCTION = "deduction"
    PERFORMANCE = "performance"
    SLA_PENALTY = "sla_penalty"
    CLAW_BACK = "claw_back"
    EARLY_RELEASE = "early_release"
    FORFEITURE = "forfeiture"
    DEBT_OFFSET = "debt_offset"


#: Kinds that take something from somebody: they name what they rest on.
TAKING: Final = frozenset(
    {AdjustmentKind.DEDUCTION, AdjustmentKind.SLA_PENALTY, AdjustmentKind.CLAW_BACK}
)
#: Kinds that end a hold-back, which ends once: they are not reversed.
ENDING: Final = frozenset({AdjustmentKind.EARLY_RELEASE, AdjustmentKind.FORFEITURE})


class AdjustmentState(StrEnum):
    """Where an adjustment stands."""

    PROPOSED = "proposed"
    APPROVED = "approved"
    POSTED = "posted"
    REJECTED = "rejected"
    REVERSED = "reversed"


#: States of adjustments that count for nothing any more.
GONE: Final = (AdjustmentState.REJECTED, AdjustmentState.REVERSED)


@dataclass(frozen=True, slots=True)
class PartyShare:
    """What one party gets of an adjustment; gives, when negative."""

    party_kind: str
    party_id: str
    amount: Money


@dataclass(frozen=True, slots=True)
class Evidence:
    """What an adjustment rests on, by reference.

    Args:
        evidence_kind: a word such as "work_order", "photo", "refund", "rating", "pause".
        reference: its id, or its hash.
        note: for people.
    """

    evidence_kind: str
    reference: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Proposal:
    """An adjustment as it will be recorded.

    Args:
        kind: what it is for.
        shares: by party; of a claw-back one for each party of the earning.
        reason: why, for people.
        explanation: how the amount came about.
        evidence: what it rests on.
        earning_id: of which earning; empty: of a party.
        case_id: of the earning or the work.
        work_order_id: likewise.
        month: which month it counts for, such as "2026-10"; empty: when it is posted.
        rule_code: by which rule; empty: by hand.
        rule_version: its version; 0 by hand.
        cause_reference: what it answers; one cause is answered once. Empty: none.
        holdback_id: which hold-back it ends.
    """

    kind: AdjustmentKind
    shares: tuple[PartyShare, ...]
    reason: str
    explanation: str = ""
    evidence: tuple[Evidence, ...] = ()
    earning_id: str = ""
    case_id: str = ""
    work_order_id: str = ""
    month: str = ""
    rule_code: str = ""
    rule_version: int = 0
    cause_reference: str = ""
    holdback_id: str = ""

    @property
    def amount(self) -> Money:
        """What all shares come to; negative: taken."""
        amounts = [share.amount for share in self.shares]
        return sum_money(amounts[0].currency, amounts)


def check_proposal(proposal: Proposal) -> None:
    """Refuse what cannot stand.

    Raises:
        InvalidArgument: ``SETTLEMENT_ADJUSTMENT_INVALID`` without a reason, or without evidence of
            what takes something; ``SETTLEMENT_PARTY_MALFORMED`` when an id cannot name an account.
    """
    if not proposal.reason.strip():
        raise adjustment_invalid("give a reason: who is concerned will read it", "reason")
    if proposal.kind in TAKING and not proposal.evidence:
        raise adjustment_invalid(
            "what takes something from somebody names what it rests on: give evidence", "evidence"
        )
    for i, each in enumerate(proposal.evidence):
        if not (each.evidence_kind.strip() and each.reference.strip()):
            raise adjustment_invalid("evidence has a kind and a reference", f"evidence[{i}]")
    if proposal.kind is not AdjustmentKind.CLAW_BACK:  # whose parties are those of the earning
        for share in proposal.shares:
            check_party(share.party_kind, share.party_id)


def check_party(party_kind: str, party_id: str) -> None:
    """Refuse a party that nothing is given to or taken from by hand (``SETTLEMENT_ADJUSTMENT_INVALID``,
    ``SETTLEMENT_PARTY_MALFORMED``)."""
    known = EARNERS | OWERS
    if party_kind not in known:
        raise adjustment_invalid(
            f"unknown party {party_kind!r}; known: {', '.join(sorted(known))}", "party_kind"
        )
    if not _ID.fullmatch(party_id):
        raise InvalidArgument(
            "SETTLEMENT_PARTY_MALFORMED",
            f"{party_id!r} is no id: 1 to 64 letters, digits, '_', '.' or '-'",
            field="party_id",
        )


def check_approval(
    state: AdjustmentState, proposed_by: str, parties: Collection[str], person_id: str
) -> None:
    """Refuse to approve twice, what one proposed oneself, or what concerns oneself.

    Raises:
        FailedPrecondition: ``SETTLEMENT_ADJUSTMENT_STATE``, ``SETTLEMENT_FOUR_EYES``.
    """
    _require(state, (AdjustmentState.PROPOSED,), "approved")
    for other in (proposed_by, *parties):
        check_four_eyes(
            other,
            person_id,
            "whoever proposed an adjustment or is a party to it does not approve it",
        )


def check_rejection(state: AdjustmentState) -> None:
    """Refuse to reject what is posted already (``SETTLEMENT_ADJUSTMENT_STATE``)."""
    _require(state, (AdjustmentState.PROPOSED, AdjustmentState.APPROVED), "rejected")


def check_reversal(
    kind: AdjustmentKind, state: AdjustmentState, proposed_by: str, person_id: str
) -> None:
    """Refuse to reverse what is not posted, one's own, or what ended a hold-back.

    Raises:
        FailedPrecondition: ``SETTLEMENT_ADJUSTMENT_STATE``, ``SETTLEMENT_FOUR_EYES``,
            ``SETTLEMENT_ADJUSTMENT_FINAL``.
    """
    _require(state, (AdjustmentState.POSTED,), "reversed")
    if kind in ENDING or kind is AdjustmentKind.DEBT_OFFSET:
        raise FailedPrecondition(
            "SETTLEMENT_ADJUSTMENT_FINAL",
            f"a {kind} is not reversed; propose a subsidy or a deduction instead",
            field="adjustment_id",
        )
    check_four_eyes(proposed_by, person_id, "whoever proposed an adjustment does not reverse it")


def check_four_eyes(first: str, second: str, message: str) -> None:
    """Refuse one person where two are needed (``SETTLEMENT_FOUR_EYES``)."""
    if first == second:
        raise FailedPrecondition("SETTLEMENT_FOUR_EYES", f"{message}; ask a colleague")


def is_automatic(proposal: Proposal, by_system: bool, limit_minor: int | None) -> bool:
    """Whether a rule lets an adjustment through without a person.

    Args:
        proposal: what is proposed.
        by_system: whether the product itself proposes it, not a person.
        limit_minor: up to which amount its rule does; None: it has no rule.
    """
    if not by_system:
        return False
    if proposal.kind is AdjustmentKind.DEBT_OFFSET:
        return True
    return limit_minor is not None and abs(proposal.amount.amount_minor) <= limit_minor


def signed(kind: AdjustmentKind, amount: Money) -> Money:
    """An amount above zero as a subsidy adds it and a deduction takes it.

    Raises:
        InvalidArgument: ``SETTLEMENT_ADJUSTMENT_INVALID`` when it is not above zero.
    """
    if amount.amount_minor <= 0:
        raise adjustment_invalid("an amount is above zero; its kind says which way", "amount")
    return amount if kind is AdjustmentKind.SUBSIDY else -amount


def adjustment_missing(adjustment_id: str) -> NotFound:
    """The answer for an adjustment that is not there, or not for this actor to know of."""
    return NotFound(
        "SETTLEMENT_ADJUSTMENT_NOT_FOUND",
        f"there is no adjustment {adjustment_id!r}",
        field="adjustment_id",
    )


def adjustment_invalid(message: str, field: str) -> InvalidArgument:
    """A field that cannot stand."""
    return InvalidArgument("SETTLEMENT_ADJUSTMENT_INVALID", message, field=field)


def _require(state: AdjustmentState, allowed: Sequence[AdjustmentState], done: str) -> None:
    if state not in allowed:
        raise FailedPrecondition(
            "SETTLEMENT_ADJUSTMENT_STATE",
            f"an adjustment that is {state} cannot be {done}",
            field="adjustment_id",
            details={"state": state},
        )
