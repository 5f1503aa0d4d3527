"""Portions of split rules as a row keeps them."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from kit.money import Money
from services.settlement.domain.splits.terms import PortionTerm, TierTerm

_AMOUNTS = ("fixed", "at_least", "at_most")


def to_row(term: PortionTerm) -> dict[str, Any]:
    """A portion as JSON; what is not stated is left out."""
    return {name: value for name, value in asdict(term).items() if value}


def from_row(stated: dict[str, Any]) -> PortionTerm:
    """A portion as decisions know it."""
    stated = dict(stated)
    for name in _AMOUNTS:
        if name in stated:
            stated[name] = Money(**stated[name])
    stated["tiers"] = tuple(
        TierTerm(Money(**tier["from_amount"]), tier["portion"]) for tier in stated.get("tiers", ())
    )
    return PortionTerm(**stated)
