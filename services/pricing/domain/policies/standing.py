"""The switches and freezes that stand at an instant, found by place."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple, Protocol, TypeVar

from services.pricing.domain.policies.price_modes import ModeSwitch, mode_at
from services.pricing.domain.policies.terms import Term


class Freeze(NamedTuple):
    """A freeze of a place."""

    place_code: str
    term: Term


class _Placed(Protocol):
    @property
    def place_code(self) -> str: ...


P = TypeVar("P", bound=_Placed)


class Standing:
    """What may hold somewhere at an instant."""

    def __init__(
        self, at: datetime, switches: Iterable[ModeSwitch], freezes: Iterable[Freeze]
    ) -> None:
        self._at = at
        self._switches = _by_place(switches)
        self._freezes = _by_place(freezes)

    @property
    def is_empty(self) -> bool:
        """Whether nothing holds anywhere."""
        return not (self._switches or self._freezes)

    def mode(
        self,
        known_at: datetime,
        *,
        places: Sequence[str],
        sales_channel: str,
        cooperation_mode: str,
    ) -> str:
        """The price mode there, as known at an instant; empty: none."""
        return mode_at(
            [each for place in (*places, "") for each in self._switches.get(place, ())],
            self._at,
            known_at,
            places=places,
            sales_channel=sales_channel,
            cooperation_mode=cooperation_mode,
        )

    def frozen(self, known_at: datetime, places: Sequence[str]) -> list[str]:
        """Those of the places that are frozen, as known at an instant."""
        return [
            place
            for place in places
            if any(each.term.holds(self._at, known_at) for each in self._freezes.get(place, ()))
        ]


def _by_place(rules: Iterable[P]) -> Mapping[str, list[P]]:
    found: dict[str, list[P]] = {}
    for rule in rules:
        found.setdefault(rule.place_code, []).append(rule)
    return found
