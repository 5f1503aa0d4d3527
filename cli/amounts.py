"""Amounts as people type them: 360.00, in a currency."""

from __future__ import annotations

from typing import Any

from cli.api import Refused
from kit.errors import InvalidArgument
from kit.money import Money


def amount_of(written: str, currency: str = "CNY") -> dict[str, Any]:
    """An amount as part of a request; of major units, with no more digits than the currency has."""
    try:
        money = Money.of(currency, written.strip().lstrip("¥￥").replace(",", ""))
    except InvalidArgument as error:
        raise Refused(error.message, error.reason) from error
    return {"currency": money.currency, "amount_minor": money.amount_minor}
