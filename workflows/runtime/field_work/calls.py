"""The calls a field work makes. Each is named ``verb/n``; its effect is single by its key."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from workflows.language.values import SHANGHAI, timestamp_to_json
from workflows.runtime.commands import CallRpc, Purpose
from workflows.runtime.events import Act
from workflows.runtime.field_work.lines import earning_text, money_text
from workflows.runtime.field_work.state import FieldWorkState

_WORK_ORDER: Final = "workorder.v1.WorkOrderService"
_SETTLEMENT: Final = "settlement.v1.SettlementService"


def read_work_order(state: FieldWorkState) -> CallRpc:
    """What is to be done, and where."""
    request = {"work_order_id": state.input.work_order_id}
    return _read(state, "work_order", f"{_WORK_ORDER}/GetWorkOrder", request, "查询工单")


def read_quote(state: FieldWorkState) -> CallRpc:
    """What the work settles at, step by step."""
    request = {"quote_id": state.input.quote_id}
    return _read(state, "quote", "pricing.v1.PricingService/GetQuote", request, "查询报价")


def rank_candidates(state: FieldWorkState) -> CallRpc:
    """Who is best, but for those who did not want it."""
    request = {
        "work_order_id": state.input.work_order_id,
        "excluded_technician_ids": list(state.excluded),
        "limit": 1,
    }
    return _write(
        state, f"rank/{state.round}", f"{_WORK_ORDER}/RankCandidates", request, "派单匹配"
    )


def promise_earning(state: FieldWorkState) -> CallRpc:
    """What this technician will get. It depends on the quote, which is a read."""
    technician = state.candidate
    facts = {
        "case_id": state.input.case_id,
        "work_order_id": state.input.work_order_id,
        "technician_id": technician.technician_id,
        "outlet_id": technician.outlet_id,
        "cooperation_mode": technician.cooperation_mode,
        "quote_id": state.input.quote_id,
        "lines": list(state.settlement_lines),
    }
    return _write(
        state,
        f"promise/{state.round}",
        f"{_SETTLEMENT}/PromiseEarning",
        {"facts": facts},
        f"承诺收益 {technician.technician_id}",
        barrier=True,
    )


def offer_work_order(state: FieldWorkState) -> CallRpc:
    """The offer, until an instant of this workflow task: never before the task has ended."""
    request = {
        **_whose(state),
        "earning_id": state.promised["earning_id"],
        "earning_total": state.promised["total"],
        "expires_at": timestamp_to_json(state.answer_by),
    }
    return _write(
        state,
        f"offer/{state.round}",
        f"{_WORK_ORDER}/OfferWorkOrder",
        request,
        f"派单邀约 {state.candidate.technician_id}",
        barrier=True,
    )


def announce_offer(state: FieldWorkState) -> CallRpc:
    """The message with the amount and its lines; nobody waits for it."""
    earning, local = state.promised, state.answer_by.astimezone(SHANGHAI)
    place = state.work_order.get("place", {})
    variables = {
        "work_order": state.input.work_order_id,
        "amount": money_text(earning["total"]),
        "earning_lines": earning_text(earning),
        "summary": state.work_order["title"],
        "place": place.get("place_name") or place.get("adcode", ""),
        "due_at": f"{local:%m-%d %H:%M}",
    }
    request = {
        "template_code": "work_order_offer",
        "recipient_person_ids": [state.candidate.technician_id],
        "variables": variables,
        "urgency": "URGENCY_URGENT",
        "case_id": state.input.case_id,
    }
    return _write(
        state,
        f"announce/{state.round}",
        "notify.v1.NotifyService/Send",
        request,
        f"通知 {state.candidate.technician_id}",
        purpose=Purpose.NOTIFY,
    )


def close_offer(state: FieldWorkState) -> CallRpc:
    """End the open offer: declined by the technician, or over."""
    request: dict[str, Any] = _whose(state)
    rpc = "DeclineOffer" if state.declined else "ExpireOffer"
    if state.declined:
        request["reason"] = state.decline_reason
    return _write(
        state,
        f"close_offer/{state.round}",
        f"{_WORK_ORDER}/{rpc}",
        request,
        "拒单" if state.declined else "邀约到期",
        purpose=Purpose.COMPENSATE,
    )


def cancel_earning(state: FieldWorkState) -> CallRpc:
    """Take the promise back; what nobody accepted was never owed."""
    why = state.ending.reason if state.ending else "OFFER_NOT_ACCEPTED"
    return _write(
        state,
        f"cancel_earning/{state.round}",
        f"{_SETTLEMENT}/CancelEarning",
        {"earning_id": state.promised["earning_id"], "reason": why},
        "取消收益",
        purpose=Purpose.COMPENSATE,
    )


def accept_offer(state: FieldWorkState, act: Act, at: datetime) -> CallRpc:
    """The technician takes the work."""
    return _of_act(state, "accept", "AcceptOffer", act, _whose(state), "接单")


def schedule_appointment(state: FieldWorkState, act: Act, at: datetime) -> CallRpc:
    """A window agreed with the customer."""
    request = {
        "work_order_id": state.input.work_order_id,
        "appointment": {name: act.form[name] for name in ("window_start", "window_end")},
    }
    return _of_act(state, "schedule", "ScheduleAppointment", act, request, "预约")


def check_in(state: FieldWorkState, act: Act, at: datetime) -> CallRpc:
    """The technician is on site."""
    request = {**_whose(state), "checked_in_at": timestamp_to_json(at)}
    if act.form.get("location"):
        request["location"] = act.form["location"]
    return _of_act(state, "check_in", "CheckIn", act, request, "签到")


def complete_work(state: FieldWorkState, act: Act, at: datetime) -> CallRpc:
    """The work is done, says the technician, and the customer's code proves it."""
    request = {
        **_whose(state),
        "completion_code": act.form["completion_code"],
        "summary": act.form.get("summary", ""),
        "completed_at": timestamp_to_json(at),
    }
    return _of_act(state, "complete", "CompleteWork", act, request, "完工")


def _whose(state: FieldWorkState) -> dict[str, Any]:
    return {
        "work_order_id": state.input.work_order_id,
        "technician_id": state.candidate.technician_id,
    }


def _read(
    state: FieldWorkState, call_id: str, rpc: str, request: dict[str, Any], summary: str
) -> CallRpc:
    return CallRpc(
        call_id=call_id,
        node=state.input.node,
        visit=state.input.visit,
        rpc=rpc,
        request=request,
        idempotency_key="",
        quick=True,
        summary=summary,
        purpose=Purpose.NODE,
    )


def _write(
    state: FieldWorkState,
    call_id: str,
    rpc: str,
    request: dict[str, Any],
    summary: str,
    *,
    purpose: Purpose = Purpose.NODE,
    barrier: bool = False,
) -> CallRpc:
    source = state.input
    return CallRpc(
        call_id=call_id,
        node=source.node,
        visit=source.visit,
        rpc=rpc,
        request=request,
        # The same work order may be worked on again in a later visit of the node.
        idempotency_key=f"{state.workflow_id}/{source.node}/{source.visit}/{call_id}",
        quick=True,
        summary=summary,
        purpose=purpose,
        barrier=barrier,
    )


def _of_act(
    state: FieldWorkState, verb: str, method: str, act: Act, request: dict[str, Any], label: str
) -> CallRpc:
    """A call that an act asks for. The act's workflow task ends first, so its time may be sent."""
    summary = f"{label} {act.person}"
    return _write(
        state,
        f"{verb}/{act.act_key}",
        f"{_WORK_ORDER}/{method}",
        request,
        summary,
        barrier=True,
    )
