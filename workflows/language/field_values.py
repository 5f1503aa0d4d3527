"""What is given for one field: the canonical value, or what is wrong with it, in both languages.

Stricter than ``conform``, which reads what our own services say: here people and other programs
speak, and whatever the form's JSON Schema refuses must be refused. A whole number is a JSON number; a
decimal is a text, digit by digit, since a JSON number may have lost some on its way.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Final

from kit.errors import ServiceError
from kit.money import Money
from workflows.language.fields import FieldKind, FormField
from workflows.language.file_types import FileKind, endings_of, is_reference
from workflows.language.types import DECIMAL, TIMESTAMP
from workflows.language.values import Json, ValueMismatch, conform, money_to_json

DECIMAL_PATTERN: Final = r"^-?[0-9]{1,20}(\.[0-9]{1,10})?$"
ADCODE_PATTERN: Final = "^[0-9]{6}$"
#: The first is meant where none is named.
COORDINATE_SYSTEMS: Final = ("GCJ-02", "WGS-84")
MOST_DEGREES: Final = {"longitude": 180, "latitude": 90}

#: A hundred-millionth of a degree is a millimetre.
_DEGREE: Final = Decimal("0.00000001")
_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_INT_LIMIT: Final = 2**63
#: The parts of a cell's value; what is nested deeper is no value of any field.
_DEEPEST: Final = 4
#: Half a surrogate pair is no character, and a database keeps no NUL.
_NO_TEXT: Final = re.compile("[\x00\ud800-\udfff]")


class Mistake(Exception):
    """A value that its field cannot have: what is wrong, in Chinese and in English."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.zh = zh
        self.en = en


def is_empty(raw: Json, depth: int = _DEEPEST) -> bool:
    """True for what counts as left out: nothing, a blank text, a list or map of nothing else."""
    match raw:
        case None:
            return True
        case str():
            return not raw.strip()
        case list() | dict() if depth:
            parts = raw if isinstance(raw, list) else raw.values()
            return all(is_empty(part, depth - 1) for part in parts)
        case _:
            return False


def read_value(field: FormField, raw: Json) -> Json:
    """The canonical value of a field that is neither a table nor computed.

    Raises:
        Mistake: it does not fit the field.
    """
    value = _READERS[field.kind](field, raw)
    check_bounds(field, value)
    return value


def check_bounds(field: FormField, value: Json) -> None:
    """See that a canonical value, or how many there are of it, lies within the field's bounds.

    Raises:
        Mistake: it does not.
    """
    if isinstance(value, list):
        if field.least is not None and len(value) < int(field.least):
            raise Mistake(f"至少 {field.least} 项", f"needs at least {field.least}")
        if field.most is not None and len(value) > int(field.most):
            raise Mistake(f"最多 {field.most} 项", f"takes at most {field.most}")
        return
    amount = _amount(field, value)
    if amount is None:
        return
    if field.least is not None and amount < _bound(field, field.least):
        raise Mistake(f"不能小于 {field.least}", f"must be at least {field.least}")
    if field.most is not None and amount > _bound(field, field.most):
        raise Mistake(f"不能大于 {field.most}", f"must be at most {field.most}")


def _amount(field: FormField, value: Json) -> Decimal | None:
    """What the bounds are compared with; a date counts as its day's number."""
    match field.kind:
        case "integer" | "number" | "rating":
            return Decimal(value)
        case "money":
            return Money(value["currency"], value["amount_minor"]).to_decimal()
        case "date":
            return _bound(field, value)
        case _:
            return None


def _bound(field: FormField, bound: str) -> Decimal:
    return Decimal(date.fromisoformat(bound).toordinal() if field.kind == "date" else bound)


def _text(field: FormField, raw: Json) -> str:
    if not isinstance(raw, str):
        raise Mistake("应为文字", "must be a text")
    if _NO_TEXT.search(raw):
        raise Mistake("含有无法保存的字符", "has characters that cannot be kept")
    if len(raw) > field.longest:
        raise Mistake(
            f"有 {len(raw)} 个字，最多 {field.longest} 个",
            f"has {len(raw)} characters, {field.longest} are allowed",
        )
    # ASCII: what a digit is must not depend on who checks it.
    if field.pattern is not None and re.fullmatch(field.pattern, raw, re.ASCII) is None:
        raise Mistake("格式不对", "is not written as it must be")
    return raw


def _integer(field: FormField, raw: Json) -> int:
    if not isinstance(raw, int) or isinstance(raw, bool):
        raise Mistake("应为整数", "must be a whole number")
    if not -_INT_LIMIT <= raw < _INT_LIMIT:
        raise Mistake("数字太大", "is beyond 64 bits")
    return raw


def _number(field: FormField, raw: Json) -> str:
    if not isinstance(raw, str) or re.fullmatch(DECIMAL_PATTERN, raw) is None:
        raise Mistake("应为数字，如 3.5", 'must be a decimal, as a text such as "3.5"')
    return raw


def _money(field: FormField, raw: Json) -> Json:
    currency = field.currency or "CNY"
    if not isinstance(raw, dict) or set(raw) != {"currency", "amount_minor"}:
        raise Mistake("应为金额", 'must be an amount: {"currency", "amount_minor"}')
    if raw["currency"] != currency:
        raise Mistake(f"币种应为 {currency}", f"must be in {currency}")
    try:
        return money_to_json(Money(currency, _integer(field, raw["amount_minor"])))
    except ServiceError:
        raise Mistake("金额太大", "is beyond any amount of money") from None


def _date(field: FormField, raw: Json) -> str:
    try:
        if isinstance(raw, str) and _DATE.fullmatch(raw):
            return date.fromisoformat(raw).isoformat()
    except ValueError:
        pass
    raise Mistake("应为日期，如 2026-10-01", "must be a date such as 2026-10-01")


def _instant(field: FormField, raw: Json) -> str:
    try:
        return str(conform(raw, TIMESTAMP))
    except ValueMismatch:
        raise Mistake(
            "应为带时区的时间", "must be an instant with its zone, 2026-10-01T09:00:00+08:00"
        ) from None


def _time_slot(field: FormField, raw: Json) -> Json:
    if not isinstance(raw, dict) or set(raw) != {"from", "to"}:
        raise Mistake("应有开始和结束时间", 'must have a beginning and an end: {"from", "to"}')
    slot = {name: _instant(field, raw[name]) for name in ("from", "to")}
    if datetime.fromisoformat(slot["to"]) <= datetime.fromisoformat(slot["from"]):
        raise Mistake("结束时间应晚于开始时间", "must end after it begins")
    return slot


def _location(field: FormField, raw: Json) -> Json:
    known = {*MOST_DEGREES, "coordinate_system"}
    if not isinstance(raw, dict) or not set(MOST_DEGREES) <= set(raw) <= known:
        raise Mistake("应有经度和纬度", "must have longitude and latitude")
    location: dict[str, Json] = {name: _degrees(name, raw[name]) for name in MOST_DEGREES}
    system = raw.get("coordinate_system", COORDINATE_SYSTEMS[0])
    if system not in COORDINATE_SYSTEMS:
        systems = ", ".join(COORDINATE_SYSTEMS)
        raise Mistake(f"坐标系应为 {systems} 之一", f"must be in one of {systems}")
    return {**location, "coordinate_system": system}


def _degrees(name: str, raw: Json) -> str:
    """A device says a JSON number; more digits than a millimetre needs are dropped."""
    most = MOST_DEGREES[name]
    try:
        degrees = Decimal(str(conform(raw, DECIMAL)))
    except ValueMismatch:
        degrees = Decimal(most + 1)
    if abs(degrees) > most:
        zh = {"longitude": "经度", "latitude": "纬度"}[name]
        raise Mistake(
            f"{zh}应为 -{most} 到 {most} 的数", f"its {name} must be from -{most} to {most} degrees"
        )
    return format(degrees.quantize(_DEGREE).normalize() + 0, "f")  # never -0


def _boolean(field: FormField, raw: Json) -> bool:
    if not isinstance(raw, bool):
        raise Mistake("应为是或否", "must be true or false")
    return raw


def _choice(field: FormField, raw: Json) -> str:
    for option in field.options:
        if raw == option.value:
            return option.value
    raise Mistake("没有这个选项", "is none of its options")


def _region(field: FormField, raw: Json) -> str:
    if not isinstance(raw, str) or re.fullmatch(ADCODE_PATTERN, raw) is None:
        raise Mistake("应为六位行政区划代码", "must be an adcode of six digits")
    return raw


def _file(field: FormField, raw: Json) -> str:
    kinds = accepted_files(field)
    if not isinstance(raw, str) or not is_reference(raw, kinds):
        endings = ", ".join(endings_of(kinds))
        raise Mistake(
            f"应为已上传的文件（{endings}）", f"must refer to an uploaded file: {endings}"
        )
    return raw


def accepted_files(field: FormField) -> tuple[FileKind, ...]:
    """The kinds of files that a field takes."""
    return field.accept if field.kind == "file" else ("image",)


_Reader = Callable[[FormField, Json], Json]


def _several(read: _Reader) -> _Reader:
    """Reads a list in which nothing stands twice."""

    def read_all(field: FormField, raw: Json) -> Sequence[Json]:
        if not isinstance(raw, list):
            raise Mistake("应为多项", "must be a list")
        found = [read(field, part) for part in raw]
        if len(set(found)) < len(found):
            raise Mistake("有重复项", "names something twice")
        return found

    return read_all


_READERS: Final[dict[FieldKind, _Reader]] = {
    "text": _text,
    "long_text": _text,
    "integer": _integer,
    "number": _number,
    "money": _money,
    "date": _date,
    "datetime": _instant,
    "time_slot": _time_slot,
    "boolean": _boolean,
    "choice": _choice,
    "choices": _several(_choice),
    "region": _region,
    "person": _text,
    "people": _several(_text),
    "customer": _text,
    "address": _text,
    "item": _text,
    "part": _text,
    "photo": _several(_file),
    "file": _several(_file),
    "location": _location,
    "signature": _file,
    "scan_code": _text,
    "rating": _integer,
}
