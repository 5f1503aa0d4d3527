"""Price modes (价格模式): which one holds where, by the switches that were recorded.

The mode at an instant is that of the most specific switch that holds then: the one of the finer place,
then the one that names a sales channel, then the one that names a cooperation mode; of equals the one
that began last. When it ends, the one before it holds again, for it has held all the time.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from kit.errors import FailedPrecondition, InvalidArgument
from services.pricing.domain.policies.terms import Term

_CODE: Final = re.compile(r"[a-z][a-z0-9_]{0,39}")


@dataclass(frozen=True, slots=True)
class ModeSwitch:
    """A switch; the empty parts of its scope are everybody's."""

    switch_id: str
    mode_code: str
    place_code: str
    sales_channel: str
    cooperation_mode: str
    term: Term


def mode_at(
    switches: Iterable[ModeSwitch],
    at: datetime,
    known_at: datetime,
    *,
    places: Sequence[str],
    sales_channel: str,
    cooperation_mode: str,
) -> str:
    """The code of the mode that holds; empty: none was switched on.

    Args:
        places: codes from the finest on.
    """
    holding = [
        switch
        for switch in switches
        if switch.term.holds(at, known_at)
        and switch.place_code in ("", *places)
        and switch.sales_channel in ("", sales_channel)
        and switch.cooperation_mode in ("", cooperation_mode)
    ]
    if not holding:
        return ""
    fineness = {place: len(places) - number for number, place in enumerate(places)}

    def rank(switch: ModeSwitch) -> tuple[object, ...]:
        return (
            fineness.get(switch.place_code, 0),
            bool(switch.sales_channel),
            bool(switch.cooperation_mode),
            switch.term.begins_at,
            switch.term.recorded_at,
            switch.switch_id,
        )

    return max(holding, key=rank).mode_code


def check_mode(mode_code: str, label: str) -> None:
    """Refuse a mode that rules could not name, or people not read.

    Raises:
        InvalidArgument: ``PRICING_MODE_INVALID``.
    """
    if not _CODE.fullmatch(mode_code):
        raise InvalidArgument(
            "PRICING_MODE_INVALID",
            f"{mode_code!r}: a mode's code is lower case, such as promotion_season",
            field="price_mode.mode_code",
        )
    if not label.strip():
        raise InvalidArgument(
            "PRICING_MODE_INVALID", "a mode needs a label, such as 大促", field="price_mode.label"
        )


def check_span(begins_at: datetime, ends_at: datetime | None, now: datetime) -> None:
    """Refuse a switch that would reach back, or never hold.

    Raises:
        InvalidArgument: ``PRICING_SWITCH_IN_PAST`` or ``PRICING_SWITCH_ENDS_FIRST``.
    """
    if begins_at < now:
        raise InvalidArgument(
            "PRICING_SWITCH_IN_PAST",
            "a switch begins now or later: what was in force never changes",
            field="begins_at",
        )
    if ends_at is not None and ends_at <= begins_at:
        raise InvalidArgument(
            "PRICING_SWITCH_ENDS_FIRST", "a switch ends after it begins", field="ends_at"
        )


def check_undo(term: Term, now: datetime) -> None:
    """Refuse to undo what is over.

    Raises:
        FailedPrecondition: ``PRICING_SWITCH_OVER``.
    """
    if term.is_over(now):
        raise FailedPrecondition(
            "PRICING_SWITCH_OVER", "this switch is over already", field="switch_id"
        )
