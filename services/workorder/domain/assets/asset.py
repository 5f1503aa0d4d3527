"""Assets (设备): what must be right about one, and who may know it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import Final

from kit.errors import FailedPrecondition, InvalidArgument

#: Who registers and changes machines; technicians do so where they work.
KEEPERS: Final = (
    "admin", "customer_service", "dispatcher", "hq", "outlet_manager", "sales", "shop_manager",
    "supervisor", "technical_director", "warehouse",
)  # fmt: skip
#: Who gives and voids warranties.
WARRANTORS: Final = ("admin", "customer_service", "hq", "supervisor", "technical_director")
#: Who keeps installation guides.
GUIDE_KEEPERS: Final = ("admin", "hq", "technical_director")

_ID: Final = re.compile(r"[\w.-]{1,64}", re.ASCII)
_SERIAL: Final = re.compile(r"[^\s]{1,100}")
_LENGTHS: Final = {"item_code": 64, "brand": 100, "model": 100, "name": 100, "notes": 2_000}


@dataclass(frozen=True, slots=True)
class Machine:
    """What an asset is, whoever has it."""

    item_code: str = ""
    brand: str = ""
    model: str = ""
    serial: str = ""
    name: str = ""
    installed_on: date | None = None
    parent_asset_id: str = ""
    notes: str = ""


def invalid(field: str, english: str, chinese: str) -> InvalidArgument:
    """The refusal of an asset that makes no sense."""
    return InvalidArgument("ASSET_INVALID", english, field=field, details={"zh": chinese})


def require_machine(machine: Machine, asset_id: str) -> None:
    """Refuse what no asset can be (``ASSET_INVALID``, naming the field)."""
    if not _ID.fullmatch(asset_id):
        raise invalid("asset_id", "1 to 64 letters, digits, '.', '-' and '_'",
                      "设备编号是 1 到 64 个字母、数字、“.”、“-”或“_”。")  # fmt: skip
    for field, most in _LENGTHS.items():
        if len(getattr(machine, field)) > most:
            raise invalid(field, f"at most {most} characters", f"最多 {most} 个字。")
    if not machine.name:
        raise invalid(
            "name", "name the asset, or its brand and model", "请写名称，或者品牌和型号。"
        )
    if machine.serial and not _SERIAL.fullmatch(machine.serial):
        raise invalid(
            "serial", "at most 100 characters without blanks", "序列号最多 100 个字符，不含空格。"
        )
    if machine.parent_asset_id == asset_id:
        raise invalid("parent_asset_id", "nothing is a part of itself", "设备不能是自己的部件。")


def require_customer(customer_id: str) -> str:
    """Whose it is (``ASSET_INVALID``)."""
    if not 0 < len(customer_id) <= 64:
        raise invalid("customer_id", "say whose it is", "请写明是哪位客户的。")
    return customer_id


def day_from_text(text: str, field: str) -> date | None:
    """A day as ISO writes it; none when empty (``ASSET_INVALID``)."""
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise invalid(
            field,
            f"{text!r} is no date; write 2026-03-02",
            f"{text!r} 不是日期，请写成 2026-03-02。",
        ) from error


def check_in_use(asset_id: str, retired: bool) -> None:
    """Refuse to change what is retired (``ASSET_RETIRED``)."""
    if retired:
        raise FailedPrecondition(
            "ASSET_RETIRED", f"asset {asset_id!r} is retired and changes no more", field="asset_id"
        )
