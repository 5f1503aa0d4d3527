"""The workflow of a field work: the driver of ``workflows.runtime.field_work`` on Temporal."""

from __future__ import annotations

import asyncio
import contextlib
from datetime import timedelta
from typing import Any, Final

from temporalio import workflow
from temporalio.exceptions import FailureError

from workflows.runtime.shell.alarm import Alarm
from workflows.runtime.shell.calls import Calls
from workflows.runtime.shell.lifetime import Lifetime, begin_next_run
from workflows.runtime.shell.recorder import Recorder
from workflows.runtime.shell.replies import refused
from workflows.runtime.shell.translation import call_retried

with workflow.unsafe.imports_passed_through():
    from kit.errors import Kind, ServiceError
    from workflows.compiler.plan import INTERPRETER_VERSION
    from workflows.runtime.commands import CallRpc, RecordAct
    from workflows.runtime.events import Act, Acted, CancelRequested, TimerFired
    from workflows.runtime.field_work.acts import check_act
    from workflows.runtime.field_work.carried import CarriedWork
    from workflows.runtime.field_work.incidents import in_words, with_defect
    from workflows.runtime.field_work.record import (
        ORDER_CHANGED,
        awaited,
        details,
        retried_calls,
        standing,
        user_task,
    )
    from workflows.runtime.field_work.state import (
        Begun,
        Command,
        FieldWorkInput,
        FieldWorkState,
        OrderChanged,
        Report,
    )
    from workflows.runtime.field_work.step import Event, step
    from workflows.runtime.payloads import (
        CALL_RETRIED,
        CANCEL,
        CHILD_ENDED,
        ActReply,
        Refusal,
        Signal,
    )


#: An act's call is answered within this, or its answer is that it is still being tried.
_ANSWER_WITHIN: Final = timedelta(seconds=5)


@workflow.defn(name="field_work")
class FieldWorkWorkflow:
    """One work order, lived through; started by a case, to which it reports by signal.

    Its argument: what the case gives it, or what an earlier run hands over.
    """

    @workflow.init
    def __init__(self, source: FieldWorkInput | CarriedWork) -> None:
        self._inbox: list[Event] = []
        if isinstance(source, CarriedWork):
            carried = source
        else:
            carried = CarriedWork(_first_state(source))
            self._inbox.append(Begun(workflow.now()))
        if carried.interpreter > INTERPRETER_VERSION:
            # Fails the task, not the field work: a worker that knows so much takes it up.
            raise RuntimeError(f"the field work needs interpreter {carried.interpreter}")
        self._state = carried.state
        self._todo: list[Command] = list(carried.calls)
        #: At first, so that a run that takes over sets its timer and tells what is not told yet.
        self._woken = True
        self._lifetime = Lifetime(self._wake, carried.left_build)
        self._calls = Calls(self._wake)
        self._alarm = Alarm(lambda at: self._inbox.append(TimerFired(at, "offer")))
        self._recorder = Recorder(self._calls, self._wake, carried.unrecorded)
        self._reporting: asyncio.Task[None] | None = None

    @workflow.run
    async def run(self, source: FieldWorkInput | CarriedWork) -> str:
        """Drive it to its end, which is also the result."""
        while not self._is_over():
            try:
                await workflow.wait_condition(lambda: self._has_work() or self._is_over())
            except asyncio.CancelledError:
                cancelled = CancelRequested(workflow.now(), "ops", "the workflow was cancelled")
                self._inbox.append(cancelled)
            self._work()
        return self._state.ending.outcome.value if self._state.ending else ""

    @workflow.update
    async def act(self, act: Act) -> ActReply:
        """Apply what a technician does, and answer with what the services said to it."""
        try:
            self._apply(Acted(workflow.now(), act))
        except ServiceError as error:
            raise refused(self._reply(act, Refusal.of(error))) from error
        except Exception as defect:
            raise refused(self._reply(act, self._defect_of(act, defect))) from defect
        self._calls.answer_first()
        try:
            await workflow.wait_condition(
                lambda: act.act_key in self._state.settled,
                timeout=_ANSWER_WITHIN,
                timeout_summary=f"答复 {act.person} 的 {act.verb}",
            )
        except TimeoutError:
            return self._reply(
                act,
                Refusal(
                    Kind.UNAVAILABLE,
                    "CASE_ACT_PENDING",
                    "this is written down and will be carried out as soon as the service answers",
                ),
            )
        return self._reply(act, self._verdict(act))

    @act.validator
    def _check(self, act: Act) -> None:
        try:
            check_act(self._state, act)
        except ServiceError as error:
            raise refused(self._reply(act, Refusal.of(error))) from error

    @workflow.signal
    def event(self, signal: Signal) -> None:
        """The case no longer wants it, somebody else has changed the work order, a call has no answer
        yet, or it is to look up."""
        self._wake()
        source = self._state.input
        if signal.type == CALL_RETRIED and signal.key in self._calls.in_flight:
            self._inbox.append(call_retried(signal, workflow.now()))
        if signal.type == ORDER_CHANGED and signal.key == source.work_order_id:
            self._inbox.append(OrderChanged(workflow.now(), signal.payload["work_order"]))
        if signal.type == CANCEL and signal.key == f"{source.node}/{source.visit}":
            reason = str(signal.payload.get("reason", ""))
            self._inbox.append(CancelRequested(workflow.now(), "case", reason))

    @workflow.query
    def standing(self) -> dict[str, Any]:
        """Where it stands, as the read model is told."""
        return standing(self._state)

    def _wake(self) -> None:
        self._woken = True

    def _has_work(self) -> bool:
        return bool(self._inbox or self._todo or self._woken)

    def _is_over(self) -> bool:
        return (
            self._state.ended
            and not self._has_work()
            and not self._calls.in_flight
            and self._lifetime.is_settled
            and self._reporting is None
            and self._recorder.is_told(self._state.revision)
            and workflow.all_handlers_finished()
        )

    def _apply(self, event: Event) -> None:
        self._state, commands = step(self._state, event)
        self._todo.extend(commands)

    def _take(self, event: Event) -> None:
        """Apply an event that nobody waits for; a defect stands where operations see it."""
        try:
            self._apply(event)
        except Exception as defect:  # noqa: BLE001 - else the workflow task would fail for ever
            workflow.logger.exception("the field work failed")
            now, where = workflow.now(), type(event).__name__
            self._state = with_defect(self._state, where, defect, now, event)

    def _defect_of(self, act: Act, defect: Exception) -> Refusal:
        """An act that cannot be taken: whoever acted hears it, and operations do."""
        workflow.logger.exception("the field work failed")
        if not act.incident_id:
            self._state = with_defect(self._state, act.verb, defect, workflow.now())
            self._wake()
        return Refusal(Kind.INTERNAL, "CASE_DEFECT", f"{act.verb} could not be applied: {defect}")

    def _work(self) -> None:
        self._woken = False
        while self._inbox or self._todo:
            while self._inbox:
                self._take(self._inbox.pop(0))
            while self._todo:
                self._carry_out(self._todo.pop(0))
        if not self._calls.chaining:
            self._come_to_wait()

    def _carry_out(self, command: Command) -> None:
        match command:
            case CallRpc():
                self._calls.start(command, self._inbox.append)
            case RecordAct():
                self._recorder.add(command)
            case Report():
                # Beside the run, which may be cancelled meanwhile: the case must hear of its end.
                self._reporting = asyncio.create_task(self._report(command))

    async def _report(self, report: Report) -> None:
        source = self._state.input
        told = Signal(
            type=CHILD_ENDED,
            key=f"{source.node}/{source.visit}",
            payload={
                "node": source.node,
                "visit": source.visit,
                "outcome": report.outcome.value,
                "output": report.output,
                "reason": report.reason,
                "message": report.message,
            },
        )
        case = workflow.get_external_workflow_handle(source.case_workflow_id)
        telling = asyncio.create_task(case.signal("event", told))
        while not telling.done():
            # It is over, so a cancellation comes too late; without a word the case would wait on.
            with contextlib.suppress(asyncio.CancelledError):
                await workflow.wait([telling])
        try:
            await telling
        except FailureError as error:
            workflow.logger.warning("the case does not hear of its field work: %s", error)
        self._reporting = None
        self._wake()

    def _come_to_wait(self) -> None:
        state = self._state
        dues = (each.expires_at for each in state.offers if each.is_open and not each.lapsed)
        due = min((at for at in dues if at is not None), default=None)
        self._alarm.set(due, f"邀约到期 {state.input.work_order_id}")
        workflow.set_current_details(details(state))
        self._recorder.tell(
            state.revision,
            lambda: {
                "case": standing(state),
                "awaited": awaited(state),
                "incidents": in_words(state),
                "retried_calls": retried_calls(state),
            },
        )
        if not state.ended and workflow.all_handlers_finished() and self._lifetime.is_spent():
            self._continue_as_new()

    def _continue_as_new(self) -> None:
        """Hand everything to a new run; the call in flight and messages are made again by it."""
        carried = CarriedWork(
            state=self._state,
            calls=tuple(call for call in self._calls.in_flight.values() if call.node),
            unrecorded=self._recorder.unrecorded,
            left_build=self._lifetime.leaving,
        )
        begin_next_run([carried])

    def _verdict(self, act: Act) -> Refusal | None:
        settled = self._state.settled[act.act_key]
        if not settled.reason:
            return None
        return Refusal(Kind.FAILED_PRECONDITION, settled.reason, settled.message)

    def _reply(self, act: Act, refusal: Refusal | None) -> ActReply:
        state = self._state
        task = next((each for each in state.tasks if each.task_id == act.task_id), None)
        return ActReply(
            act_key=act.act_key,
            applied=refusal is None,
            status=state.ending.outcome.value if state.ending else "running",
            revision=state.revision,
            user_task=user_task(state, task) if task else None,
            refusal=refusal,
            remembered=True,
        )


def _first_state(source: FieldWorkInput) -> FieldWorkState:
    """Its revisions begin beyond those of an earlier field work of the same work order, which bore the
    same workflow id: the read model takes the newest."""
    info = workflow.info()
    begun_ms = int(info.workflow_start_time.timestamp() * 1_000)
    return FieldWorkState(source, info.workflow_id, revision=begun_ms)
