"""Lists as CSV, for whoever goes on in a spreadsheet: every row that fits, page by page.

UTF-8 with a mark, or Excel reads Chinese wrongly; what it would take for a formula is quoted.
"""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp

from kit.clock import SHANGHAI
from kit.money import Money
from kit.rpc.client import RpcCaller
from kit.rpc.convert import instant_from_proto
from kit.spreadsheet.table import neutral
from protos.cases.v1 import cases_pb2
from protos.common.v1 import money_pb2
from services.gateway.words import enum_term, word

_PAGE: Final = 200
#: More are a matter for the database.
_MOST_PAGES: Final = 500
_MARK: Final = "\ufeff"

Names = Mapping[str, str]
Column = tuple[str, Callable[[Any, Names], str]]


@dataclass(frozen=True, slots=True)
class Sheet:
    """One list: the RPC that gives it, the field of its rows, and what stands in each column."""

    rpc: str
    rows: str
    columns: Sequence[Column]


async def lines(sheet: Sheet, caller: RpcCaller, request: Any, names: Names) -> AsyncIterator[str]:
    """The sheet as it is read; the first line names the columns."""
    yield _MARK + _line(title for title, _ in sheet.columns)
    async for page in pages(sheet, caller, request, names):
        yield "".join(map(_line, page))


async def pages(
    sheet: Sheet, caller: RpcCaller, request: Any, names: Names
) -> AsyncIterator[list[list[str]]]:
    """The rows of a sheet as they are read, each as what stands in its columns."""
    request.page.page_size = _PAGE
    for _ in range(_MOST_PAGES):
        reply: Any = await caller.call(sheet.rpc, request)
        yield [
            [value(row, names) for _, value in sheet.columns] for row in getattr(reply, sheet.rows)
        ]
        request.page.page_token = reply.page.next_page_token
        if not request.page.page_token:
            return


def _line(values: Any) -> str:
    out = io.StringIO()
    csv.writer(out).writerow(map(neutral, values))
    return out.getvalue()


def _text(field: str) -> Callable[[Message, Names], str]:
    return lambda row, _: str(getattr(row, field))


def _term(field: str) -> Callable[[Message, Names], str]:
    return lambda row, _: word(str(getattr(row, field)))


def _person(field: str) -> Callable[[Message, Names], str]:
    return lambda row, names: names.get(getattr(row, field), getattr(row, field))


def _time(field: str) -> Callable[[Message, Names], str]:
    return lambda row, _: _local(getattr(row, field))


def _local(stamp: Timestamp) -> str:
    if not stamp.seconds:
        return ""
    return f"{instant_from_proto(stamp).astimezone(SHANGHAI):%Y-%m-%d %H:%M:%S}"


def _waits_for(case: cases_pb2.Case, names: Names) -> str:
    people = [names.get(person, person) for task in case.user_tasks for person in _whose(task)]
    return "、".join(dict.fromkeys(people))


def _whose(task: cases_pb2.UserTask) -> Sequence[str]:
    return [task.assignee_person_id] if task.assignee_person_id else task.candidate_person_ids


CASES: Final = Sheet(
    "cases.v1.CaseService/ListCases",
    "cases",
    (
        ("个案 case", _text("case_id")),
        ("标题 title", _text("title")),
        ("流程 flow", _text("flow_code")),
        ("版本 version", _text("flow_version")),
        ("阶段 stage", _term("stage")),
        ("状态 state", lambda row, _: word(enum_term(row, "state"))),
        ("区域 region", _text("region_adcode")),
        ("客户 customer", _text("customer_id")),
        ("等待 waits for", _waits_for),
        ("发起人 started by", _person("started_by_person_id")),
        ("开始 started", _time("started_at")),
        ("最近变化 changed", _time("changed_at")),
        ("结束 ended", _time("ended_at")),
    ),
)
USER_TASKS: Final = Sheet(
    "cases.v1.CaseService/ListUserTasks",
    "user_tasks",
    (
        ("个案 case", _text("case_id")),
        ("待办 user task", _text("user_task_id")),
        ("标题 title", _text("title")),
        ("阶段 stage", _term("stage")),
        (
            "等待 waits for",
            lambda row, names: "、".join(names.get(each, each) for each in _whose(row)),
        ),
        ("开始 opened", _time("opened_at")),
        ("应答时限 respond due", _time("respond_due_at")),
        ("办结时限 complete due", _time("complete_due_at")),
    ),
)
ACTS: Final = Sheet(
    "cases.v1.CaseService/SearchActs",
    "acts",
    (
        ("时间 when", _time("acted_at")),
        ("谁 who", _person("acting_person_id")),
        ("操作 verb", _term("verb")),
        ("个案 case", _text("case_id")),
        ("节点 node", _text("node")),
        ("待办 user task", _text("user_task_id")),
        ("来自 from", _text("origin")),
        ("来源 detail", _text("origin_detail")),
        (
            "涉及 whom",
            lambda row, names: "、".join(names.get(each, each) for each in row.named_person_ids),
        ),
        ("规则 rule", _term("rule")),
        ("说明 comment", _text("comment")),
    ),
)
WORK_ORDERS: Final = Sheet(
    "workorder.v1.WorkOrderService/ListWorkOrders",
    "work_orders",
    (
        ("工单 work order", _text("work_order_id")),
        ("标题 title", _text("title")),
        ("状态 state", lambda row, _: word(enum_term(row, "state"))),
        ("阶段 stage", _term("stage")),
        ("优先级 priority", _text("priority")),
        ("服务项 lines", lambda row, _: "、".join(_work(line) for line in row.lines)),
        ("地点 place", lambda row, _: row.place.place_name or row.place.adcode),
        ("客户 customer", _text("customer_id")),
        ("设备 asset", _text("asset_id")),
        ("班组 team", _text("team_id")),
        ("网点 outlet", _text("outlet_id")),
        ("师傅 technician", _person("technician_id")),
        ("创建 created", _time("created_at")),
        ("应完成 due", _time("due_at")),
        ("预约 appointment", lambda row, _: _local(row.appointment.window_start)),
        ("签到 checked in", _time("checked_in_at")),
        ("完工 completed", _time("completed_at")),
        ("评分 rating", lambda row, _: str(row.rating or "")),
        ("个案 case", _text("case_id")),
        ("源工单 follows from", _text("parent_work_order_id")),
    ),
)


def _work(line: Any) -> str:
    return f"{line.name or line.item_code} × {line.quantity}"


def _money(field: str) -> Callable[[Message, Names], str]:
    return lambda row, _: _amount(getattr(row, field))


def _amount(amount: money_pb2.Money) -> str:
    """An amount in major units; empty for whoever does not see it."""
    return str(Money(amount.currency, amount.amount_minor).to_decimal()) if amount.currency else ""


STOCK_LEVELS: Final = Sheet(
    "workorder.v1.StockService/ListStockLevels",
    "stock_levels",
    (
        ("仓库 stockroom", _text("stockroom_id")),
        ("仓库名称 name", _text("stockroom_name")),
        ("类型 kind", lambda row, _: word(enum_term(row, "stockroom_kind"))),
        ("物料 item", _text("item_code")),
        ("物料名称 item name", _text("item_name")),
        ("在库 on hand", _text("on_hand")),
        ("预留 reserved", _text("reserved")),
        ("可用 free", _text("free")),
        ("在途 in transit", _text("in_transit")),
        ("金额 value", _money("stock_value")),
    ),
)
STOCK_MOVEMENTS: Final = Sheet(
    "workorder.v1.StockService/ListStockMovements",
    "stock_movements",
    (
        ("时间 when", _time("moved_at")),
        ("流水号 movement", _text("movement_id")),
        ("类型 kind", lambda row, _: word(enum_term(row, "kind"))),
        ("物料 item", _text("item_code")),
        ("数量 quantity", _text("quantity")),
        ("出自 from", _text("from_stockroom_id")),
        ("入到 to", _text("to_stockroom_id")),
        ("序列号 serial numbers", lambda row, _: " ".join(row.serial_numbers)),
        ("成本 cost", _money("cost")),
        ("单据 document", _text("document_id")),
        ("工单 work order", _text("work_order_id")),
        ("操作人 by", _person("moved_by_person_id")),
        ("原因 reason", _text("reason")),
    ),
)
TAX_TOTALS: Final = Sheet(
    "settlement.v1.TaxService/ListTaxTotals",
    "totals",
    (
        ("年度 year", _text("year")),
        ("月份 month", lambda row, _: str(row.month or "")),
        ("收款人类型 party", _term("party_kind")),
        ("收款人 payee", _text("payee_id")),
        ("姓名 name", _person("payee_id")),
        ("税务身份 profile", lambda row, _: word(enum_term(row, "profile_kind"))),
        ("付款次数 payments", _text("payment_count")),
        ("币种 currency", lambda row, _: row.gross.currency),
        ("收入 gross", _money("gross")),
        ("已预扣 withheld", _money("tax")),
        ("实付 net", _money("net")),
    ),
)
