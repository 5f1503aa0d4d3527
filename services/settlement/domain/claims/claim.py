"""A claim's life: drawn from what is owed, sent, answered line by line."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from kit.errors import FailedPrecondition, InvalidArgument, NotFound


class ClaimState(StrEnum):
    """How far a claim is."""

    DRAFT = "draft"
    SENT = "sent"
    #: Every line has its answer.
    ANSWERED = "answered"
    WITHDRAWN = "withdrawn"


class ClaimAnswer(StrEnum):
    """What the brand says of a line."""

    ACCEPTED = "accepted"
    #: It owes nothing for this: the receivable is cancelled.
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class ClaimLine:
    """One receivable of a claim, as the brand is told of it."""

    receivable_id: str
    work_order_id: str
    amount_minor: int


def digest(claim_id: str, currency: str, lines: Iterable[ClaimLine]) -> str:
    """The seal of what the brand is told: sha256 over its lines in order."""
    told = sorted((one.receivable_id, one.work_order_id, one.amount_minor) for one in lines)
    written = json.dumps([claim_id, currency, told], ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(written.encode()).hexdigest()


def check_step(claim_id: str, state: ClaimState, needed: ClaimState, done: str) -> None:
    """Refuse a step out of turn.

    Raises:
        FailedPrecondition: ``SETTLEMENT_CLAIM_STATE``.
    """
    if state is not needed:
        raise FailedPrecondition(
            "SETTLEMENT_CLAIM_STATE",
            f"claim {claim_id} is {state} and cannot be {done}",
            field="brand_claim_id",
            details={"state": state},
        )


def check_answer(answer: str, reason: str, field: str) -> ClaimAnswer:
    """What the brand says of a line.

    Raises:
        InvalidArgument: ``SETTLEMENT_CLAIM_ANSWER_INVALID``.
    """
    if answer not in tuple(ClaimAnswer):
        raise InvalidArgument(
            "SETTLEMENT_CLAIM_ANSWER_INVALID",
            f"a line is {' or '.join(ClaimAnswer)}",
            field=f"{field}.answer",
        )
    if answer == ClaimAnswer.REJECTED and not reason.strip():
        raise InvalidArgument(
            "SETTLEMENT_CLAIM_ANSWER_INVALID", "say why it is rejected", field=f"{field}.reason"
        )
    return ClaimAnswer(answer)


def nothing_to_claim(brand_id: str) -> FailedPrecondition:
    """The answer where a brand owes nothing that is not claimed yet."""
    return FailedPrecondition(
        "SETTLEMENT_CLAIM_EMPTY",
        f"brand {brand_id} owes nothing of these days that is not claimed yet",
        field="brand_id",
    )


def claim_missing(claim_id: str) -> NotFound:
    """The answer for a claim that is not there."""
    return NotFound(
        "SETTLEMENT_CLAIM_NOT_FOUND", f"there is no claim {claim_id!r}", field="brand_claim_id"
    )
