"""One case as a living map with its people, messages and money."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass

from fastapi import APIRouter
from google.protobuf.timestamp_pb2 import Timestamp
from markupsafe import Markup
from starlette.responses import Response

from kit.errors import ServiceError
from protos.cases.v1 import cases_pb2, cases_pb2_grpc
from protos.flow.v1 import flow_pb2, flow_pb2_grpc
from protos.notify.v1 import notify_pb2, notify_pb2_grpc
from protos.settlement.v1 import settlement_pb2, settlement_pb2_grpc
from protos.workorder.v1 import workorder_pb2, workorder_pb2_grpc
from services.gateway.drawing import Standing, svg
from services.gateway.pages.base import Visit, VisitOf, if_allowed
from services.gateway.pages.fields import Filled
from services.gateway.pages.inbox_page import latest_quote
from services.gateway.pages.suggestions import suggestions_for
from services.gateway.pages.tasks import view
from services.gateway.pages.verbs import Asking
from services.gateway.pages.versions import newer_version
from services.gateway.passwords import new_token
from services.gateway.problems import STATUS_OF_KIND
from services.gateway.routes.cases import event_id
from services.gateway.transcoding import to_json
from services.gateway.words import enum_term
from workflows.compiler.plan import Plan

router = APIRouter(include_in_schema=False)


@dataclass(frozen=True, slots=True)
class Moment:
    """One line of a case's timeline."""

    at: Timestamp
    kind: str
    who: str
    term: str
    text: str = ""
    #: The node it is of, or empty.
    node: str = ""
    #: Whom and what it named: people, the node to go back to.
    named: tuple[str, ...] = ()
    #: Why the system did it.
    rule: str = ""


@router.get("/cases/{case_id}")
async def case(visit: VisitOf, case_id: str) -> Response:
    """One case: where it stands, what the visitor can do now, what happened."""
    return await show_case(visit, case_id)


async def show_case(
    visit: Visit,
    case_id: str,
    task_id: str = "",
    filled: Filled | None = None,
    refused: ServiceError | None = None,
) -> Response:
    """A case's page.

    Args:
        visit: who looks.
        case_id: at which case.
        task_id: the user task that the visitor tried to do something to.
        filled: what stands in its form.
        refused: what came of it.
    """
    stub = cases_pb2_grpc.CaseServiceStub(visit.channel("cases"))
    found = await stub.GetCase(cases_pb2.GetCaseRequest(case_id=case_id))
    names = await visit.edge.people.names(found.customer_id)
    orders, earnings, deliveries, acts = await _around(visit, case_id)
    me = visit.caller.actor.person_id
    tasks = [
        view(task, visit.language, names, filled if task.user_task_id == task_id else None)
        for task in found.user_tasks
    ]
    return await visit.page(
        "case.html",
        status=STATUS_OF_KIND[refused.kind] if refused else 200,
        case=found,
        choices=Asking(visit.language, names).of_case(found, me),
        seen=event_id(found),
        map=Markup(await _map(visit, found, names)),
        tasks=tasks,
        quote=await latest_quote(visit, case_id),
        newer=await newer_version(visit, found),
        work_orders=orders,
        earnings=earnings,
        timeline=timeline(acts, deliveries, earnings),
        data=json.dumps(to_json(found)["data"], ensure_ascii=False, indent=2),
        said=visit.request.query_params.get("said", ""),
        problem=refused,
        act_key=new_token("act"),
        here=f"/cases/{case_id}",
        titles={node.node: node.title for node in found.nodes},
        suggestions=await suggestions_for(visit, frozenset().union(*(t.kinds for t in tasks))),
    )


def timeline(
    acts: list[cases_pb2.Act],
    deliveries: list[notify_pb2.Delivery],
    earnings: list[settlement_pb2.Earning],
) -> list[Moment]:
    """People, messages and money in one line of time, newest first."""
    moments = [
        Moment(
            act.acted_at,
            "person",
            act.acting_person_id,
            act.verb,
            act.comment,
            act.node,
            (*act.named_person_ids, *_target(act)),
            act.rule,
        )
        for act in acts
    ]
    moments += [
        Moment(
            delivery.queued_at,
            "message",
            delivery.recipient_person_id,
            enum_term(delivery, "state"),
            delivery.title,
        )
        for delivery in deliveries
    ]
    moments += [
        Moment(
            change.changed_at,
            "coin",
            earning.technician_id,
            enum_term(change, "new_state"),
            change.reason,
        )
        for earning in earnings
        for change in earning.changes
    ]
    return sorted(moments, key=lambda each: (each.at.seconds, each.at.nanos), reverse=True)


def _target(act: cases_pb2.Act) -> tuple[str, ...]:
    """To whom or where an act led."""
    to = act.after.fields.get("to")
    return (to.string_value,) if to is not None and to.string_value else ()


async def _around(
    visit: Visit, case_id: str
) -> tuple[
    list[workorder_pb2.WorkOrder],
    list[settlement_pb2.Earning],
    list[notify_pb2.Delivery],
    list[cases_pb2.Act],
]:
    """What other services know of the case, as far as the visitor may see it."""
    orders = await if_allowed(
        workorder_pb2_grpc.WorkOrderServiceStub(visit.channel("workorder")).ListWorkOrders(
            workorder_pb2.ListWorkOrdersRequest(case_id=case_id)
        )
    )
    earnings = await if_allowed(
        settlement_pb2_grpc.SettlementServiceStub(visit.channel("settlement")).ListEarnings(
            settlement_pb2.ListEarningsRequest(case_id=case_id)
        )
    )
    deliveries = await if_allowed(
        notify_pb2_grpc.NotifyServiceStub(visit.channel("notify")).ListDeliveries(
            notify_pb2.ListDeliveriesRequest(case_id=case_id)
        )
    )
    acts = await if_allowed(
        cases_pb2_grpc.CaseServiceStub(visit.channel("cases")).ListActs(
            cases_pb2.ListActsRequest(case_id=case_id)
        )
    )
    return (
        list(orders.work_orders) if orders else [],
        list(earnings.earnings) if earnings else [],
        list(deliveries.deliveries) if deliveries else [],
        list(acts.acts) if acts else [],
    )


async def _map(visit: Visit, found: cases_pb2.Case, names: dict[str, str]) -> str:
    stub = flow_pb2_grpc.FlowServiceStub(visit.channel("flow"))
    flow = await stub.GetFlow(
        flow_pb2.GetFlowRequest(flow_code=found.flow_code, version=found.flow_version)
    )
    plan = Plan.model_validate_json(flow.plan_json)
    return svg(plan, visit.language, standings(found, lambda who: names.get(who, who), visit.say))


def standings(
    found: cases_pb2.Case, name: Callable[[str], str], say: Callable[[str, str], str]
) -> dict[str, Standing]:
    """How each node of a case stands, and whom the active ones wait for."""
    waiting: dict[str, list[str]] = {}
    for task in found.user_tasks:
        held = [task.assignee_person_id] if task.assignee_person_id else []
        people = held or list(task.candidate_person_ids)
        waiting.setdefault(task.node, []).extend(name(person) for person in people)
    made: dict[str, Standing] = {}
    for node in found.nodes:
        if node.progress == cases_pb2.NODE_PROGRESS_DONE:
            made[node.node] = Standing("done")
        elif awaited := waiting.get(node.node):
            made[node.node] = Standing("active", say("等 ", "waits for ") + "、".join(awaited))
        elif node.retrying:
            made[node.node] = Standing("active", say("⚠ 无应答，重试中", "⚠ no answer, retrying"))
        else:
            made[node.node] = Standing("active", say("进行中", "under way"))
    return made
