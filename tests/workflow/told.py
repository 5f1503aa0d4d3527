"""The company as a scenario tells it, behind real gRPC: every RPC answers what the story says.

Field work and child cases are told as well: a story says how they end, and not what is done in them, so
that a workflow of the same name reports to the case what the story says, after as long as it says.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from importlib import import_module
from typing import Any

from temporalio import activity, workflow

from kit.errors import FailedPrecondition
from kit.rpc.methods import find_method, response_class
from kit.rpc.server import Mount
from protos.directory.v1 import directory_pb2
from workflows.activities.messages import message_to_json
from workflows.compiler.plan import Plan
from workflows.runtime.calendars import GET_CALENDAR
from workflows.runtime.field_work.state import FieldWorkInput
from workflows.runtime.messages import SEND
from workflows.runtime.payloads import CANCEL, CHILD_ENDED, CaseInput, Signal
from workflows.runtime.people import RESOLVE_ASSIGNEES
from workflows.simulation.world import FIELD_WORK, Opening, World

with workflow.unsafe.imports_passed_through():
    from google.protobuf import json_format
    from google.protobuf.message import Message

#: Area, proto file and service.
_SERVICES = (
    ("directory", "directory", "Directory"),
    ("pricing", "pricing", "Pricing"),
    ("workorder", "workorder", "WorkOrder"),
    ("workorder", "orders", "WorkOrderDesk"),
    ("settlement", "settlement", "Settlement"),
    ("notify", "notify", "Notify"),
)
_ROUND_THE_CLOCK = Opening(every_day="00:00-24:00")


@dataclass
class Told:
    """What the services answer in the story that is being played, and what they were asked."""

    world: World = field(default_factory=lambda: World(()))
    opening: Opening = _ROUND_THE_CLOCK
    sent: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)
    alerts: list[str] = field(default_factory=list)
    calls: Counter[str] = field(default_factory=Counter)
    unanswered: list[str] = field(default_factory=list)

    def begin(self, world: World, opening: Opening | None) -> None:
        """Another story."""
        self.world, self.opening = world, opening or _ROUND_THE_CLOCK
        self.sent, self.alerts, self.calls, self.unanswered = [], [], Counter(), []

    def mounts(self) -> list[Mount]:
        """Every service that cases call."""
        return [self._mount(*each) for each in _SERVICES]

    def _mount(self, area: str, file: str, name: str) -> Mount:
        generated = import_module(f"protos.{area}.v1.{file}_pb2_grpc")
        service = f"{area}.v1.{name}Service"
        add = getattr(generated, f"add_{name}ServiceServicer_to_server")
        return Mount(service, add, _Service(service, self))

    def answer(self, rpc: str, request: dict[str, Any]) -> Message:
        """The reply of an RPC.

        Raises:
            FailedPrecondition: the story says that it fails.
        """
        reply = response_class(find_method(rpc))()
        if rpc == GET_CALENDAR:
            return _calendar(self.opening)
        if rpc == RESOLVE_ASSIGNEES and request.get("role") == "ops":
            return directory_pb2.ResolveAssigneesResponse(person_ids=["pe_ops"])
        if rpc == SEND and request["template_code"] == "incident_raised":
            self.alerts.append(request["variables"]["reason"].split()[0])
        elif rpc == SEND:
            people = tuple(request["recipient_person_ids"])
            self.sent.append((request["template_code"], people))
        elif rpc != RESOLVE_ASSIGNEES:
            self.calls[rpc] += 1
        told = self.world.answer(rpc, request)
        if told.reason:
            raise FailedPrecondition(told.reason, told.message)
        return json_format.ParseDict(told.response, reply)

    @activity.defn(name="told")
    async def child(self, name: str, request: dict[str, Any]) -> dict[str, Any]:
        """How a field work or a child case ends."""
        self.calls[name] += 1
        reply = self.world.answer(name, request)
        return {
            "output": reply.response,
            "reason": reply.reason,
            "message": reply.message,
            "outcome": "failed" if reply.reason else "completed",
            "after": reply.after.total_seconds(),
        }


class _Service:
    def __init__(self, name: str, told: Told) -> None:
        self._name = name
        self._told = told

    def __getattr__(self, method: str) -> Any:
        async def answer(request: Message, context: Any) -> Message:
            rpc = f"{self._name}/{method}"
            try:
                return self._told.answer(rpc, message_to_json(request))
            except LookupError as missing:
                self._told.unanswered.append(str(missing))
                raise

        return answer


def _calendar(opening: Opening) -> directory_pb2.Calendar:
    calendar = opening.calendar()

    def hours(intervals: Any) -> list[directory_pb2.OpenInterval]:
        return [
            directory_pb2.OpenInterval(start_minute=first, end_minute=last)
            for first, last in intervals
        ]

    return directory_pb2.Calendar(
        calendar_code=calendar.code,
        version_hash=calendar.version_hash,
        time_zone=calendar.time_zone,
        weekly=[
            directory_pb2.WeekdayHours(weekday=weekday, open=hours(intervals))
            for weekday, intervals in enumerate(calendar.weekly, start=1)
        ],
        days=[
            directory_pb2.DayOverride(day=day.isoformat(), open=hours(intervals))
            for day, intervals in calendar.days.items()
        ],
        provisional_years=calendar.provisional_years,
        first_year=calendar.first_year,
        last_year=calendar.last_year,
    )


class _Child:
    """Reports to its case what the story says, or that it was cancelled."""

    def __init__(self) -> None:
        self._cancelled = False

    @workflow.signal
    def event(self, signal: Signal) -> None:
        """The case no longer wants it."""
        self._cancelled = self._cancelled or signal.type == CANCEL

    async def live(self, case: str, node: str, visit: int, name: str, request: Any) -> str:
        ending: dict[str, Any] = await workflow.execute_activity(
            "told", args=[name, request], start_to_close_timeout=timedelta(seconds=10)
        )
        after = timedelta(seconds=ending.pop("after"))
        try:
            await workflow.wait_condition(lambda: self._cancelled, timeout=after)
            ending = {"outcome": "cancelled"}
        except TimeoutError:
            pass
        told = Signal(
            CHILD_ENDED, f"{node}/{visit}", payload={**ending, "node": node, "visit": visit}
        )
        await workflow.get_external_workflow_handle(case).signal("event", told)
        return str(ending["outcome"])


@workflow.defn(name=FIELD_WORK)
class ToldFieldWork(_Child):
    @workflow.run
    async def run(self, source: FieldWorkInput) -> str:
        request = asdict(source)
        return await self.live(
            source.case_workflow_id, source.node, source.visit, FIELD_WORK, request
        )


@workflow.defn(name="aircon_install")
class ToldInstallation(_Child):
    flow = "aircon_install"

    @workflow.run
    async def run(self, plan: Plan, source: CaseInput) -> str:
        parent = source.parent
        assert parent is not None
        return await self.live(
            parent.workflow_id, parent.node, parent.visit, self.flow, source.inputs
        )
