"""The life of a statement, and of a dispute of one of its items.

frozen ─confirm→ confirmed ─settle→ settled
   └─dispute→ disputed ─confirm→ ┘        (once every dispute is decided)
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Final

from kit.errors import FailedPrecondition, InvalidArgument, NotFound

#: How long finance has to decide a dispute.
DECIDED_WITHIN: Final = timedelta(days=7)


class StatementState(StrEnum):
    """Where a statement stands."""

    FROZEN = "frozen"
    CONFIRMED = "confirmed"
    DISPUTED = "disputed"
    SETTLED = "settled"


@dataclass(frozen=True, slots=True)
class DisputeEvidence:
    """What a dispute rests on, by reference; the hash is of what it refers to, if known."""

    evidence_kind: str
    reference: str
    sha256: str = ""


def check_confirm(state: StatementState, open_disputes: int) -> None:
    """Refuse to confirm twice, or while a dispute is open (``SETTLEMENT_STATEMENT_STATE``)."""
    if state not in (StatementState.FROZEN, StatementState.DISPUTED):
        raise _refusal(state, "confirmed")
    if open_disputes:
        raise FailedPrecondition(
            "SETTLEMENT_STATEMENT_STATE",
            f"{open_disputes} of its items are disputed; wait until that is decided",
            field="statement_id",
        )


def check_settle(state: StatementState) -> None:
    """Refuse to settle what is not confirmed (``SETTLEMENT_STATEMENT_STATE``)."""
    if state is not StatementState.CONFIRMED:
        raise _refusal(state, "settled")


def check_dispute(state: StatementState, reason: str, evidence: Sequence[DisputeEvidence]) -> None:
    """Refuse to dispute what was confirmed, without a reason, or on nothing.

    Raises:
        FailedPrecondition: ``SETTLEMENT_STATEMENT_STATE``.
        InvalidArgument: ``SETTLEMENT_DISPUTE_INVALID``.
    """
    if state not in (StatementState.FROZEN, StatementState.DISPUTED):
        raise _refusal(state, "disputed")
    if not reason.strip():
        raise InvalidArgument(
            "SETTLEMENT_DISPUTE_INVALID", "give a reason: what is wrong", field="reason"
        )
    for i, each in enumerate(evidence):
        if not (each.evidence_kind.strip() and each.reference.strip()):
            raise InvalidArgument(
                "SETTLEMENT_DISPUTE_INVALID",
                "evidence has a kind and a reference",
                field=f"evidence[{i}]",
            )


def check_decision(
    *, decided: bool, raised_by: str, person_id: str, upheld: bool, correction_minor: int
) -> None:
    """Refuse to decide twice, what one raised oneself, or without saying what becomes of it.

    Raises:
        FailedPrecondition: ``SETTLEMENT_DISPUTE_DECIDED``, ``SETTLEMENT_FOUR_EYES``.
        InvalidArgument: ``SETTLEMENT_DISPUTE_INVALID``.
    """
    if decided:
        raise FailedPrecondition(
            "SETTLEMENT_DISPUTE_DECIDED", "this dispute is decided already", field="dispute_id"
        )
    if raised_by == person_id:
        raise FailedPrecondition(
            "SETTLEMENT_FOUR_EYES",
            "whoever raised a dispute does not decide it; ask a colleague",
            field="dispute_id",
        )
    if upheld != (correction_minor != 0):
        raise InvalidArgument(
            "SETTLEMENT_DISPUTE_INVALID",
            "an upheld dispute is corrected by an amount, a dismissed one by none",
            field="correction",
        )


def evidence_hash(
    statement_digest: bytes, transfer_number: int, evidence: Sequence[DisputeEvidence]
) -> bytes:
    """SHA-256 of what a dispute rests on: the statement as it was frozen, the item, the references."""
    written = json.dumps(
        [[each.evidence_kind, each.reference, each.sha256] for each in evidence],
        ensure_ascii=False,
        separators=(",", ":"),
    )
    return hashlib.sha256(
        statement_digest + f"/{transfer_number}/".encode() + written.encode()
    ).digest()


def statement_missing(statement_id: str) -> NotFound:
    """The answer for a statement that is not there, or not for this actor to know of."""
    return NotFound(
        "SETTLEMENT_STATEMENT_NOT_FOUND",
        f"there is no statement {statement_id!r}",
        field="statement_id",
    )


def dispute_missing(dispute_id: str) -> NotFound:
    """The answer for a dispute that is not there, or not for this actor to know of."""
    return NotFound(
        "SETTLEMENT_DISPUTE_NOT_FOUND", f"there is no dispute {dispute_id!r}", field="dispute_id"
    )


def _refusal(state: StatementState, done: str) -> FailedPrecondition:
    return FailedPrecondition(
        "SETTLEMENT_STATEMENT_STATE",
        f"a statement that is {state} cannot be {done}",
        field="statement_id",
        details={"state": state},
    )
