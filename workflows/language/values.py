"""Values between their two shapes: plain JSON in a case's data, Python objects in an expression.

Containers stay JSON while an expression works on them; only scalars are decoded, where they are
read. ``conform`` takes JSON from outside (a form, protobuf's JSON) and gives the canonical form or
says where it does not fit its type.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal, InvalidOperation
from typing import Any, Final, TypeAlias

from kit.errors import ServiceError
from kit.money import Money
from workflows.language.types import EnumOf, ListOf, MapOf, Record, Scalar, Type

#: JSON as Python has it, without floats.
Json: TypeAlias = Any

#: China has had one zone and no summer time since 1991.
SHANGHAI: Final = timezone(timedelta(hours=8), "Asia/Shanghai")

_DURATION: Final = re.compile(r"(-?)(\d{1,12})(?:\.(\d{1,9}))?s", re.ASCII)
_INT: Final = re.compile(r"-?\d{1,19}", re.ASCII)
_DECIMAL: Final = re.compile(r"-?\d{1,60}(\.\d{1,60})?([eE][-+]?\d{1,3})?", re.ASCII)
_DATE: Final = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
# Browsers leave the seconds out of a time that people chose.
_TIMESTAMP: Final = re.compile(
    r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d(:\d\d(\.\d{1,9})?)?([Zz]|[-+]\d\d:\d\d)?", re.ASCII
)

#: Whole numbers have 64 bits: they lie below this and not below its opposite.
INT_LIMIT: Final = 2**63
#: Decimals have at most so many digits on either side of the point.
MAX_DIGITS: Final = 40
#: Durations are no longer than this, as in protobuf.
DURATION_LIMIT: Final = timedelta(seconds=315_576_000_000)


class ValueMismatch(Exception):
    """A value does not fit its type.

    Attributes:
        path: where, such as ``lines[2].quantity``; empty for the value itself.
    """

    def __init__(self, path: str, message: str) -> None:
        super().__init__(f"{path}: {message}" if path else message)
        self.path = path
        self.message = message


def money_to_json(money: Money) -> dict[str, Json]:
    """Money as a case keeps it."""
    return {"currency": money.currency, "amount_minor": money.amount_minor}


def timestamp_to_json(at: datetime) -> str:
    """An instant as RFC 3339 in UTC."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def duration_to_json(duration: timedelta) -> str:
    """A duration as protobuf writes it: seconds with an ``s``."""
    whole, micro = divmod(abs(duration) // timedelta(microseconds=1), 1_000_000)
    sign = "-" if duration < timedelta(0) else ""
    return f"{sign}{whole}.{micro:06d}s" if micro else f"{sign}{whole}s"


def duration_from_json(text: str) -> timedelta:
    """Read protobuf's seconds; digits beyond the microsecond are dropped."""
    match = _DURATION.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is not a duration such as '3600s'")
    sign, whole, fraction = match.groups()
    micro = int((fraction or "0").ljust(9, "0")[:6])
    duration = timedelta(seconds=int(whole), microseconds=micro)
    if duration > DURATION_LIMIT:
        raise ValueError(f"{text!r} is longer than 10,000 years")
    return -duration if sign else duration


#: From JSON to what expressions compute with; types that are absent stay as they are.
DECODERS: Final[dict[str, Callable[[Json], Any]]] = {
    "decimal": Decimal,
    "money": lambda raw: Money(raw["currency"], raw["amount_minor"]),
    "date": date.fromisoformat,
    "timestamp": datetime.fromisoformat,
    "duration": duration_from_json,
}

#: And back.
ENCODERS: Final[dict[str, Callable[[Any], Json]]] = {
    "decimal": lambda value: format(Decimal(value), "f"),
    "money": money_to_json,
    "date": date.isoformat,
    "timestamp": timestamp_to_json,
    "duration": duration_to_json,
}


def conform(value: Json, kind: Type, path: str = "") -> Json:
    """The canonical JSON of a value, or the place where it does not fit.

    Follows protobuf's JSON: whole numbers may come as text, and what a message leaves out has its
    default; parts that the type does not know are dropped.

    Raises:
        ValueMismatch: with the path of the first part that does not fit.
    """
    match kind:
        case Scalar(name):
            return _conform_scalar(value, name, path)
        case EnumOf(values, name):
            # A contract's enum may have grown since the flow was compiled; a choice has not.
            if value not in values and not (name and isinstance(value, str)):
                raise ValueMismatch(path, f"{_show(value)} is none of {', '.join(values)}")
            return value
        case ListOf(item):
            if not isinstance(value, list):
                raise ValueMismatch(path, f"expected a list, got {_show(value)}")
            return [conform(part, item, f"{path}[{i}]") for i, part in enumerate(value)]
        case MapOf(item):
            if not isinstance(value, dict):
                raise ValueMismatch(path, f"expected a map, got {_show(value)}")
            return {key: conform(part, item, f"{path}[{key}]") for key, part in value.items()}
        case Record():
            return _conform_record(value, kind, path)


def _conform_record(value: Json, kind: Record, path: str) -> dict[str, Json]:
    if not isinstance(value, dict):
        raise ValueMismatch(path, f"expected {kind}, got {_show(value)}")
    result: dict[str, Json] = {}
    for field in kind.fields:
        part = value.get(field.name)
        where = f"{path}.{field.name}" if path else field.name
        if part is not None:
            result[field.name] = conform(part, field.type, where)
        elif not field.optional:
            result[field.name] = _default(field.type, where)
    return result


def _default(kind: Type, path: str) -> Json:
    match kind:
        case Scalar("bool"):
            return False
        case Scalar("int"):
            return 0
        case Scalar("string"):
            return ""
        case Scalar("decimal"):
            return "0"
        case EnumOf(values):
            return values[0]
        case ListOf():
            return []
        case MapOf():
            return {}
        case _:
            raise ValueMismatch(path, "is missing")


def _conform_scalar(value: Json, name: str, path: str) -> Json:
    try:
        return _SCALARS[name](value)
    except (ValueError, InvalidOperation, OverflowError) as error:
        raise ValueMismatch(path, str(error) or f"{value!r} is no {name}") from None
    except ServiceError as error:
        raise ValueMismatch(path, error.message) from None


def _bool(value: Json) -> bool:
    if not isinstance(value, bool):
        raise ValueError(f"expected true or false, got {_show(value)}")
    return value


def _int(value: Json) -> int:
    if isinstance(value, str) and _INT.fullmatch(value):
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool):
        raise ValueError(f"expected a whole number, got {_show(value)}")
    if not -INT_LIMIT <= value < INT_LIMIT:
        raise ValueError(f"{value} is beyond 64 bits")
    return value


def decimal_fits(number: Decimal) -> bool:
    """True when a number has no more digits than a decimal may have."""
    exponent = number.as_tuple().exponent
    return isinstance(exponent, int) and exponent >= -MAX_DIGITS and number.adjusted() < MAX_DIGITS


def _decimal(value: Json) -> str:
    # A contract's doubles arrive as floats; their shortest text is what the sender wrote.
    if isinstance(value, bool) or not isinstance(value, int | float | str | Decimal):
        raise ValueError(f"expected a decimal, got {_show(value)}")
    text = str(value)
    if not _DECIMAL.fullmatch(text):
        raise ValueError(f"{_show(value)} is no decimal")
    number = Decimal(text)
    if not decimal_fits(number):
        raise ValueError(f"{_show(value)} is out of range")
    return format(number if number else number.copy_abs(), "f")


def _string(value: Json) -> str:
    if not isinstance(value, str):
        raise ValueError(f"expected a text, got {_show(value)}")
    return value


def _date(value: Json) -> str:
    text = _string(value)
    if not _DATE.fullmatch(text):
        raise ValueError(f"{_show(text)} is no date such as 2026-10-01")
    return date.fromisoformat(text).isoformat()


def _timestamp(value: Json) -> str:
    text = _string(value)
    if not _TIMESTAMP.fullmatch(text):
        raise ValueError(f"{_show(text)} is no instant such as 2026-10-01T09:00:00+08:00")
    # Protobuf writes nanoseconds; Python keeps microseconds.
    at = datetime.fromisoformat(re.sub(r"(\.\d{6})\d+", r"\1", text.upper()))
    if at.tzinfo is None:
        raise ValueError(f"{text!r} names no time zone, such as Z or +08:00")
    return timestamp_to_json(at)


def _duration(value: Json) -> str:
    return duration_to_json(duration_from_json(_string(value)))


def _money(value: Json) -> dict[str, Json]:
    if not isinstance(value, dict) or set(value) - {"currency", "amount_minor"}:
        raise ValueError(f'expected {{"currency", "amount_minor"}}, got {_show(value)}')
    currency, amount = value.get("currency"), value.get("amount_minor", 0)
    if not isinstance(currency, str):
        raise ValueError("money needs a currency")
    return money_to_json(Money(currency, _int(amount)))


_SCALARS: Final[dict[str, Callable[[Json], Json]]] = {
    "bool": _bool,
    "int": _int,
    "decimal": _decimal,
    "string": _string,
    "date": _date,
    "timestamp": _timestamp,
    "duration": _duration,
    "money": _money,
}


def _show(value: Json) -> str:
    text = repr(value)
    return text if len(text) <= 40 else f"{text[:37]}…"
