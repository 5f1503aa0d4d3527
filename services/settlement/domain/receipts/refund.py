"""Money that goes back: asked for by one, allowed by another, paid by the channel once."""

from __future__ import annotations

from enum import StrEnum

from kit.errors import FailedPrecondition, InvalidArgument, NotFound
from kit.money import Money
from services.settlement.domain.ledger.transfers import LedgerAccount


class RefundState(StrEnum):
    """How far a refund is."""

    REQUESTED = "requested"
    APPROVED = "approved"
    REJECTED = "rejected"
    PAID = "paid"


def cash_account(channel_code: str) -> LedgerAccount:
    """What the company has at a channel: below zero by nature, like all that it has."""
    return LedgerAccount("channel", channel_code, "cash")


def check_request(
    amount: Money,
    received: Money,
    refunded_minor: int,
    unallocated_minor: int,
    *,
    credits: bool,
    is_reversed: bool = False,
) -> None:
    """Refuse to give back what did not come in.

    Args:
        amount: asked back.
        received: what came in.
        refunded_minor: asked back of it before.
        unallocated_minor: what of it paid no receivable.
        credits: whether a receivable is credited; otherwise only money that paid none goes back.
        is_reversed: whether it turned out that it did not come in.

    Raises:
        FailedPrecondition: ``SETTLEMENT_RECEIPT_STATE``.
        InvalidArgument: ``SETTLEMENT_REFUND_TOO_MUCH``, ``MONEY_CURRENCY_MISMATCH``.
    """
    if is_reversed:
        raise FailedPrecondition(
            "SETTLEMENT_RECEIPT_STATE",
            "the receipt was reversed: nothing came in",
            field="receipt_id",
        )
    left = received - Money(received.currency, refunded_minor)
    if amount.amount_minor <= 0 or amount > left:
        raise _too_much(f"between nothing and {left} can go back, not {amount}")
    free = Money(received.currency, unallocated_minor)
    if not credits and amount > free:
        raise _too_much(f"only {free} of it paid nothing; name the receivable that is credited")


def check_credit(amount: Money, receivable_id: str, paid_minor: int) -> None:
    """Refuse to credit a receivable with more than the receipt paid of it.

    Raises:
        InvalidArgument: ``SETTLEMENT_REFUND_TOO_MUCH``.
    """
    if amount.amount_minor > paid_minor:
        paid = Money(amount.currency, paid_minor)
        raise InvalidArgument(
            "SETTLEMENT_REFUND_TOO_MUCH",
            f"this receipt paid {paid} of receivable {receivable_id}",
            field="receivable_id",
        )


def check_may_reverse(
    receipt_id: str, recorded_by: str, person_id: str, refunded_minor: int, *, is_reversed: bool
) -> None:
    """Refuse to take back a receipt twice, by whoever recorded it, or after a refund of it.

    Raises:
        FailedPrecondition: ``SETTLEMENT_RECEIPT_STATE``, ``SETTLEMENT_FOUR_EYES``.
    """
    if is_reversed or refunded_minor:
        said = "reversed already" if is_reversed else "refunded in part"
        raise FailedPrecondition(
            "SETTLEMENT_RECEIPT_STATE", f"receipt {receipt_id} is {said}", field="receipt_id"
        )
    if recorded_by == person_id:
        raise FailedPrecondition(
            "SETTLEMENT_FOUR_EYES",
            "whoever recorded a receipt does not reverse it; ask a colleague",
            field="receipt_id",
        )


def check_decision(state: RefundState, requested_by: str, person_id: str) -> None:
    """Refuse to decide twice, or what one asked for oneself.

    Raises:
        FailedPrecondition: ``SETTLEMENT_REFUND_STATE``, ``SETTLEMENT_FOUR_EYES``.
    """
    if state is not RefundState.REQUESTED:
        raise _state(state, "decided")
    if requested_by == person_id:
        raise FailedPrecondition(
            "SETTLEMENT_FOUR_EYES",
            "whoever asked for a refund does not decide it; ask a colleague",
            field="refund_id",
        )


def check_payment(state: RefundState) -> None:
    """Refuse to pay what nobody allowed, or twice (``SETTLEMENT_REFUND_STATE``)."""
    if state is not RefundState.APPROVED:
        raise _state(state, "paid")


def refund_missing(refund_id: str) -> NotFound:
    """The answer for a refund that is not there."""
    return NotFound(
        "SETTLEMENT_REFUND_NOT_FOUND", f"there is no refund {refund_id!r}", field="refund_id"
    )


def _state(state: RefundState, done: str) -> FailedPrecondition:
    return FailedPrecondition(
        "SETTLEMENT_REFUND_STATE",
        f"a refund that is {state} cannot be {done}",
        field="refund_id",
        details={"state": state},
    )


def _too_much(message: str) -> InvalidArgument:
    return InvalidArgument("SETTLEMENT_REFUND_TOO_MUCH", message, field="amount")
