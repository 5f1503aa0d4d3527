"""A file of customers: its columns, and what its rows say."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from kit.coordinates import GCJ_02, Point, check_point
from kit.errors import InvalidArgument
from kit.spreadsheet.records import Column, Record, Unreadable
from kit.spreadsheet.table import Limits, Value

SHEETS: Final = ("客户", "customers")
LIMITS: Final = Limits(rows=2_000)
#: Without these nobody could be addressed or called.
NEEDED: Final = frozenset({"name", "phone"})
_TYPES: Final = {
    "": "person", "个人": "person", "person": "person", "门店": "shop", "shop": "shop",
    "企业": "company", "公司": "company", "company": "company",
}  # fmt: skip
_CHINESE: Final = {
    "CUSTOMER_NAME_INVALID": "姓名为 1 至 100 个字。",
    "CUSTOMER_PHONE_INVALID": "电话只能是数字，可带 +、- 和空格。",
    "CUSTOMER_LEVEL_INVALID": "等级最多 40 个字。",
    "CUSTOMER_TAG_INVALID": "标签最多 20 个，每个 1 至 40 个字。",
    "ADDRESS_DETAIL_INVALID": "地址要有街道和门牌，最多 300 个字。",
    "ADDRESS_TEXT_INVALID": "地址最多 500 个字。",
    "PLACE_UNKNOWN": "认不出这是哪里，请写上省、市、区县，或填区划代码。",
    "PLACE_AMBIGUOUS": "同名的地方不止一处，请写上省、市，或填区划代码。",
    "LOCATION_INVALID": "坐标不在地图上，请写成“经度,纬度”。",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class IncomingCustomer:
    """A customer as a row of a file says."""

    customer_id: str = ""
    name: str = ""
    phone: str = ""
    customer_type: str = "person"
    customer_level: str = ""
    tags: tuple[str, ...] = ()
    address: str = ""
    adcode: str = ""
    floor: int = 0
    location: Point | None = None


def incoming(record: Record) -> IncomingCustomer:
    """The customer of a record."""
    return IncomingCustomer(**record.given)


def in_chinese(error: InvalidArgument) -> InvalidArgument:
    """The same refusal, in words for those who filled in the file."""
    details = {**error.details, "zh": _CHINESE.get(error.reason, "")}
    return InvalidArgument(error.reason, error.message, field=error.field, details=details)


def column_of(error: InvalidArgument) -> str:
    """In which column a refusal of a customer's address is told."""
    field = error.field.rpartition(".")[2]
    return "address" if field in ("detail", "address_text") else field


def _text(field: str, chinese: str, english: str) -> Column[IncomingCustomer]:
    return Column(field, chinese, english, str.strip, lambda one: str(getattr(one, field)))


def _read_type(text: str) -> str:
    try:
        return _TYPES[text.strip().casefold()]
    except KeyError:
        raise Unreadable(
            f"{text!r} is none of person, shop, company", f"{text!r}：请填 个人、门店 或 企业。"
        ) from None


def _read_tags(text: str) -> tuple[str, ...]:
    return tuple(filter(None, (tag.strip() for tag in re.split(r"[;；,，、\n]", text))))


def _read_floor(text: str) -> int:
    plain = text.strip()
    if not re.fullmatch(r"(?:-?\d{1,3})?", plain):
        raise Unreadable(f"{text!r} is no floor; write a number", f"{text!r} 不是楼层，请填数字。")
    return int(plain or 0)


def _read_location(text: str) -> Point | None:
    if not text.strip():
        return None
    try:
        longitude, latitude = map(float, re.split(r"[,，]", text))
        return check_point(Point(longitude, latitude, GCJ_02), "location")
    except (ValueError, InvalidArgument):
        raise Unreadable(
            f"{text!r}: write longitude,latitude such as 116.48,39.93 (GCJ-02)",
            f"{text!r}：请写成“经度,纬度”，如 116.48,39.93（GCJ-02）。",
        ) from None


def _write_location(one: IncomingCustomer) -> Value:
    return f"{one.location.longitude},{one.location.latitude}" if one.location else None


COLUMNS: Final[tuple[Column[IncomingCustomer], ...]] = (
    _text("customer_id", "客户编号", "customer id"),
    _text("name", "姓名", "name"),
    _text("phone", "电话", "phone"),
    Column("customer_type", "类型", "type", _read_type, lambda one: one.customer_type),
    _text("customer_level", "等级", "level"),
    Column("tags", "标签", "tags", _read_tags, lambda one: "、".join(one.tags)),
    _text("address", "地址", "address"),
    _text("adcode", "区划代码", "adcode"),
    Column("floor", "楼层", "floor", _read_floor, lambda one: str(one.floor or "")),
    Column("location", "坐标", "location", _read_location, _write_location),
)
