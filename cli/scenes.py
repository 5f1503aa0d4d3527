"""The scenes of the demonstration: selling, installing, paying, looking back."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

from cli.acting import Stage, until
from cli.api import Refused, part
from cli.earning import lines_table
from cli.ledger import transfers_table
from cli.output import local, money, state, text
from cli.quote import explained
from kit.clock import SHANGHAI, SystemClock
from protos.cases.v1 import cases_pb2
from protos.directory.v1 import directory_pb2
from protos.notify.v1 import notify_pb2
from protos.pricing.v1 import pricing_pb2
from protos.settlement.v1 import ledger_pb2, settlement_pb2
from protos.workorder.v1 import workorder_pb2

FLOW: Final = "aircon_install"
#: The example company's people, as the seed makes them.
SALES, DESIGNER, DIRECTOR = "pe_wang", "pe_li", "pe_zhao"
SUPERVISOR, FINANCE = "pe_chen", "pe_qian"
CUSTOMER: Final = "cu_inside"


def sell(stage: Stage, item: str, *, quantity: int, height: bool) -> str:
    """From the first call to the measured room."""
    path = f"/customers/{part(CUSTOMER)}"
    address = stage.player(SALES).api.get(path, directory_pb2.Customer).message.addresses[0]
    inputs = {
        "customer_id": CUSTOMER,
        "address_id": address.address_id,
        "region_adcode": address.place.adcode,
    }
    started = stage.player(SALES).api.change(
        "POST", "/cases", {"flow_code": FLOW, "inputs": inputs}
    )
    case_id = str(started["case_id"])
    stage.say(SALES, f"接到来电，发起个案 {case_id}", f"takes a call, starts {case_id}")
    link = stage.links.workflow(started["workflow_id"])
    stage.note(f"Temporal {link}", f"Temporal {link}")
    stage.say(SALES, "登记需求、楼层和预算", "fills in needs, floor and budget")
    needs = {
        "needs": "客厅安装空调，外机装在室外",
        "item_code": item,
        "quantity": quantity,
        "floor": address.floor,
        "work_at_height": height,
        "budget": {"currency": "CNY", "amount_minor": 80_000},
    }
    stage.player(SALES).act(case_id, "intake", "complete", needs)
    task = stage.player(DESIGNER).task(case_id, "measure")
    stage.say(
        DESIGNER,
        "在企业微信收到量房待办，确认量房结果",
        "gets the measuring task on WeCom and confirms what was measured",
    )
    due = f"{local(datetime.fromisoformat(task['respond_due_at'])):.11}"
    stage.note(
        f"响应时限 {due}：过时不应，主管会收到恰好一条预警",
        f"respond by {due}: silent until then, the supervisor gets exactly one alert",
    )
    stage.player(DESIGNER).act(case_id, "measure", "complete", _measured(height=height))
    return case_id


def _measured(*, height: bool) -> dict[str, Any]:
    today = SystemClock().now().astimezone(SHANGHAI)
    form: dict[str, Any] = {
        "measured_on": f"{today:%Y-%m-%d}",
        "pipe_metres": "3.5",
        "work_at_height": height,
    }
    return form | {"height_notes": "外墙作业，系安全绳"} if height else form


def quote(stage: Stage, case_id: str) -> pricing_pb2.QuoteResult:
    """The case's quote, as soon as it is made."""

    def look() -> pricing_pb2.QuoteResult | None:
        try:
            path = f"/cases/{part(case_id)}/quote"
            return stage.player(SALES).api.get(path, pricing_pb2.QuoteResult).message
        except Refused as refused:
            if refused.reason == "QUOTE_NOT_MADE":
                return None
            raise

    return until(look, f"the quote of {case_id}")


def show_quote(stage: Stage, case_id: str) -> None:
    """Sales sees the price, step by step."""
    made = quote(stage, case_id)
    stage.say(SALES, "系统报出价格，每一步都有来由", "sees the price and how it came about")
    stage.show(*explained(made))


def install(stage: Stage, case_id: str) -> None:
    """The work order from the offer to its completion."""
    order = until(lambda: _offered(stage, case_id), f"an offer of {case_id} to a technician")
    order_id, technician = order.work_order_id, stage.player(order.offer.technician_id)
    me = technician.person_id
    stage.say(
        me, "收到派单：接单前就看到每一项收益", "is offered the work, with its earning in full"
    )
    path = f"/earnings/{part(order.offer.earning_id)}"
    stage.show(lines_table(technician.api.get(path, settlement_pb2.Earning).message))
    stage.say(me, "接单", "accepts")
    technician.act_in_the_field(order_id, "accept")
    stage.say(me, "与客户约好上门时间", "agrees with the customer on a time")
    technician.act_in_the_field(order_id, "schedule", _window())
    stage.say(me, "到场签到", "checks in on site")
    technician.act_in_the_field(order_id, "check-in")
    theirs = (
        stage.player(CUSTOMER)
        .api.get(f"/work-orders/{part(order_id)}", workorder_pb2.WorkOrder)
        .message
    )
    code = theirs.completion_code
    stage.say(CUSTOMER, f"装好了，把完工码 {code} 告诉师傅", f"tells the code {code}")
    stage.say(me, "凭完工码完工", "completes the work with that code")
    done = {"completion_code": code, "summary": "安装完成，试机正常，现场已清洁"}
    technician.act_in_the_field(order_id, "complete", done)


def _offered(stage: Stage, case_id: str) -> workorder_pb2.WorkOrder | None:
    listed = (
        stage.player(SUPERVISOR)
        .api.get("/work-orders", workorder_pb2.ListWorkOrdersResponse, case_id=case_id)
        .message
    )
    for order in listed.work_orders:
        if order.offer.technician_id:
            return order
    case = stage.player(SUPERVISOR).api.get(f"/cases/{part(case_id)}", cases_pb2.Case).message
    if case.incident:
        raise Refused(f"{case_id} stands still: {case.incident}", "CASE_INCIDENT")
    return None


def _window() -> dict[str, str]:
    begin = SystemClock().now()
    end = begin + timedelta(hours=2)
    return {"window_start": begin.isoformat(), "window_end": end.isoformat()}


def pay(stage: Stage, case_id: str) -> str:
    """The earning is locked and posted by the flow; finance pays it."""
    wanted = "EARNING_STATE_PAYABLE"

    def look() -> settlement_pb2.Earning | None:
        query = {"case_id": case_id, "state": wanted}
        found = stage.player(FINANCE).api.get(
            "/earnings", settlement_pb2.ListEarningsResponse, **query
        )
        return next(iter(found.message.earnings), None)

    earning = until(look, f"the earning of {case_id} to become payable")
    me, path = FINANCE, f"/earnings/{part(earning.earning_id)}/payout"
    stage.say(
        earning.technician_id,
        f"收益 {money(earning.total)} 已锁定并入账，可提现",
        f"has {money(earning.total)} locked and posted, payable now",
    )
    stage.say(me, "打款", "hands it to the payout channel")
    stage.player(FINANCE).api.change("POST", path)
    reference = f"BANK-{SystemClock().now():%Y%m%d}-{earning.earning_id[-6:].upper()}"
    stage.say(me, f"银行回单 {reference}，确认到账", f"confirms its arrival, {reference}")
    stage.player(FINANCE).api.change("POST", f"{path}/confirm", {"payout_reference": reference})
    return earning.earning_id


def await_follow_up(stage: Stage, case_id: str) -> None:
    """The durable wait for the follow-up call is armed."""

    def look() -> cases_pb2.Case | None:
        case = stage.player(SUPERVISOR).api.get(f"/cases/{part(case_id)}", cases_pb2.Case).message
        return case if case.waiting_for else None

    case = until(look, f"the follow-up of {case_id} to be armed")
    waits = "；".join(case.waiting_for)
    stage.say(
        SUPERVISOR,
        f"看到个案在等回访：{waits}",
        f"sees the case wait for its follow-up call: {waits}",
    )
    stage.note(
        f"这个等待是持久的，停机重启也不丢：{stage.links.workflow(case.workflow_id)}",
        f"this wait survives restarts: {stage.links.workflow(case.workflow_id)}",
    )


def sum_up(stage: Stage, case_id: str, earning_id: str) -> None:
    """What is left of it: the earning, the books, the messages."""
    path = f"/earnings/{part(earning_id)}"
    earning = stage.player(FINANCE).api.get(path, settlement_pb2.Earning).message
    name = stage.names.get(earning.technician_id, earning.technician_id)
    stage.head(f"{name} 的收益明细", f"The earning of {name}")
    stage.show(lines_table(earning))
    stage.head("账本分录", "The ledger's entries")
    stage.show(
        transfers_table(
            stage.player(FINANCE)
            .api.get(
                "/ledger/transfers",
                ledger_pb2.ListLedgerTransfersResponse,
                document_id=earning_id,
            )
            .message
        )
    )
    stage.head("企业微信消息", "Messages on WeCom")
    for sent in until(lambda: _delivered(stage, case_id), "the messages to be sent").deliveries:
        name = stage.names.get(sent.recipient_person_id, sent.recipient_person_id)
        stage.show(f"   → {text(name)}  [bold]{text(sent.title)}[/]  {state(sent)}")
    stage.note(stage.links.wecom_sandbox, stage.links.wecom_sandbox)


def _delivered(stage: Stage, case_id: str) -> notify_pb2.ListDeliveriesResponse | None:
    """The case's messages, once none of them is still on its way."""
    listed = (
        stage.player(SUPERVISOR)
        .api.get("/deliveries", notify_pb2.ListDeliveriesResponse, case_id=case_id)
        .message
    )
    on_the_way = [d for d in listed.deliveries if d.state == notify_pb2.DELIVERY_STATE_QUEUED]
    return None if on_the_way else listed
