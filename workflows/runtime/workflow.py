"""The case's workflow: one dynamic class for every flow, the interpreter's driver on Temporal.

Everything that decides is in the interpreter. This turns history into its events and its commands
into activities, one timer, child workflows and signals, and tells people and operations where the
case stands whenever it comes to wait.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, assert_never

from temporalio import workflow
from temporalio.common import RawValue

from workflows.runtime.shell.alarm import Alarm
from workflows.runtime.shell.alerts import Alerts
from workflows.runtime.shell.attributes import show, values_of
from workflows.runtime.shell.calls import Calls
from workflows.runtime.shell.children import Children
from workflows.runtime.shell.lifetime import Lifetime, begin_next_run
from workflows.runtime.shell.migrating import Migrating, Moved
from workflows.runtime.shell.parent import Parent
from workflows.runtime.shell.recorder import Recorder
from workflows.runtime.shell.replies import answered, refused, reply_to
from workflows.runtime.shell.translation import (
    beginning_of,
    calendar_call,
    child_case_of,
    event_of,
    facts_of,
    field_work_of,
    with_defect,
)

with workflow.unsafe.imports_passed_through():
    from kit.calendar import BusinessCalendar
    from kit.errors import Kind, ServiceError
    from workflows.compiler.plan import INTERPRETER_VERSION, Plan
    from workflows.runtime import describe
    from workflows.runtime.acts import check_act
    from workflows.runtime.calendars import calendar_from_reply
    from workflows.runtime.commands import (
        CallRpc,
        CancelCall,
        CancelChild,
        CancelTimer,
        Command,
        EndCase,
        PrioritiseChild,
        RaiseIncident,
        RecordAct,
        StartFieldWork,
        StartSubflow,
        StartTimer,
    )
    from workflows.runtime.describe_task import look_at_task
    from workflows.runtime.events import (
        Act,
        Acted,
        CancelRequested,
        Event,
        Resumed,
        RpcFailed,
        RpcSucceeded,
        Started,
        TimerFired,
    )
    from workflows.runtime.incidents import targets_of_move
    from workflows.runtime.interpreter import step
    from workflows.runtime.migration import MigrationOrder, MigrationReply, Outcome, Verdict
    from workflows.runtime.payloads import (
        ActReply,
        Alert,
        CarriedOver,
        CaseInput,
        Refusal,
        Signal,
    )
    from workflows.runtime.places import each, node_at
    from workflows.runtime.shell.plan_ref import PlanRef
    from workflows.runtime.spreading import ringing_at


@workflow.defn(dynamic=True)
class CaseWorkflow:
    """One case of any flow. Its arguments: the plan by reference, and a ``CaseInput``."""

    @workflow.init
    def __init__(self, args: Sequence[RawValue]) -> None:
        converter = workflow.payload_converter()
        self._plan: Plan = converter.from_payload(args[0].payload, Plan)
        source: CaseInput = converter.from_payload(args[1].payload, CaseInput)
        carried = source.carried or CarriedOver()
        # What it was handed would else be held in memory beside what has become of it.
        self._input = replace(source, carried=None)
        needed = max(self._plan.interpreter, carried.interpreter)
        if needed > INTERPRETER_VERSION:
            # Fails the task, not the case: a worker that knows so much takes it up.
            raise RuntimeError(f"the case needs interpreter {needed}")
        # Lists, since both are empty while a case waits: an empty deque takes ten times as much.
        self._inbox: list[Event] = []
        #: What came before the case has begun: it is heard of after that.
        self._early: tuple[Event, ...] = ()
        self._todo: list[Command] = []
        #: At first, so that a run that takes over sets its timer and tells what is not told yet.
        self._woken = True
        self._calls = Calls(self._wake)
        self._alarm = Alarm(self._ring)
        self._lifetime = Lifetime(self._wake, carried.left_build)
        self._state = carried.state
        self._recorder = Recorder(self._calls, self._wake, carried.unrecorded)
        self._children = Children(self._inbox.append, dict(carried.children))
        self._parent = Parent(self._input.parent)
        self._alerts = Alerts()
        self._migrating = Migrating(is_child=self._input.parent is not None)
        if carried.moved:
            self._inbox.append(Resumed(workflow.now()))
        self._todo.extend(carried.calls)
        self._children.look_after()
        if source.carried is None:
            # Here and not in ``run``: an act may come in the very first workflow task.
            self._begin()

    @workflow.run
    async def run(self, args: Sequence[RawValue]) -> str:
        """Drive the case to its end; the result is its outcome."""
        while not self._is_over():
            try:
                await workflow.wait_condition(lambda: self._has_work() or self._is_over())
            except asyncio.CancelledError:
                cancelled = CancelRequested(workflow.now(), "ops", "the workflow was cancelled")
                self._inbox.append(cancelled)
            self._work()
        return self._state.outcome

    @workflow.update
    def act(self, act: Act) -> ActReply:
        """Apply what a person does. What follows from it is done after the answer has left."""
        # Whoever acts after a deadline finds that it has rung, even when the timer comes after them.
        self._ring(workflow.now())
        self._take_all()
        try:
            self._apply(Acted(workflow.now(), act))
        except ServiceError as error:
            raise refused(self._reply(act, Refusal.of(error))) from error
        except Exception as defect:
            raise refused(self._reply(act, self._defect_of(act, defect))) from defect
        self._calls.answer_first()
        self._lifetime.note_act()
        return self._reply(act, None)

    @act.validator
    def _check(self, act: Act) -> None:
        try:
            check_act(self._state, act, self._plan)
        except ServiceError as error:
            raise refused(self._reply(act, Refusal.of(error))) from error

    @workflow.update
    def migrate(self, order: MigrationOrder, new: Plan) -> MigrationReply:
        """Move to another version of the flow, as soon as the case has come to wait."""
        self._migrating.order(self._state, self._plan, order, new)
        self._wake()
        version = self._state.flow_version
        return MigrationReply(order.order_key, True, version, Verdict(Outcome.SAFE))

    @migrate.validator
    def _check_migration(self, order: MigrationOrder, new: Plan) -> None:
        self._migrating.check(self._state, self._plan, order, new, workflow.now())

    @workflow.query
    def may_migrate(self, order: MigrationOrder, new: Plan) -> Verdict:
        """Whether the case could move to another version as it stands."""
        return self._migrating.judge(
            self._state, self._plan, order, new, workflow.now(), offer=True
        )

    @workflow.signal
    def event(self, signal: Signal) -> None:
        """Something happened: a domain event, or the end of a field work of this case."""
        try:
            self._inbox.append(event_of(signal, workflow.now()))
        except (TypeError, ValueError) as defect:
            self._note_defect(signal.type, defect)

    @workflow.query
    def standing(self) -> dict[str, Any]:
        """Where the case stands, as the read model is told."""
        return self._standing()

    @workflow.update
    def look(self, task_id: str, given: dict[str, Any]) -> None:
        """How the form of a user task stands with these values; None: the task is closed.

        The validator answers, so that a question leaves no history; this never comes to run. A query
        would be less: it may show the case what no workflow task has recorded, and what the case
        then does would not replay.
        """

    @look.validator
    def _look(self, task_id: str, given: dict[str, Any]) -> None:
        seen = look_at_task(self._state, self._plan, task_id, given)
        raise answered(seen.in_words() if seen is not None else None)

    @workflow.update
    def where_to(self, incident_id: str) -> None:
        """To which nodes operations may move the token of an incident; answered as ``look`` is."""

    @where_to.validator
    def _where_to(self, incident_id: str) -> None:
        nodes = targets_of_move(self._state, self._plan, incident_id)
        raise answered([{"node": n.id, "name": n.name, "name_en": n.name_en} for n in nodes])

    def _wake(self) -> None:
        self._woken = True

    def _has_work(self) -> bool:
        return bool(self._inbox or self._todo or self._woken)

    def _is_over(self) -> bool:
        return (
            self._state.status.over
            and not self._has_work()
            and not self._calls.in_flight
            and self._lifetime.is_settled
            and self._children.settled
            and self._alerts.settled
            and self._parent.is_told
            and self._recorder.is_told(self._state.revision)
        )

    def _begin(self) -> None:
        if self._plan.calendar and self._input.calendar is None:
            call = calendar_call(self._plan.calendar)
            self._calls.start(call, self._begin_with_calendar)
        else:
            self._take(beginning_of(self._input, self._input.calendar))

    def _begin_with_calendar(self, answer: RpcSucceeded | RpcFailed) -> None:
        calendar: BusinessCalendar | None = None
        if isinstance(answer, RpcSucceeded):
            calendar = calendar_from_reply(answer.response)
        self._inbox += [beginning_of(self._input, calendar), *self._early]
        self._early = ()

    def _apply(self, event: Event) -> None:
        self._state, commands = step(self._state, event, self._plan)
        self._todo.extend(commands)

    def _take(self, event: Event) -> None:
        """Apply an event that nobody waits for; a defect stands where operations see it."""
        try:
            self._apply(event)
        except Exception as defect:  # noqa: BLE001 - else the workflow task would fail for ever
            workflow.logger.exception("the interpreter failed")
            self._note_defect(type(event).__name__, defect, event)

    def _note_defect(self, where: str, defect: Exception, event: Event | None = None) -> None:
        self._state = with_defect(self._state, self._input, where, defect, event)
        self._alert("", "CASE_DEFECT", f"{where}: {defect}")
        self._wake()

    def _defect_of(self, act: Act, defect: Exception) -> Refusal:
        """An act that the interpreter cannot take: whoever acted hears it, and operations do."""
        workflow.logger.exception("the interpreter failed")
        if not act.incident_id:
            self._note_defect(f"{act.verb} {act.task_id}".strip(), defect)
        return Refusal(Kind.INTERNAL, "CASE_DEFECT", f"{act.verb} could not be applied: {defect}")

    def _work(self) -> None:
        self._woken = False
        while self._inbox or self._todo:
            self._take_all()
            while self._todo:
                self._carry_out(self._todo.pop(0))
        if not self._calls.chaining:
            self._come_to_wait()

    def _take_all(self) -> None:
        while self._inbox:
            event = self._inbox.pop(0)
            if self._state.case_id or isinstance(event, Started):
                self._take(event)
            else:
                self._early += (event,)

    def _carry_out(self, command: Command) -> None:
        match command:
            case CallRpc():
                self._calls.start(command, self._inbox.append)
            case CancelCall():
                self._calls.cancel(command.call_id)
            case StartTimer() | CancelTimer():
                pass  # one alarm stands for all timers of the state
            case StartFieldWork() | StartSubflow():
                self._start_child(command)
            case CancelChild() | PrioritiseChild():
                self._children.tell(command)
            case RecordAct():
                self._recorder.add(command)
            case RaiseIncident():
                self._alert(command.node, command.reason, command.message)
            case EndCase():
                self._parent.tell(command, self._state.effects)
            case _:
                assert_never(command)

    def _alert(self, node: str, reason: str, message: str) -> None:
        workflow.logger.error("incident: %s %s", reason, message)
        name = node_at(self._plan, node).name if node else ""
        case_id, flow = self._input.case_id, self._plan.flow
        self._alerts.tell(Alert(flow, self._plan.name, reason, message, name, case_id))

    def _start_child(self, command: StartFieldWork | StartSubflow) -> None:
        if isinstance(command, StartFieldWork):
            work = field_work_of(command, self._plan, self._state)
            self._children.start_field_work(command, work)
        else:
            child = child_case_of(command, self._state, self._input)
            self._children.start_case(command, child)

    def _ring(self, at: datetime) -> None:
        timers = each(self._state, self._plan, "timers")
        due = sorted((timer.due, id) for id, timer in timers if timer.due <= at)
        self._inbox.extend(TimerFired(at, id) for _, id in due)

    def _next_ringing(self) -> tuple[datetime | None, str]:
        """When the next timer rings, and what it is for."""
        state = self._state
        timers = [timer for _, timer in each(state, self._plan, "timers")]
        ringing = [(ringing_at(t, state.case_id, state.calendar), t.summary) for t in timers]
        return min(ringing, default=(None, ""))

    def _come_to_wait(self) -> None:
        if self._migrating.is_ordered and self._is_movable() and (moved := self._moved()):
            self._continue_as_new(moved)
        if self._should_continue_as_new():
            self._continue_as_new()
        self._alarm.set(*self._next_ringing())
        if not self._passes_through():
            self._show()

    def _show(self) -> None:
        """Let people and operations see where the case stands."""
        state, plan = self._state, self._plan
        workflow.set_current_details(
            describe.details(state, plan, unrecorded=self._recorder.refusal)
        )
        if not any(each(state, plan, "calls")):
            show(values_of(state, plan, self._input.region_adcode, workflow.now()))
        self._recorder.tell(state.revision, self._told)

    def _told(self) -> dict[str, Any]:
        return {
            "case": self._standing(),
            "awaited": describe.awaited(self._state, self._plan),
            "incidents": describe.incidents(self._state, self._plan),
            "retried_calls": describe.retried_calls(self._state, self._plan),
        }

    def _passes_through(self) -> bool:
        """Only calls are under way, as planned: the case does not wait, it will go on in a moment.
        Telling of each such step would cost as much as the step."""
        if self._calls.in_trouble or self._recorder.is_behind:
            return False
        kinds = ("tasks", "timers", "children", "awaited", "incidents")
        waits = any(any(each(self._state, self._plan, kind)) for kind in kinds)
        calls = [call for _, call in each(self._state, self._plan, "calls")]
        return bool(calls) and not waits and not any(call.retries for call in calls)

    def _moved(self) -> Moved | None:
        return self._migrating.moved(self._state, self._plan, workflow.now())

    def _is_movable(self) -> bool:
        asked = self._children.settled and self._alerts.settled
        settled = asked and self._lifetime.is_settled
        return bool(self._state.case_id and settled and self._parent.is_told)

    def _should_continue_as_new(self) -> bool:
        return self._is_movable() and self._lifetime.is_spent(quiet=not self._calls.in_flight)

    def _continue_as_new(self, moved: Moved | None = None) -> None:
        """Hand everything to a new run, perhaps under another version: nothing local is running,
        handlers never wait, and calls in flight are made again by the next run under the same
        keys."""
        if moved is not None:
            for command in moved.commands:
                self._carry_out(command)
            self._state, self._plan = moved.state, moved.plan
            self._input = replace(self._input, flow_version=moved.flow_version)
        pending = {id for id, _ in each(self._state, self._plan, "calls")}
        alive = {id for id, _ in each(self._state, self._plan, "children")}
        carried = CarriedOver(
            state=self._state,
            calls=self._calls.carried_over(pending),
            unrecorded=self._recorder.unrecorded,
            children={key: id for key, id in self._children.ids.items() if key in alive},
            left_build=self._lifetime.leaving,
            moved=moved is not None,
        )
        following = replace(self._input, inputs={}, calendar=None, carried=carried)
        begin_next_run([PlanRef(self._plan.hash), following])

    def _standing(self) -> dict[str, Any]:
        return describe.standing(self._state, self._plan) | facts_of(self._input)

    def _reply(self, act: Act, refusal: Refusal | None) -> ActReply:
        return reply_to(act, refusal, self._state, self._plan)
