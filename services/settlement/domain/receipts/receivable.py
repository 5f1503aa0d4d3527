"""What a customer, a brand or a shop owes for work, and how receipts pay it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from kit.errors import FailedPrecondition, InvalidArgument, NotFound
from kit.money import Money, sum_money
from services.settlement.domain.ledger.transfers import CLEARING, LedgerAccount

# Ids stand between colons in ledger accounts.
_ID: Final = re.compile(r"[A-Za-z0-9_.-]{1,64}")


class PayerKind(StrEnum):
    """Who can owe something."""

    CUSTOMER = "customer"
    #: In-warranty work is the brand's to pay.
    BRAND = "brand"
    #: A shop that collected from the customer.
    SHOP = "shop"


class Purpose(StrEnum):
    """What is owed for."""

    SERVICE = "service"
    DEPOSIT = "deposit"
    EXTRA = "extra"
    WARRANTY = "warranty"


class ReceivableState(StrEnum):
    """How far it is settled."""

    OPEN = "open"
    SETTLED = "settled"
    WRITTEN_OFF = "written_off"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Payer:
    """Who owes, or paid."""

    kind: PayerKind
    payer_id: str

    @property
    def receivable_account(self) -> LedgerAccount:
        """Below zero what the payer owes; above it what was paid ahead."""
        return LedgerAccount(self.kind, self.payer_id, "receivable")


@dataclass(frozen=True, slots=True)
class BillLineItem:
    """One line of what is owed; a discount is negative."""

    line_kind: str
    label: str
    amount: Money


@dataclass(frozen=True, slots=True)
class Owed:
    """A receivable that waits for money, as an allocation sees it."""

    receivable_id: str
    open: Money
    due_on: date


#: Where what is billed comes from, and what was written off goes to.
BILLED_FROM: Final = CLEARING


def check_payer(kind: str, payer_id: str) -> Payer:
    """Who is billed.

    Raises:
        InvalidArgument: ``SETTLEMENT_PAYER_INVALID``, naming the field.
    """
    if kind not in tuple(PayerKind):
        raise InvalidArgument(
            "SETTLEMENT_PAYER_INVALID",
            f"unknown payer {kind!r}; known: {', '.join(PayerKind)}",
            field="payer_kind",
        )
    if not _ID.fullmatch(payer_id):
        raise InvalidArgument(
            "SETTLEMENT_PAYER_INVALID",
            f"{payer_id!r} is no id: 1 to 64 letters, digits, '_', '.' or '-'",
            field="payer_id",
        )
    return Payer(PayerKind(kind), payer_id)


def check_purpose(purpose: str, payer: Payer) -> Purpose:
    """What is billed for; in-warranty work is billed to a brand and nothing else is.

    Raises:
        InvalidArgument: ``SETTLEMENT_PURPOSE_INVALID``.
    """
    if purpose not in tuple(Purpose):
        raise _purpose(f"unknown purpose {purpose!r}; known: {', '.join(Purpose)}")
    if (purpose == Purpose.WARRANTY) != (payer.kind is PayerKind.BRAND):
        raise _purpose("a brand is billed for warranty work, and nobody else is")
    return Purpose(purpose)


def bill_total(lines: Sequence[BillLineItem]) -> Money:
    """What the lines come to.

    Raises:
        InvalidArgument: naming the line: ``SETTLEMENT_BILL_INVALID`` when there is none, one says
            not what it is for or is in another currency, or they come to nothing.
    """
    if not lines:
        raise _bill("say what is owed for, line by line", "lines")
    currency = lines[0].amount.currency
    for i, line in enumerate(lines):
        if not line.label.strip() or not line.line_kind.strip():
            raise _bill("a line says what it is for", f"lines[{i}].label")
        if line.amount.currency != currency:
            raise _bill(f"one bill is in one currency, here {currency}", f"lines[{i}].amount")
    total = sum_money(currency, [line.amount for line in lines])
    if total.amount_minor <= 0:
        raise _bill(f"the lines come to {total}; nothing is owed", "lines")
    return total


def allocate(amount: Money, owed: Sequence[Owed]) -> list[tuple[str, Money]]:
    """What of a receipt pays which receivable, the earliest due first; the rest stays the payer's.

    Receivables in another currency are left out: no rate was agreed.
    """
    left = amount.amount_minor
    parts: list[tuple[str, Money]] = []
    for one in sorted(owed, key=lambda each: (each.due_on, each.receivable_id)):
        if one.open.currency != amount.currency:
            continue
        part = min(left, one.open.amount_minor)
        if part > 0:
            parts.append((one.receivable_id, Money(amount.currency, part)))
            left -= part
    return parts


def check_may_cancel(receivable_id: str, state: ReceivableState, received_minor: int) -> None:
    """Refuse to cancel what is not open or was paid in part.

    Raises:
        FailedPrecondition: ``SETTLEMENT_RECEIVABLE_STATE``.
    """
    if state is not ReceivableState.OPEN or received_minor:
        raise FailedPrecondition(
            "SETTLEMENT_RECEIVABLE_STATE",
            f"receivable {receivable_id} is {state} and {received_minor} of it is paid; refund it",
            field="receivable_id",
            details={"state": state},
        )


def check_may_write_off(
    receivable_id: str, state: ReceivableState, billed_by: str, person_id: str
) -> None:
    """Refuse to write off what is not open, or by whoever billed it.

    Raises:
        FailedPrecondition: ``SETTLEMENT_RECEIVABLE_STATE``, ``SETTLEMENT_FOUR_EYES``.
    """
    if state is not ReceivableState.OPEN:
        raise FailedPrecondition(
            "SETTLEMENT_RECEIVABLE_STATE",
            f"receivable {receivable_id} is {state}; only what is open is written off",
            field="receivable_id",
            details={"state": state},
        )
    if billed_by == person_id:
        raise FailedPrecondition(
            "SETTLEMENT_FOUR_EYES",
            "whoever billed it does not write it off; ask a colleague",
            field="receivable_id",
        )


def receivable_missing(receivable_id: str) -> NotFound:
    """The answer for a receivable that is not there, or not for this actor to know of."""
    return NotFound(
        "SETTLEMENT_RECEIVABLE_NOT_FOUND",
        f"there is no receivable {receivable_id!r}",
        field="receivable_id",
    )


def _bill(message: str, field: str) -> InvalidArgument:
    return InvalidArgument("SETTLEMENT_BILL_INVALID", message, field=field)


def _purpose(message: str) -> InvalidArgument:
    return InvalidArgument("SETTLEMENT_PURPOSE_INVALID", message, field="purpose")
