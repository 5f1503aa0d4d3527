"""Starting cases and acting on them.

Whoever stands before this door (the gateway, and the command line through it) has settled who the
person is; an act carries the person and roles of their token, and the case checks them against its
own state. Refusals are answers, not exceptions: an ``ActReply`` that was not applied says why, and
how things stand.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
from collections.abc import Iterator
from datetime import timedelta
from typing import Any, Final, cast

from pydantic import TypeAdapter
from temporalio.client import (
    Client,
    WorkflowExecutionStatus,
    WorkflowFailureError,
    WorkflowHandle,
    WorkflowUpdateFailedError,
    WorkflowUpdateRPCTimeoutOrCancelledError,
)
from temporalio.common import (
    SearchAttributePair,
    TypedSearchAttributes,
    WorkflowIDConflictPolicy,
    WorkflowIDReusePolicy,
)
from temporalio.exceptions import ApplicationError, WorkflowAlreadyStartedError
from temporalio.service import RPCError, RPCStatusCode

from kit.calendar import BusinessCalendar
from kit.clock import Clock
from kit.config import Settings
from kit.errors import FailedPrecondition, Internal, Kind, NotFound, Unavailable
from kit.ids import new_id
from kit.rpc.client import RpcCaller
from protos.flow.v1 import flow_pb2
from workflows.activities.messages import message_to_json, request_from_json
from workflows.client.temporal import TASK_QUEUE, case_workflow_id, connect_temporal
from workflows.client.values import CaseDescription, CaseStart, StartedCase
from workflows.compiler.plan import INTERPRETER_VERSION, Plan
from workflows.runtime.calendars import GET_CALENDAR, calendar_from_reply, calendar_request
from workflows.runtime.events import Act
from workflows.runtime.forms import read_form
from workflows.runtime.payloads import ActReply, CaseInput, Refusal
from workflows.runtime.shell import attributes
from workflows.runtime.shell.plan_ref import PlanRef

_ANSWER_WITHIN: Final = timedelta(seconds=10)
#: Between the tries of an act whose workflow task must run again, in seconds.
_PAUSES: Final = (0.02, 0.05, 0.1, 0.2, 0.4, 0.8, 1.6)
_REPLY: Final = TypeAdapter(ActReply)


class Cases:
    """Starts cases and acts on them."""

    def __init__(self, temporal: Client, caller: RpcCaller, clock: Clock) -> None:
        self._temporal = temporal
        self._caller = caller
        self._clock = clock

    @classmethod
    async def connect(cls, settings: Settings, caller: RpcCaller, clock: Clock) -> Cases:
        """Make the door; Temporal need not be up yet. ``caller`` reaches directory and flow."""
        return cls(await connect_temporal(settings, lazy=True), caller, clock)

    async def ping(self) -> None:
        """Raise ``Unavailable`` unless Temporal answers."""
        try:
            healthy = await self._temporal.service_client.check_health(timeout=timedelta(seconds=2))
        except (RPCError, RuntimeError) as error:
            raise _unavailable() from error
        if not healthy:
            raise _unavailable()

    async def start(self, wanted: CaseStart) -> StartedCase:
        """Start a case, once for each start key.

        Raises:
            InvalidArgument: ``CASE_FORM_INVALID`` when the inputs are wrong.
            NotFound: there is no such flow or version.
            Unavailable: Temporal or a service does not answer.
        """
        flow = await self._flow(wanted)
        plan = Plan.from_bytes(flow.plan_json.encode())
        if plan.interpreter > INTERPRETER_VERSION:
            raise FailedPrecondition(
                "FLOW_TOO_NEW",
                f"version {flow.version} of {flow.flow_code} needs interpreter {plan.interpreter},"
                f" and this is {INTERPRETER_VERSION}: upgrade first",
            )
        source = CaseInput(
            case_id=self._case_id(wanted),
            flow_version=flow.version,
            inputs=read_form(plan.inputs, wanted.inputs, {}),
            started_by=wanted.started_by,
            title=wanted.title or plan.name,
            customer_id=wanted.customer_id,
            region_adcode=wanted.region_adcode,
            calendar=await self._calendar(plan.calendar) if plan.calendar else None,
        )
        workflow_id = case_workflow_id(source.case_id)
        run_id = await self._start(workflow_id, flow, source)
        return StartedCase(source.case_id, workflow_id, run_id, flow.flow_code, flow.version)

    async def act(self, workflow_id: str, act: Act) -> ActReply:
        """Apply an act to a case or a field work, once for each act key.

        Raises:
            NotFound: ``CASE_UNKNOWN``.
            Unavailable: no answer in time; the act may or may not have been applied, and the same
                act with the same key finds out.
        """
        handle = self._temporal.get_workflow_handle(workflow_id)
        try:
            with _typed_errors(workflow_id):
                return await _update(handle, act)
        except WorkflowUpdateFailedError as error:
            return _refused(error)
        except NotFound:
            return await self._over(handle, act)

    async def describe(self, workflow_id: str) -> CaseDescription:
        """How a case stands by its own account.

        Raises:
            NotFound: ``CASE_UNKNOWN``.
            Unavailable: Temporal or the worker does not answer.
        """
        handle = self._temporal.get_workflow_handle(workflow_id)
        with _typed_errors(workflow_id):
            description = await handle.describe(rpc_timeout=_ANSWER_WITHIN)
            standing: dict[str, Any] = await handle.query(
                "standing", result_type=dict[str, Any], rpc_timeout=_ANSWER_WITHIN
            )
        status = description.status or WorkflowExecutionStatus.RUNNING
        return CaseDescription(
            workflow_id=workflow_id,
            run_id=description.run_id,
            flow_code=description.workflow_type,
            status=status.name,
            started_at=description.start_time,
            closed_at=description.close_time,
            standing=standing,
        )

    async def _flow(self, wanted: CaseStart) -> flow_pb2.FlowVersion:
        request = flow_pb2.GetFlowRequest(flow_code=wanted.flow_code, version=wanted.version)
        reply = await self._caller.call("flow.v1.FlowService/GetFlow", request)
        return cast(flow_pb2.FlowVersion, reply)

    async def _calendar(self, code: str) -> BusinessCalendar:
        request = calendar_request(code, self._clock.now())
        reply = await self._caller.call(GET_CALENDAR, request_from_json(GET_CALENDAR, request))
        return calendar_from_reply(message_to_json(reply))

    def _case_id(self, wanted: CaseStart) -> str:
        if not wanted.start_key:
            return new_id("ca", self._clock.now())
        name = f"{wanted.started_by}\x1f{wanted.flow_code}\x1f{wanted.start_key}"
        return f"ca_{hashlib.sha256(name.encode()).hexdigest()[:26]}"

    async def _start(self, workflow_id: str, flow: flow_pb2.FlowVersion, source: CaseInput) -> str:
        """The run of the case, started now or by an earlier call with the same start key."""
        shown = [
            SearchAttributePair(attributes.FLOW, flow.flow_code),
            SearchAttributePair(attributes.FLOW_VERSION, str(flow.version)),
        ]
        try:
            with _typed_errors(workflow_id):
                handle = await self._temporal.start_workflow(
                    flow.flow_code,
                    args=[PlanRef(flow.plan_hash), source],
                    id=workflow_id,
                    task_queue=TASK_QUEUE,
                    id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
                    id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
                    static_summary=f"{source.title} · {flow.name} v{flow.version}",
                    search_attributes=TypedSearchAttributes(shown),
                    rpc_timeout=_ANSWER_WITHIN,
                )
        except WorkflowAlreadyStartedError as error:
            return error.run_id or ""
        return handle.result_run_id or ""

    async def _over(self, handle: WorkflowHandle[Any, Any], act: Act) -> ActReply:
        """The answer to an act that came after the end."""
        try:
            with _typed_errors(handle.id):
                outcome = await handle.result(rpc_timeout=_ANSWER_WITHIN)
        except WorkflowFailureError:
            outcome = "terminated"
        refusal = Refusal(Kind.FAILED_PRECONDITION, "CASE_OVER", f"the case is over: {outcome}")
        return ActReply(act.act_key, False, str(outcome), 0, None, refusal)


async def _update(handle: WorkflowHandle[Any, Any], act: Act) -> ActReply:
    """The reply of the update. A workflow task that must run again, as when something comes in while
    the case continues as new, fails its updates; they have not been applied and are sent again."""
    for pause in _PAUSES:
        try:
            return await _update_once(handle, act)
        except RPCError as error:
            if error.status is not RPCStatusCode.FAILED_PRECONDITION:
                raise
        await asyncio.sleep(pause)
    return await _update_once(handle, act)


async def _update_once(handle: WorkflowHandle[Any, Any], act: Act) -> ActReply:
    reply: ActReply = await handle.execute_update(
        "act", act, id=act.act_key, result_type=ActReply, rpc_timeout=_ANSWER_WITHIN
    )
    return reply


def _refused(error: WorkflowUpdateFailedError) -> ActReply:
    cause = error.cause
    if isinstance(cause, ApplicationError) and cause.details:
        return _REPLY.validate_python(cause.details[0])
    raise Internal("CASE_ACT_FAILED", f"the act could not be applied: {cause}") from error


@contextlib.contextmanager
def _typed_errors(workflow_id: str) -> Iterator[None]:
    """What Temporal's client raises, as what it means to ours."""
    try:
        yield
    except WorkflowUpdateRPCTimeoutOrCancelledError as error:
        raise _unavailable() from error
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            raise NotFound(
                "CASE_UNKNOWN", f"there is no case {workflow_id}", field="workflow_id"
            ) from error
        raise _unavailable() from error
    except RuntimeError as error:  # the first connection of a lazy client
        raise _unavailable() from error


def _unavailable() -> Unavailable:
    return Unavailable(
        "CASE_UNAVAILABLE", "the case does not answer; try again with the same key shortly"
    )
