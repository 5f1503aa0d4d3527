"""Open work orders of another system as rows of a file."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final, NamedTuple

from google.protobuf.timestamp_pb2 import Timestamp

from kit.rpc.convert import instant_from_proto, instant_to_proto
from kit.spreadsheet.importing import Outcome, Plan
from kit.spreadsheet.records import Column, Unreadable
from protos.common.v1 import place_pb2
from protos.workorder.v1 import work_order_import_pb2 as pb
from protos.workorder.v1 import workorder_pb2
from services.workorder.convert.sheets.sheets import (
    Layout,
    problem_to_proto,
    rows_to_proto,
    text_column,
)
from services.workorder.domain.registry import cells

_LINE: Final = re.compile(r"(?P<code>[^\s×*]+)(\s*[×*x]\s*(?P<quantity>[0-9]{1,6}))?")
#: Stages as people call them.
_STAGES: Final = {"售前": "presale", "安装": "install", "售后": "aftersale"}


class Spot(NamedTuple):
    """What a row says of where work is done."""

    address_id: str
    adcode: str


def _read_lines(text: str) -> list[workorder_pb2.WorkOrderLine]:
    lines = []
    for number, piece in enumerate(filter(None, map(str.strip, re.split(r"[;；\n]", text))), 1):
        found = _LINE.fullmatch(piece)
        if found is None:
            raise Unreadable(
                f"{piece!r}: write what to do as code*quantity, such as AC-INSTALL-STD*1; PIPE*3",
                f"{piece!r}：服务项请写成 编码*数量，如 AC-INSTALL-STD*1; PIPE*3。",
            )
        quantity = int(found["quantity"] or 1)
        lines.append(
            workorder_pb2.WorkOrderLine(
                line_number=number, item_code=found["code"], quantity=quantity
            )
        )
    return lines


def _write_lines(message: workorder_pb2.CreateWorkOrderRequest) -> str:
    return "; ".join(f"{line.item_code}*{line.quantity}" for line in message.lines)


def _read_stage(text: str) -> str:
    return _STAGES.get(text.strip(), text.strip())


def _read_due(text: str) -> Timestamp | None:
    return instant_to_proto(cells.read_end(text))


def _write_due(message: workorder_pb2.CreateWorkOrderRequest) -> str:
    due: datetime | None = None
    if message.HasField("due_at"):
        due = instant_from_proto(message.due_at)
    return str(cells.write_end(due) or "")


LAYOUT: Final[Layout[workorder_pb2.CreateWorkOrderRequest]] = Layout(
    names=("工单", "work orders"),
    columns=(
        text_column("source_ref", "单号", "number"),
        Column("stage", "阶段", "stage", _read_stage, lambda message: message.stage),
        text_column("title", "标题", "title"),
        text_column("customer_id", "客户", "customer"),
        text_column("address_id", "地址", "address"),
        Column("place.adcode", "区划", "adcode", str.strip, lambda message: message.place.adcode),
        Column("lines", "服务项", "lines", _read_lines, _write_lines),
        Column(
            "required_skills",
            "技能",
            "skills",
            lambda text: cells.read_codes(text.replace("：", ":")),
            lambda message: cells.write_codes(message.required_skills),
        ),
        Column(
            "priority",
            "优先级",
            "priority",
            cells.read_number,
            lambda message: str(message.priority or ""),
        ),
        Column(
            "floor", "楼层", "floor", cells.read_number, lambda message: str(message.floor or "")
        ),
        text_column("asset_id", "设备", "asset"),
        text_column("team_id", "班组", "team"),
        text_column("outlet_id", "网点", "outlet"),
        text_column("case_id", "个案", "case"),
        text_column("notes", "备注", "notes"),
        Column("due_at", "期限", "due", _read_due, _write_due),
    ),
    key="source_ref",
    holder="",
    blank=lambda: workorder_pb2.CreateWorkOrderRequest(
        source=workorder_pb2.WORK_ORDER_SOURCE_IMPORT
    ),
)


def resolved_of(places: Iterable[pb.ResolvedPlace]) -> dict[Spot, pb.ResolvedPlace]:
    """What is known of the places that rows name."""
    return {Spot(place.address_id, place.adcode): place for place in places}


def unresolved_to_proto(spots: Iterable[Spot]) -> list[pb.ResolvedPlace]:
    """Places that are still to be resolved."""
    return [
        pb.ResolvedPlace(address_id=spot.address_id, adcode=spot.adcode) for spot in sorted(spots)
    ]


def place_told(place: place_pb2.Place) -> str:
    """A place as far as it does not change with every look."""
    told = place_pb2.Place()
    told.CopyFrom(place)
    told.ClearField("resolved_at")
    return told.SerializeToString(deterministic=True).hex()


def preview_to_proto(
    plan: Plan[workorder_pb2.CreateWorkOrderRequest],
    unresolved: Iterable[Spot],
    sha256: Mapping[str, str],
) -> pb.WorkOrderImportPreview:
    """What a file would create, on the wire."""
    rows, shortened = rows_to_proto(plan.rows)
    return pb.WorkOrderImportPreview(
        rows=rows,
        problems=[problem_to_proto(problem) for problem in plan.problems],
        added=plan.count(Outcome.ADDED),
        unchanged=plan.count(Outcome.UNCHANGED),
        wrong=plan.count(Outcome.WRONG),
        file_sha256=sha256["file"],
        registry_sha256=sha256["registry"],
        shortened=shortened,
        unresolved=unresolved_to_proto(unresolved),
    )
