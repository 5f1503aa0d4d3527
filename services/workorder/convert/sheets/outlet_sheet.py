"""Outlets' profiles as rows of a file."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Final, Literal

from google.protobuf.timestamp_pb2 import Timestamp

from kit.rpc.convert import instant_from_proto, instant_to_proto
from kit.spreadsheet.records import Column
from protos.workorder.v1 import registry_pb2 as pb
from services.workorder.convert.sheets.sheets import Layout, text_column
from services.workorder.convert.sheets.technician_sheet import read_location, write_location
from services.workorder.domain.registry import cells

_Codes = Literal["cooperation_modes", "brand_codes", "territory_codes"]
_Instant = Literal["contract_valid_from", "contract_valid_until"]


def _codes_column(field: _Codes, chinese: str, english: str) -> Column[pb.OutletProfile]:
    return Column(
        field,
        chinese,
        english,
        lambda text: sorted(set(cells.read_codes(text))),
        lambda profile: cells.write_codes(getattr(profile, field)),
    )


def _instant_column(
    field: _Instant,
    chinese: str,
    english: str,
    read: Callable[[str], datetime | None],
    write: Callable[[datetime | None], date | str | None],
) -> Column[pb.OutletProfile]:
    def read_instant(text: str) -> Timestamp | None:
        return instant_to_proto(read(text))

    def write_instant(profile: pb.OutletProfile) -> date | str | None:
        given = profile.HasField(field)
        return write(instant_from_proto(getattr(profile, field)) if given else None)

    return Column(field, chinese, english, read_instant, write_instant)


LAYOUT: Final[Layout[pb.OutletProfile]] = Layout(
    names=("网点", "outlets"),
    columns=(
        text_column("outlet_id", "编号", "outlet"),
        text_column("name", "名称", "name"),
        _codes_column("cooperation_modes", "合作模式", "cooperation modes"),
        _codes_column("brand_codes", "品牌", "brands"),
        _codes_column("territory_codes", "服务区域", "territory"),
        text_column("contract_number", "合同号", "contract"),
        _instant_column(
            "contract_valid_from",
            "合同起",
            "contract from",
            cells.read_beginning,
            cells.write_beginning,
        ),
        _instant_column(
            "contract_valid_until", "合同止", "contract to", cells.read_end, cells.write_end
        ),
        Column(
            "suspended",
            "暂停",
            "suspended",
            cells.read_flag,
            lambda profile: cells.write_flag(profile.suspended),
        ),
        text_column("suspend_reason", "暂停原因", "suspended because"),
        text_column("agent_id", "代理商", "agent"),
        text_column("stock_location_id", "库位", "stock location"),
        Column(
            "location",
            "坐标",
            "location",
            read_location,
            lambda profile: write_location(profile.location, present=profile.HasField("location")),
        ),
    ),
    key="outlet_id",
    holder="outlet_profile.",
    blank=pb.OutletProfile,
)
