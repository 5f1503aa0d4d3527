"""Which corrections a discrepancy allows, and who may allow one."""

from __future__ import annotations

from enum import StrEnum

from kit.errors import FailedPrecondition, InvalidArgument, NotFound
from services.settlement.domain.reconciliation.explaining import Correction


class DiscrepancyState(StrEnum):
    """What became of a discrepancy."""

    OPEN = "open"
    #: Chosen by one, waiting for another.
    PROPOSED = "proposed"
    RESOLVED = "resolved"


def check_choice(
    state: DiscrepancyState,
    correction: str,
    *,
    only_in_bill: bool,
    only_receipts: bool,
    came_in: bool,
    difference_minor: int,
    has_payer: bool,
) -> Correction:
    """Which correction was chosen, if the discrepancy allows it.

    Args:
        only_in_bill: whether lines alone are in it.
        only_receipts: whether receipts of ours alone are in it.
        came_in: whether all of its lines say that money came in.
        has_payer: whether somebody is named whose money it is.

    Raises:
        FailedPrecondition: ``SETTLEMENT_DISCREPANCY_STATE``.
        InvalidArgument: ``SETTLEMENT_CORRECTION_INVALID``, naming the field.
    """
    if state is not DiscrepancyState.OPEN:
        raise _state(state, "corrected")
    if correction not in tuple(Correction):
        raise _invalid(f"choose one of {', '.join(Correction)}", "correction")
    chosen = Correction(correction)
    if chosen is Correction.BOOK:
        if not only_in_bill or not came_in:
            raise _invalid("only money that came in, and that we have not, is booked", "correction")
        if not has_payer:
            raise _invalid("say whose money it is", "payer_id")
    if chosen is Correction.REVERSE and not only_receipts:
        raise _invalid("only receipts of ours, and no line, are reversed", "correction")
    if chosen is Correction.SUSPEND and not difference_minor:
        raise _invalid(
            "there is no difference to suspend; say why nothing is to be done", "correction"
        )
    return chosen


def check_decision(state: DiscrepancyState, chosen_by: str, person_id: str) -> None:
    """Refuse to decide what waits for nobody, or what one chose oneself.

    Raises:
        FailedPrecondition: ``SETTLEMENT_DISCREPANCY_STATE``, ``SETTLEMENT_FOUR_EYES``.
    """
    if state is not DiscrepancyState.PROPOSED:
        raise _state(state, "decided")
    if chosen_by == person_id:
        raise FailedPrecondition(
            "SETTLEMENT_FOUR_EYES",
            "whoever chose a correction does not allow it; ask a colleague",
            field="discrepancy_id",
        )


def discrepancy_missing(discrepancy_id: str) -> NotFound:
    """The answer for a discrepancy that is not there."""
    return NotFound(
        "SETTLEMENT_DISCREPANCY_NOT_FOUND",
        f"there is no discrepancy {discrepancy_id!r}",
        field="discrepancy_id",
    )


def _state(state: DiscrepancyState, done: str) -> FailedPrecondition:
    return FailedPrecondition(
        "SETTLEMENT_DISCREPANCY_STATE",
        f"a discrepancy that is {state} cannot be {done}",
        field="discrepancy_id",
        details={"state": state},
    )


def _invalid(message: str, field: str) -> InvalidArgument:
    return InvalidArgument("SETTLEMENT_CORRECTION_INVALID", message, field=field)
