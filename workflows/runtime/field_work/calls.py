"""The calls a field work makes. Each is named ``verb/n``; its effect is single by its key."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from workflows.language.values import SHANGHAI, timestamp_to_json
from workflows.runtime.commands import CallRpc, Purpose
from workflows.runtime.events import Act
from workflows.runtime.field_work.lines import earning_text, money_text
from workflows.runtime.field_work.state import Answer, FieldWorkState, Offer

_DISPATCHER: Final = "dispatcher"
_WORK_ORDER: Final = "workorder.v1.WorkOrderService"
_DESK: Final = "workorder.v1.WorkOrderDeskService"
_SETTLEMENT: Final = "settlement.v1.SettlementService"
_WHY_NOT_OWED: Final = {
    **dict.fromkeys(Answer, "OFFER_NOT_ACCEPTED"),
    Answer.RELEASED: "WORK_RELEASED",
}


def read_work_order(state: FieldWorkState) -> CallRpc:
    """What is to be done, and where."""
    request = {"work_order_id": state.input.work_order_id}
    return _read(state, "work_order", f"{_WORK_ORDER}/GetWorkOrder", request, "查询工单")


def read_quote(state: FieldWorkState) -> CallRpc:
    """What the work settles at, step by step."""
    request = {"quote_id": state.input.quote_id}
    return _read(state, "quote", "pricing.v1.PricingService/GetQuote", request, "查询报价")


def rank_candidates(state: FieldWorkState) -> CallRpc:
    """Who are best, but for those who did not want it."""
    source = state.input
    request: dict[str, Any] = {
        "work_order_id": source.work_order_id,
        "excluded_technician_ids": list(state.excluded),
        "limit": source.offers_at_once,
    }
    request |= {"outlet_id": source.outlet_id} if source.outlet_id else {}
    request |= {"team_id": source.team_id} if source.team_id else {}
    return _write(
        state, f"rank/{state.round}", f"{_WORK_ORDER}/RankCandidates", request, "派单匹配"
    )


def find_dispatchers(state: FieldWorkState) -> CallRpc:
    """Who decides when nobody is left."""
    request = {"role": _DISPATCHER}
    if adcode := state.work_order.get("place", {}).get("adcode", ""):
        request["region_adcode"] = adcode
    rpc = "directory.v1.DirectoryService/ResolveAssignees"
    return _read(state, f"dispatchers/{state.round}", rpc, request, "查找派单员")


def read_technician(state: FieldWorkState, offer: Offer) -> CallRpc:
    """Whose outlet and cooperation mode the earning is promised by."""
    request = {"technician_id": offer.technician_id}
    rpc = f"{_WORK_ORDER}/GetTechnician"
    return _read(state, f"technician/{offer.number}", rpc, request, "查询师傅")


def promise_earning(state: FieldWorkState, offer: Offer) -> CallRpc:
    """What this technician will get. It depends on the quote, which is a read."""
    technician = offer.technician
    facts = {
        "case_id": state.input.case_id,
        "work_order_id": state.input.work_order_id,
        "technician_id": technician.technician_id,
        "outlet_id": technician.outlet_id,
        "cooperation_mode": technician.cooperation_mode,
        "quote_id": state.input.quote_id,
        "lines": list(state.settlement_lines or ()),
    }
    if adcode := state.work_order.get("place", {}).get("adcode", ""):
        facts["region_adcode"] = adcode
    return _write(
        state,
        f"promise/{offer.number}",
        f"{_SETTLEMENT}/PromiseEarning",
        {"facts": facts},
        f"承诺收益 {technician.technician_id}",
        barrier=True,
    )


def offer_work_order(state: FieldWorkState, offer: Offer) -> CallRpc:
    """The offer, until an instant of this workflow task: never before the task has ended."""
    request = {
        **_whose(state, offer),
        "earning_id": offer.promised["earning_id"],
        "earning_total": offer.promised["total"],
        "expires_at": timestamp_to_json(offer.answer_by),
    }
    if any(each.is_open for each in state.offers):
        request["beside_others"] = True
    return _write(
        state,
        f"offer/{offer.number}",
        f"{_WORK_ORDER}/OfferWorkOrder",
        request,
        f"派单邀约 {offer.technician_id}",
        barrier=True,
    )


def announce_offer(state: FieldWorkState, offer: Offer) -> CallRpc:
    """The message with the amount and its lines; nobody waits for it."""
    earning, local = offer.promised, offer.answer_by.astimezone(SHANGHAI)
    place = state.work_order.get("place", {})
    variables = {
        "work_order": state.input.work_order_id,
        "amount": money_text(earning["total"]),
        "earning_lines": earning_text(earning),
        "summary": state.work_order["title"],
        "place": place.get("place_name") or place.get("adcode", ""),
        "due_at": f"{local:%m-%d %H:%M}",
    }
    return _notify(state, "announce", "work_order_offer", variables, offer)


def announce_assignment(state: FieldWorkState, offer: Offer) -> CallRpc:
    """To whom a dispatcher gave the work, with the amount and its lines."""
    place = state.work_order.get("place", {})
    variables = {
        "work_order": state.input.work_order_id,
        "amount": money_text(offer.promised["total"]),
        "earning_lines": earning_text(offer.promised),
        "summary": state.work_order["title"],
        "place": place.get("place_name") or place.get("adcode", ""),
    }
    return _notify(state, "assigned", "work_order_assigned", variables, offer)


def announce_end(state: FieldWorkState, offer: Offer) -> CallRpc:
    """To those who were asked or held the work: it is theirs no more."""
    variables = {
        "work_order": state.input.work_order_id,
        "summary": state.work_order["title"],
    }
    return _notify(state, "gone", "work_order_gone", variables, offer)


def close_offer(state: FieldWorkState, offer: Offer) -> CallRpc:
    """End an open offer: declined by the technician, or over."""
    request: dict[str, Any] = _whose(state, offer)
    declined = offer.answer is Answer.DECLINED
    if declined:
        request["reason"] = offer.reason
    return _write(
        state,
        f"close_offer/{offer.number}",
        f"{_WORK_ORDER}/{'DeclineOffer' if declined else 'ExpireOffer'}",
        request,
        "拒单" if declined else "邀约到期",
        purpose=Purpose.COMPENSATE,
    )


def cancel_earning(state: FieldWorkState, offer: Offer) -> CallRpc:
    """Take the promise back; what nobody accepted was never owed."""
    why = state.ending.reason if state.ending else _WHY_NOT_OWED[offer.answer]
    return _write(
        state,
        f"cancel_earning/{offer.number}",
        f"{_SETTLEMENT}/CancelEarning",
        {"earning_id": offer.promised["earning_id"], "reason": why},
        "取消收益",
        purpose=Purpose.COMPENSATE,
    )


def take_work(state: FieldWorkState, offer: Offer) -> CallRpc:
    """Whom a dispatcher names has the work without being asked."""
    return _write(
        state,
        f"take/{offer.number}",
        f"{_WORK_ORDER}/AcceptOffer",
        _whose(state, offer),
        f"指派 {offer.technician_id}",
        barrier=True,
    )


def release_work(state: FieldWorkState, act: Act) -> CallRpc:
    """Whoever took it does not do it after all."""
    request = {
        "work_order_id": state.input.work_order_id,
        "release_code": act.form.get("release_code") or "other",
        "reason": act.comment,
    }
    return _write(
        state,
        f"release/{act.act_key}",
        f"{_DESK}/ReleaseWorkOrder",
        request,
        f"改派 {act.person}",
        barrier=True,
    )


def accept_offer(state: FieldWorkState, offer: Offer, act: Act, at: datetime) -> CallRpc:
    """The technician takes the work."""
    return _of_act(state, "accept", "AcceptOffer", act, _whose(state, offer), "接单")


def schedule_appointment(state: FieldWorkState, offer: Offer, act: Act, at: datetime) -> CallRpc:
    """A window agreed with the customer."""
    request = {
        "work_order_id": state.input.work_order_id,
        "appointment": {name: act.form[name] for name in ("window_start", "window_end")},
    }
    return _of_act(state, "schedule", "ScheduleAppointment", act, request, "预约")


def check_in(state: FieldWorkState, offer: Offer, act: Act, at: datetime) -> CallRpc:
    """The technician is on site."""
    request = {**_whose(state, offer), "checked_in_at": timestamp_to_json(at)}
    if act.form.get("location"):
        request["location"] = act.form["location"]
    return _of_act(state, "check_in", "CheckIn", act, request, "签到")


def complete_work(state: FieldWorkState, offer: Offer, act: Act, at: datetime) -> CallRpc:
    """The work is done, says the technician, and the customer's code proves it."""
    request = {
        **_whose(state, offer),
        "completion_code": act.form["completion_code"],
        "summary": act.form.get("summary", ""),
        "completed_at": timestamp_to_json(at),
    }
    return _of_act(state, "complete", "CompleteWork", act, request, "完工")


def _whose(state: FieldWorkState, offer: Offer) -> dict[str, Any]:
    return {
        "work_order_id": state.input.work_order_id,
        "technician_id": offer.technician_id,
    }


def _notify(
    state: FieldWorkState, name: str, template: str, variables: dict[str, Any], offer: Offer
) -> CallRpc:
    request = {
        "template_code": template,
        "recipient_person_ids": [offer.technician_id],
        "variables": variables,
        "urgency": "URGENCY_URGENT",
        "case_id": state.input.case_id,
    }
    return _write(
        state,
        f"{name}/{offer.number}",
        "notify.v1.NotifyService/Send",
        request,
        f"通知 {offer.technician_id}",
        purpose=Purpose.NOTIFY,
    )


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
