"""What a payee was paid and withheld in a year or a month, as it is declared."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Total:
    """One row of a declaration, in minor units; reversed payments are not in it.

    Args:
        month: 1 to 12; 0: the whole year.
        payment_count: how many payments.
    """

    party_kind: str
    payee_id: str
    profile_kind: str
    currency: str
    month: int
    payment_count: int
    gross_minor: int
    tax_minor: int
    net_minor: int
