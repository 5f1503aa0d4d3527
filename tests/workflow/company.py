# ruff: noqa: N802 - gRPC method names
"""A small company behind real gRPC: the services that cases call, kept in memory.

``Company`` holds what they know and what was done to them. ``down`` names services that do not
answer; ``refuse`` gives an RPC a refusal instead of its reply; ``slow`` lets it take some seconds.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from typing import Any

from google.protobuf.timestamp_pb2 import Timestamp

from kit.errors import FailedPrecondition, NotFound, ServiceError, Unavailable
from kit.rpc.server import Mount
from protos.common.v1.money_pb2 import Money
from protos.directory.v1 import directory_pb2, directory_pb2_grpc
from protos.events.v1 import events_pb2, events_pb2_grpc
from protos.notify.v1 import notify_pb2, notify_pb2_grpc
from protos.pricing.v1 import policy_pb2, policy_pb2_grpc, pricing_pb2, pricing_pb2_grpc
from protos.settlement.v1 import (
    adjustment_pb2,
    adjustment_pb2_grpc,
    settlement_pb2,
    settlement_pb2_grpc,
)
from protos.workorder.v1 import (
    appointment_pb2,
    appointment_pb2_grpc,
    maintenance_pb2,
    maintenance_pb2_grpc,
    orders_pb2,
    orders_pb2_grpc,
    workorder_pb2,
    workorder_pb2_grpc,
)
from services.directory.convert.calendars import calendar_to_proto
from services.directory.domain.calendar import CalendarDefinition, lay_out

NINE_TO_SIX = ((9 * 60, 18 * 60),)
COMPLETION_CODE = "314159"


def yuan(fen: int) -> Money:
    return Money(currency="CNY", amount_minor=fen)


def _now() -> Timestamp:
    stamp = Timestamp()
    stamp.FromDatetime(datetime.now(UTC))
    return stamp


@dataclass
class Company:
    people: dict[str, list[str]] = field(default_factory=dict)
    technicians: list[str] = field(default_factory=list)
    down: set[str] = field(default_factory=set)
    refuse: dict[str, ServiceError] = field(default_factory=dict)
    slow: dict[str, float] = field(default_factory=dict)
    calls: Counter[str] = field(default_factory=Counter)
    messages: list[notify_pb2.SendRequest] = field(default_factory=list)
    quotes: dict[str, pricing_pb2.QuoteResult] = field(default_factory=dict)
    work_orders: dict[str, workorder_pb2.WorkOrder] = field(default_factory=dict)
    earnings: dict[str, settlement_pb2.Earning] = field(default_factory=dict)
    undone: list[str] = field(default_factory=list)
    due_visits: dict[str, maintenance_pb2.DueVisit] = field(default_factory=dict)
    #: By the visit, its case, or why it has none.
    begun: dict[str, str] = field(default_factory=dict)
    faults: dict[str, str] = field(default_factory=dict)
    #: How many holds each sweep finds to be over.
    expiring: list[int] = field(default_factory=list)
    #: By its id, when a hold-back falls due; and those that went back, in their order.
    held: dict[str, datetime] = field(default_factory=dict)
    released: list[str] = field(default_factory=list)
    #: What "now" is for them, when time is skipped.
    clock: dict[str, Callable[[], Awaitable[datetime]]] = field(default_factory=dict)
    applied: list[events_pb2.DomainEvent] = field(default_factory=list)
    #: The edits of the one calendar; without any it opens from nine to six on working days.
    calendars: list[CalendarDefinition] = field(default_factory=list)

    def reset(self) -> None:
        """Forget everything; everybody is up."""
        for part in fields(self):
            getattr(self, part.name).clear()

    async def enter(self, service: str, rpc: str) -> None:
        if service in self.down:
            raise Unavailable("SERVICE_UNAVAILABLE", f"{service} is down")
        if rpc in self.refuse:
            raise self.refuse[rpc]
        self.calls[rpc] += 1
        await asyncio.sleep(self.slow.get(rpc, 0))

    def messages_to(self, person: str, template: str) -> list[notify_pb2.SendRequest]:
        return [
            message
            for message in self.messages
            if person in message.recipient_person_ids and message.template_code == template
        ]

    def mounts(self) -> list[Mount]:
        return [
            Mount(
                "directory.v1.DirectoryService",
                directory_pb2_grpc.add_DirectoryServiceServicer_to_server,
                _Directory(self),
            ),
            Mount(
                "notify.v1.NotifyService",
                notify_pb2_grpc.add_NotifyServiceServicer_to_server,
                _Notify(self),
            ),
            Mount(
                "pricing.v1.PricingService",
                pricing_pb2_grpc.add_PricingServiceServicer_to_server,
                _Pricing(self),
            ),
            Mount(
                "pricing.v1.PolicyService",
                policy_pb2_grpc.add_PolicyServiceServicer_to_server,
                _Policies(self),
            ),
            Mount(
                "workorder.v1.WorkOrderService",
                workorder_pb2_grpc.add_WorkOrderServiceServicer_to_server,
                _WorkOrders(self),
            ),
            Mount(
                "workorder.v1.WorkOrderDeskService",
                orders_pb2_grpc.add_WorkOrderDeskServiceServicer_to_server,
                _Desk(self),
            ),
            Mount(
                "workorder.v1.AppointmentService",
                appointment_pb2_grpc.add_AppointmentServiceServicer_to_server,
                _Appointments(self),
            ),
            Mount(
                "workorder.v1.MaintenanceService",
                maintenance_pb2_grpc.add_MaintenanceServiceServicer_to_server,
                _Maintenance(self),
            ),
            Mount(
                "settlement.v1.SettlementService",
                settlement_pb2_grpc.add_SettlementServiceServicer_to_server,
                _Settlement(self),
            ),
            Mount(
                "settlement.v1.AdjustmentService",
                adjustment_pb2_grpc.add_AdjustmentServiceServicer_to_server,
                _Adjustments(self),
            ),
            Mount(
                "events.v1.ProjectionService",
                events_pb2_grpc.add_ProjectionServiceServicer_to_server,
                _Projection(self),
            ),
        ]


class _Partial:
    """Only the RPCs that the flows of these tests call."""

    def __getattr__(self, rpc: str) -> Any:
        async def missing(request: Any, context: Any) -> Any:
            raise AssertionError(f"the company has no {rpc}")

        return missing


class _Directory(_Partial):
    def __init__(self, company: Company) -> None:
        self._company = company

    async def ResolveAssignees(
        self, request: directory_pb2.ResolveAssigneesRequest, context: Any
    ) -> directory_pb2.ResolveAssigneesResponse:
        await self._company.enter("directory", "ResolveAssignees")
        people = request.person_ids or self._company.people.get(request.role, [])
        return directory_pb2.ResolveAssigneesResponse(person_ids=people)

    async def GetCalendar(
        self, request: directory_pb2.GetCalendarRequest, context: Any
    ) -> directory_pb2.Calendar:
        await self._company.enter("directory", "GetCalendar")
        if self._company.calendars:
            return self._newest(request)
        hours = [directory_pb2.OpenInterval(start_minute=540, end_minute=1080)]
        return directory_pb2.Calendar(
            calendar_code=request.calendar_code,
            version_hash="test",
            version=1,
            first_year=request.first_year,
            last_year=request.last_year,
            time_zone="Asia/Shanghai",
            weekly=[directory_pb2.WeekdayHours(weekday=day, open=hours) for day in range(1, 6)],
        )

    def _newest(self, request: directory_pb2.GetCalendarRequest) -> directory_pb2.Calendar:
        code = request.calendar_code
        edits = [each for each in self._company.calendars if each.calendar_code == code]
        if not edits:
            raise NotFound("CALENDAR_UNKNOWN", f"there is no calendar {code}")
        return calendar_to_proto(lay_out(edits[-1], request.first_year, request.last_year))


class _Notify(_Partial):
    def __init__(self, company: Company) -> None:
        self._company = company

    async def Send(self, request: notify_pb2.SendRequest, context: Any) -> notify_pb2.SendResponse:
        await self._company.enter("notify", "Send")
        self._company.messages.append(request)
        return notify_pb2.SendResponse(message_id=f"msg_{len(self._company.messages)}")


class _Projection(_Partial):
    def __init__(self, company: Company) -> None:
        self._company = company

    async def ApplyEvents(
        self, request: events_pb2.ApplyEventsRequest, context: Any
    ) -> events_pb2.ApplyEventsResponse:
        self._company.applied.extend(request.events)
        return events_pb2.ApplyEventsResponse(applied_count=len(request.events))


class _Pricing(_Partial):
    """Every unit costs 200.00 and settles at 150.00, a fifth of it as a premium."""

    def __init__(self, company: Company) -> None:
        self._company = company

    async def Quote(
        self, request: pricing_pb2.QuoteRequest, context: Any
    ) -> pricing_pb2.QuoteResult:
        await self._company.enter("pricing", "Quote")
        units = request.facts.lines[0].quantity
        line = pricing_pb2.QuoteLine(
            line_number=1,
            item_code=request.facts.lines[0].item_code,
            item_name="标准安装",
            quantity=units,
            amount=yuan(20_000 * units),
            settlement_amount=yuan(15_000 * units),
            settlement_steps=[
                pricing_pb2.QuoteStep(
                    phase="base", rule_id="r1", label="基础费", amount_after=yuan(12_000 * units)
                ),
                pricing_pb2.QuoteStep(
                    phase="premium",
                    rule_id="m1",
                    label="五环内溢价",
                    amount_before=yuan(12_000 * units),
                    amount_after=yuan(15_000 * units),
                ),
            ],
        )
        quote = pricing_pb2.QuoteResult(
            quote_id=f"qt_{request.case_id}",
            case_id=request.case_id,
            facts=request.facts,
            lines=[line],
            total=yuan(20_000 * units),
            settlement_total=yuan(15_000 * units),
            quoted_at=_now(),
        )
        self._company.quotes[quote.quote_id] = quote
        return quote

    async def GetQuote(
        self, request: pricing_pb2.GetQuoteRequest, context: Any
    ) -> pricing_pb2.QuoteResult:
        await self._company.enter("pricing", "GetQuote")
        return self._company.quotes[request.quote_id]


class _Policies(_Partial):
    def __init__(self, company: Company) -> None:
        self._company = company

    async def RecordThaw(
        self, request: policy_pb2.RecordThawRequest, context: Any
    ) -> policy_pb2.Freeze:
        await self._company.enter("pricing", "RecordThaw")
        return policy_pb2.Freeze(freeze_id=request.freeze_id)

    async def RecordPriceModeReturn(
        self, request: policy_pb2.RecordPriceModeReturnRequest, context: Any
    ) -> policy_pb2.PriceModeSwitch:
        await self._company.enter("pricing", "RecordPriceModeReturn")
        return policy_pb2.PriceModeSwitch(switch_id=request.switch_id)


class _WorkOrders(_Partial):
    def __init__(self, company: Company) -> None:
        self._company = company

    async def _enter(self, rpc: str, work_order_id: str) -> workorder_pb2.WorkOrder:
        await self._company.enter("workorder", rpc)
        return self._company.work_orders[work_order_id]

    async def CreateWorkOrder(
        self, request: workorder_pb2.CreateWorkOrderRequest, context: Any
    ) -> workorder_pb2.WorkOrder:
        await self._company.enter("workorder", "CreateWorkOrder")
        work_order_id = f"wo_{request.case_id}"
        if work_order_id in self._company.work_orders:
            return self._company.work_orders[work_order_id]
        order = workorder_pb2.WorkOrder(
            work_order_id=work_order_id,
            case_id=request.case_id,
            title=request.title,
            state=workorder_pb2.WORK_ORDER_STATE_CREATED,
            quote_id=request.quote_id,
            completion_code=COMPLETION_CODE,
            created_at=_now(),
        )
        self._company.work_orders[order.work_order_id] = order
        return order

    async def CancelWorkOrder(
        self, request: workorder_pb2.CancelWorkOrderRequest, context: Any
    ) -> workorder_pb2.WorkOrder:
        order = await self._enter("CancelWorkOrder", request.work_order_id)
        order.state = workorder_pb2.WORK_ORDER_STATE_CANCELLED
        self._company.undone.append("CancelWorkOrder")
        return order

    async def GetWorkOrder(
        self, request: workorder_pb2.GetWorkOrderRequest, context: Any
    ) -> workorder_pb2.WorkOrder:
        return await self._enter("GetWorkOrder", request.work_order_id)

    async def RankCandidates(
        self, request: workorder_pb2.RankCandidatesRequest, context: Any
    ) -> workorder_pb2.DispatchDecision:
        await self._enter("RankCandidates", request.work_order_id)
        left = [
            technician
            for technician in self._company.technicians
            if technician not in request.excluded_technician_ids
        ]
        return workorder_pb2.DispatchDecision(
            decision_id="dd_1",
            work_order_id=request.work_order_id,
            candidates=[
                workorder_pb2.Candidate(
                    technician_id=technician, outlet_id="ot_1", cooperation_mode="direct"
                )
                for technician in left
            ],
        )

    async def GetTechnician(
        self, request: workorder_pb2.GetTechnicianRequest, context: Any
    ) -> workorder_pb2.Technician:
        await self._company.enter("workorder", "GetTechnician")
        return workorder_pb2.Technician(
            technician_id=request.technician_id, outlet_id="ot_1", cooperation_mode="direct"
        )

    async def OfferWorkOrder(
        self, request: workorder_pb2.OfferWorkOrderRequest, context: Any
    ) -> workorder_pb2.WorkOrder:
        order = await self._enter("OfferWorkOrder", request.work_order_id)
        order.state = workorder_pb2.WORK_ORDER_STATE_OFFERED
        order.offer.technician_id = request.technician_id
        order.offer.expires_at.CopyFrom(request.expires_at)
        return order

    async def AcceptOffer(
        self, request: workorder_pb2.AcceptOfferRequest, context: Any
    ) -> workorder_pb2.WorkOrder:
        order = await self._enter("AcceptOffer", request.work_order_id)
        order.state = workorder_pb2.WORK_ORDER_STATE_ACCEPTED
        order.technician_id = request.technician_id
        return order

    async def DeclineOffer(
        self, request: workorder_pb2.DeclineOfferRequest, context: Any
    ) -> workorder_pb2.WorkOrder:
        return await self._close("DeclineOffer", request.work_order_id)

    async def ExpireOffer(
        self, request: workorder_pb2.ExpireOfferRequest, context: Any
    ) -> workorder_pb2.WorkOrder:
        return await self._close("ExpireOffer", request.work_order_id)

    async def _close(self, rpc: str, work_order_id: str) -> workorder_pb2.WorkOrder:
        order = await self._enter(rpc, work_order_id)
        order.state = workorder_pb2.WORK_ORDER_STATE_CREATED
        order.ClearField("offer")
        return order

    async def ScheduleAppointment(
        self, request: workorder_pb2.ScheduleAppointmentRequest, context: Any
    ) -> workorder_pb2.WorkOrder:
        order = await self._enter("ScheduleAppointment", request.work_order_id)
        order.state = workorder_pb2.WORK_ORDER_STATE_SCHEDULED
        order.appointment.CopyFrom(request.appointment)
        return order

    async def CheckIn(
        self, request: workorder_pb2.CheckInRequest, context: Any
    ) -> workorder_pb2.WorkOrder:
        order = await self._enter("CheckIn", request.work_order_id)
        order.state = workorder_pb2.WORK_ORDER_STATE_IN_PROGRESS
        return order

    async def CompleteWork(
        self, request: workorder_pb2.CompleteWorkRequest, context: Any
    ) -> workorder_pb2.WorkOrder:
        order = await self._enter("CompleteWork", request.work_order_id)
        if request.completion_code == COMPLETION_CODE:
            order.state = workorder_pb2.WORK_ORDER_STATE_COMPLETED
            order.completed_at.CopyFrom(request.completed_at)
        return order


class _Desk(_Partial):
    def __init__(self, company: Company) -> None:
        self._company = company

    async def ReleaseWorkOrder(
        self, request: orders_pb2.ReleaseWorkOrderRequest, context: Any
    ) -> workorder_pb2.WorkOrder:
        await self._company.enter("workorder", "ReleaseWorkOrder")
        order = self._company.work_orders[request.work_order_id]
        order.state = workorder_pb2.WORK_ORDER_STATE_CREATED
        order.ClearField("technician_id")
        return order


class _Settlement(_Partial):
    """The technician gets four fifths of every line."""

    def __init__(self, company: Company) -> None:
        self._company = company

    async def PromiseEarning(
        self, request: settlement_pb2.PromiseEarningRequest, context: Any
    ) -> settlement_pb2.Earning:
        await self._company.enter("settlement", "PromiseEarning")
        facts = request.facts
        earning_id = f"er_{facts.work_order_id}_{facts.technician_id}"
        if earning_id in self._company.earnings:
            return self._company.earnings[earning_id]
        lines = [
            settlement_pb2.EarningLine(
                line_number=number,
                line_kind=line.line_kind,
                label=line.label,
                amount=yuan(line.amount.amount_minor * 4 // 5),
            )
            for number, line in enumerate(facts.lines, start=1)
        ]
        earning = settlement_pb2.Earning(
            earning_id=earning_id,
            work_order_id=facts.work_order_id,
            technician_id=facts.technician_id,
            state=settlement_pb2.EARNING_STATE_ESTIMATED,
            lines=lines,
            total=yuan(sum(line.amount.amount_minor for line in lines)),
            settlement_total=yuan(sum(line.amount.amount_minor for line in facts.lines)),
            promised_at=_now(),
        )
        self._company.earnings[earning.earning_id] = earning
        return earning

    async def CancelEarning(
        self, request: settlement_pb2.CancelEarningRequest, context: Any
    ) -> settlement_pb2.Earning:
        await self._company.enter("settlement", "CancelEarning")
        return self._move(request.earning_id, settlement_pb2.EARNING_STATE_CANCELLED)

    async def LockEarning(
        self, request: settlement_pb2.LockEarningRequest, context: Any
    ) -> settlement_pb2.Earning:
        await self._company.enter("settlement", "LockEarning")
        return self._move(request.earning_id, settlement_pb2.EARNING_STATE_LOCKED)

    def _move(
        self, earning_id: str, state: settlement_pb2.EarningState.ValueType
    ) -> settlement_pb2.Earning:
        earning = self._company.earnings.get(earning_id)
        if earning is None:
            raise FailedPrecondition("SETTLEMENT_EARNING_UNKNOWN", f"no earning {earning_id}")
        earning.state = state
        return earning


class _Appointments(_Partial):
    def __init__(self, company: Company) -> None:
        self._company = company

    async def ExpireSlots(
        self, request: appointment_pb2.ExpireSlotsRequest, context: Any
    ) -> appointment_pb2.ExpireSlotsResponse:
        await self._company.enter("workorder", "ExpireSlots")
        count = self._company.expiring.pop(0) if self._company.expiring else 0
        return appointment_pb2.ExpireSlotsResponse(
            expired_count=count, more=bool(self._company.expiring)
        )


class _Adjustments(_Partial):
    def __init__(self, company: Company) -> None:
        self._company = company

    async def ReleaseDueHoldbacks(
        self, request: adjustment_pb2.ReleaseDueHoldbacksRequest, context: Any
    ) -> adjustment_pb2.ReleaseDueHoldbacksResponse:
        """Some of what is due, and when the next one is."""
        company = self._company
        await company.enter("settlement", "ReleaseDueHoldbacks")
        now = await company.clock["now"]() if company.clock else datetime.now(UTC)
        due = sorted(name for name, at in company.held.items() if at <= now)[:20]
        for name in due:
            del company.held[name]
            company.released.append(name)
        reply = adjustment_pb2.ReleaseDueHoldbacksResponse(
            more=len(due) == 20, released_count=len(due)
        )
        if company.held:
            reply.next_release_at.FromDatetime(min(company.held.values()))
        return reply


class _Maintenance(_Partial):
    def __init__(self, company: Company) -> None:
        self._company = company

    async def ClaimDueVisits(
        self, request: maintenance_pb2.ClaimDueVisitsRequest, context: Any
    ) -> maintenance_pb2.ClaimDueVisitsResponse:
        await self._company.enter("workorder", "ClaimDueVisits")
        left = sorted(self._company.due_visits.keys() - self._company.begun.keys())
        page = [each for each in left if each > request.after_visit_id][:20]
        return maintenance_pb2.ClaimDueVisitsResponse(
            due_visits=[self._company.due_visits[each] for each in page]
        )

    async def RecordVisitStarted(
        self, request: maintenance_pb2.RecordVisitStartedRequest, context: Any
    ) -> maintenance_pb2.MaintenanceVisit:
        await self._company.enter("workorder", "RecordVisitStarted")
        assert self._company.begun.setdefault(request.visit_id, request.case_id) == request.case_id
        return maintenance_pb2.MaintenanceVisit(visit_id=request.visit_id)

    async def RecordVisitFault(
        self, request: maintenance_pb2.RecordVisitFaultRequest, context: Any
    ) -> maintenance_pb2.MaintenanceVisit:
        await self._company.enter("workorder", "RecordVisitFault")
        self._company.faults[request.visit_id] = request.fault
        return maintenance_pb2.MaintenanceVisit(visit_id=request.visit_id)
