"""The conditions of rules, between messages and decisions."""

from __future__ import annotations

import re
from datetime import date
from typing import Final, Protocol

from kit.errors import InvalidArgument
from protos.pricing.v1 import book_pb2 as pb
from services.pricing.domain.conditions import (
    ANY,
    FIRST_DAY,
    LAST_DAY,
    UNLIMITED,
    Conditions,
    Limits,
    Range,
)

_TIME: Final = re.compile(r"([01]\d|2[0-3]):([0-5]\d)")
_DAYS_OF_WEEK: Final = range(1, 8)


class Placed(Protocol):
    """A rule's message: some conditions stand in it, the rest in a message of their own."""

    @property
    def place_code(self) -> str:
        """Where it holds."""

    @property
    def conditions(self) -> pb.Conditions:
        """The rest."""


def conditions_from_proto(rule: Placed, field: str) -> Conditions:
    """When a rule holds.

    Args:
        field: where the rule stands in the request.

    Raises:
        InvalidArgument: ``PRICING_CONDITION_INVALID``, naming the field.
    """
    more = rule.conditions
    return Conditions(
        place_code=rule.place_code,
        city_tier=getattr(rule, "city_tier", ""),
        cooperation_mode=getattr(rule, "cooperation_mode", ""),
        customer_level=getattr(rule, "customer_level", ""),
        customer_type=more.customer_type,
        sales_channel=more.sales_channel,
        outlet_id=more.outlet_id,
        urgency=more.urgency,
        day_kind=more.day_kind,
        price_mode=more.price_mode,
        stock_state=more.stock_state,
        limits=limits_from_proto(more, f"{field}.conditions"),
    )


def limits_from_proto(message: pb.Conditions, field: str) -> Limits:
    """The ranges within which a rule holds.

    Raises:
        InvalidArgument: ``PRICING_CONDITION_INVALID``, naming the field.
    """
    limits = Limits(
        first_day=_day(message.first_day, FIRST_DAY, f"{field}.first_day"),
        last_day=_day(message.last_day, LAST_DAY, f"{field}.last_day"),
        weekdays=_weekdays(message, f"{field}.weekdays"),
        from_minute=_minute(message.from_time, f"{field}.from_time"),
        until_minute=_minute(message.until_time, f"{field}.until_time"),
        quantity=_range(message.quantity, f"{field}.quantity"),
        floor=_range(message.floor, f"{field}.floor"),
        months_open=_range(message.months_open, f"{field}.months_open"),
    )
    if limits == UNLIMITED:
        return UNLIMITED
    if limits.last_day < limits.first_day:
        raise _invalid(f"{field}.last_day", "the last day comes before the first")
    if bool(message.from_time) != bool(message.until_time):
        raise _invalid(f"{field}.until_time", "say both times, or none")
    if message.from_time and message.from_time == message.until_time:
        raise _invalid(f"{field}.until_time", "the two times are the same")
    return limits


def limits_to_proto(limits: Limits, message: pb.Conditions) -> None:
    """Say the ranges in a message."""
    if limits.first_day != FIRST_DAY:
        message.first_day = date.fromordinal(limits.first_day).isoformat()
    if limits.last_day != LAST_DAY:
        message.last_day = date.fromordinal(limits.last_day).isoformat()
    message.weekdays.extend(limits.weekdays)
    if limits.said_hours:
        message.from_time = time_of(limits.from_minute)
        message.until_time = time_of(limits.until_minute)
    for name in ("quantity", "floor", "months_open"):
        numbers: Range = getattr(limits, name)
        if numbers != ANY:
            ranged: pb.NumberRange = getattr(message, name)
            ranged.SetInParent()
            if numbers.least is not None:
                ranged.least = numbers.least
            if numbers.most is not None:
                ranged.most = numbers.most


def time_of(minute: int) -> str:
    """Minutes after midnight as "22:00"."""
    return f"{minute // 60:02}:{minute % 60:02}"


def _day(text: str, otherwise: int, field: str) -> int:
    if not text:
        return otherwise
    try:
        return date.fromisoformat(text).toordinal()
    except ValueError:
        raise _invalid(field, f"{text!r} is no day; write it as 2026-06-01") from None


def _minute(text: str, field: str) -> int:
    if not text:
        return 0
    matched = _TIME.fullmatch(text)
    if matched is None:
        raise _invalid(field, f"{text!r} is no time; write it as 22:00")
    return int(matched[1]) * 60 + int(matched[2])


def _weekdays(message: pb.Conditions, field: str) -> tuple[int, ...]:
    for number, weekday in enumerate(message.weekdays):
        if weekday not in _DAYS_OF_WEEK or weekday in message.weekdays[:number]:
            raise _invalid(f"{field}[{number}]", "1 Monday to 7 Sunday, each once")
    return tuple(sorted(message.weekdays))


def _range(message: pb.NumberRange, field: str) -> Range:
    least = message.least if message.HasField("least") else None
    most = message.most if message.HasField("most") else None
    if least is not None and most is not None and most < least:
        raise _invalid(f"{field}.most", f"{most} is less than {least}")
    return Range(least, most)


def _invalid(field: str, message: str) -> InvalidArgument:
    return InvalidArgument("PRICING_CONDITION_INVALID", message, field=field)
