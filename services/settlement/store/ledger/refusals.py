"""What the ledger's constraints refuse, as our own errors."""

from __future__ import annotations

from typing import Final

import psycopg

from kit.errors import AlreadyExists, FailedPrecondition, InvalidArgument, ServiceError

_PERIOD_ORDER: Final = (
    FailedPrecondition,
    "SETTLEMENT_PERIOD_ORDER",
    "periods of an account are closed one after the other; close a later one",
)

_REFUSALS: Final[dict[str, tuple[type[ServiceError], str, str]]] = {
    "ledger_balance_not_overdrawn": (
        FailedPrecondition,
        "SETTLEMENT_ACCOUNT_OVERDRAWN",
        "an account would give more than it has; look at its balance and give less",
    ),
    "ledger_period_open": (
        FailedPrecondition,
        "SETTLEMENT_PERIOD_CLOSED",
        "a transfer would count for a period whose statement is closed; give it an effective_at in"
        " the next period",
    ),
    "ledger_transfer_once": (
        AlreadyExists,
        "SETTLEMENT_TRANSFER_EXISTS",
        "this leg of this document was recorded already; look at its transfers",
    ),
    "ledger_transfer_text": (
        InvalidArgument,
        "SETTLEMENT_TRANSFER_WRONG",
        "a text of a transfer holds a control character; leave it out",
    ),
    "ledger_transfer_currency": (
        InvalidArgument,
        "SETTLEMENT_CURRENCY_MIXED",
        "a transfer stays within one currency; exchange by two transfers",
    ),
    "ledger_period_in_order": _PERIOD_ORDER,
    "ledger_closed_period_pkey": _PERIOD_ORDER,
}


def refusal_of(error: BaseException | None) -> ServiceError | None:
    """Our error for what the database refused, or None when it is not the ledger's."""
    if not isinstance(error, psycopg.errors.IntegrityError):
        return None
    known = _REFUSALS.get(error.diag.constraint_name or "")
    if known is None:
        return None
    kind, reason, message = known
    return kind(reason, message)
