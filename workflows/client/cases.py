"""Starting cases and acting on them.

Whoever stands before this door (the gateway, and the command line through it) has settled who the
person is; an act carries the person and roles of their token, and the case checks them against its
own state. Refusals are answers, not exceptions: an ``ActReply`` that was not applied says why, and
how things stand.
"""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final, cast

from temporalio.client import (
    Client,
    WorkflowExecutionStatus,
    WorkflowUpdateFailedError,
)
from temporalio.common import (
    SearchAttributePair,
    TypedSearchAttributes,
    WorkflowIDConflictPolicy,
    WorkflowIDReusePolicy,
)
from temporalio.exceptions import ApplicationError, WorkflowAlreadyStartedError
from temporalio.service import RPCError

from kit.calendar import BusinessCalendar
from kit.clock import Clock
from kit.config import Settings
from kit.errors import FailedPrecondition, NotFound, Unavailable
from kit.ids import new_id
from kit.rpc.client import RpcCaller
from protos.cases.v1 import cases_pb2
from protos.flow.v1 import flow_pb2
from workflows.activities.acts import CaseActs, typed_errors, unavailable
from workflows.activities.deployment import Deployment
from workflows.activities.messages import message_to_json, request_from_json
from workflows.catalog import load_catalog, unknown_rpcs
from workflows.client.migrations import WantedMigration, order_migration
from workflows.client.temporal import (
    TASK_QUEUE,
    case_id_of,
    case_workflow_id,
    connect_temporal,
)
from workflows.client.values import CaseDescription, CaseStart, MoveTarget, StartedCase
from workflows.compiler.plan import INTERPRETER_VERSION, Plan
from workflows.runtime.calendars import GET_CALENDAR, calendar_from_reply, calendar_request
from workflows.runtime.events import Act
from workflows.runtime.forms import read_form
from workflows.runtime.payloads import ActReply, CaseInput
from workflows.runtime.shell import attributes
from workflows.runtime.shell.plan_ref import PlanRef
from workflows.runtime.shell.replies import ANSWER
from workflows.system.bulk_act import BULK_ACT, BulkAct, Target
from workflows.system.hand_over import HAND_OVER, HandOver
from workflows.system.nudge import NUDGE, Nudges

_ANSWER_WITHIN: Final = timedelta(seconds=10)
#: Refusals of an act that may have been applied before; a case does not know the verbs of its field
#: work.
_LATE: Final = ("CASE_TASK_CLOSED", "CASE_OVER", "CASE_VERB_UNKNOWN")


def check_known(plan: Plan) -> None:
    """See that this release can run a plan.

    Raises:
        FailedPrecondition: ``FLOW_TOO_NEW``, it takes a newer interpreter or calls RPCs that are not
            known here.
    """
    lacking = [f"interpreter {plan.interpreter}"] if plan.interpreter > INTERPRETER_VERSION else []
    lacking += unknown_rpcs(plan, load_catalog())
    if lacking:
        raise FailedPrecondition(
            "FLOW_TOO_NEW", f"flow {plan.flow} needs {', '.join(lacking)}: upgrade first"
        )


class Cases:
    """Starts cases and acts on them.

    Attributes:
        deployment: the builds on which they run.
    """

    def __init__(self, temporal: Client, caller: RpcCaller, clock: Clock) -> None:
        self._temporal = temporal
        self._acts = CaseActs(temporal)
        self.deployment = Deployment(temporal)
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
            raise unavailable() from error
        if not healthy:
            raise unavailable()

    async def start(self, wanted: CaseStart) -> StartedCase:
        """Start a case, once for each start key.

        Raises:
            InvalidArgument: ``CASE_FORM_INVALID`` when the inputs are wrong.
            NotFound: there is no such flow or version.
            FailedPrecondition: ``FLOW_TOO_NEW``.
            Unavailable: Temporal or a service does not answer.
        """
        flow = await self._flow(wanted)
        plan = Plan.from_bytes(flow.plan_json.encode())
        check_known(plan)
        source = CaseInput(
            case_id=self._case_id(wanted),
            flow_version=flow.version,
            inputs=read_form(plan.inputs, wanted.inputs, {}),
            started_by=wanted.started_by,
            title=wanted.title or plan.name,
            customer_id=wanted.customer_id,
            region_adcode=wanted.region_adcode,
            calendar=await self.calendar(plan.calendar) if plan.calendar else None,
        )
        workflow_id = case_workflow_id(source.case_id)
        run_id = await self._start(workflow_id, flow, source)
        return StartedCase(source.case_id, workflow_id, run_id, flow.flow_code, flow.version)

    async def act(self, workflow_id: str, act: Act, case_id: str = "") -> ActReply:
        """Apply an act to a case or a field work, once for each act key.

        An act that was applied before is answered as it was then, even when its task or the case is
        closed by now and the case has forgotten the key, or a field work that is over had it: it is
        written down.

        Args:
            case_id: the case it belongs to; empty: the workflow is the case's own.

        Raises:
            NotFound: ``CASE_UNKNOWN``.
            Unavailable: no answer in time, or ``CASE_ACT_UNKNOWN``; the act may or may not have been
                applied, and the same act with the same key finds out.
        """
        reply = await self._acts.apply(workflow_id, act)
        if reply.refusal is None or reply.refusal.reason not in _LATE or reply.remembered:
            return reply
        if not await self._was_applied(case_id or case_id_of(workflow_id), act):
            return reply
        return replace(reply, applied=True, refusal=None)

    async def _was_applied(self, case_id: str, act: Act) -> bool:
        """Whether the case's audit has this very act."""
        request = cases_pb2.GetActRequest(case_id=case_id, act_key=act.act_key)
        try:
            reply = await self._caller.call("cases.v1.CaseService/GetAct", request)
        except NotFound:
            return False
        except Unavailable as error:
            raise Unavailable(
                "CASE_ACT_UNKNOWN",
                "this is closed, and whether this very act was applied before cannot be looked up"
                " just now; try again with the same key",
            ) from error
        done = cast(cases_pb2.Act, reply)
        known = (done.user_task_id, done.verb, done.acting_person_id)
        return known == (act.task_id, act.verb, act.person)

    async def hand_over(self, leaver: str, to: str, *, by: str, key: str) -> str:
        """Have all open user tasks of a leaver handed over, once for each key.

        Returns:
            The hand-over's id, by which the read model tells how far it is.

        Raises:
            Unavailable: Temporal does not answer.
        """
        name = f"{by}\x1f{leaver}\x1f{to}\x1f{key}"
        hand_over_id = f"ho_{hashlib.sha256(name.encode()).hexdigest()[:26]}"
        workflow_id = f"hand_over:{hand_over_id}"
        with typed_errors(workflow_id), contextlib.suppress(WorkflowAlreadyStartedError):
            await self._temporal.start_workflow(
                HAND_OVER,
                HandOver(hand_over_id, leaver, to, by),
                id=workflow_id,
                task_queue=TASK_QUEUE,
                id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
                static_summary=f"{leaver} → {to}：离职交接",
                rpc_timeout=_ANSWER_WITHIN,
            )
        return hand_over_id

    async def nudge(self) -> None:
        """Have idle cases that are not on the present build move to it now, instead of tonight.

        Raises:
            Unavailable: Temporal does not answer.
        """
        with typed_errors(NUDGE):
            await self._temporal.start_workflow(
                NUDGE,
                Nudges(rest_seconds=0),
                id="nudge:now",
                task_queue=TASK_QUEUE,
                id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
                rpc_timeout=_ANSWER_WITHIN,
            )

    async def bulk_act(self, act: Act, targets: Sequence[Target]) -> str:
        """Have one act done to many cases or user tasks, once for each act key.

        Args:
            act: in whose name, and what; its user task is each target's.
            targets: what was chosen.

        Returns:
            The bulk act's id, by which the read model tells how far it is.

        Raises:
            Unavailable: Temporal does not answer.
        """
        name = f"{act.person}\x1f{act.act_key}"
        bulk_act_id = f"ba_{hashlib.sha256(name.encode()).hexdigest()[:26]}"
        workflow_id = f"bulk_act:{bulk_act_id}"
        with typed_errors(workflow_id), contextlib.suppress(WorkflowAlreadyStartedError):
            await self._temporal.start_workflow(
                BULK_ACT,
                BulkAct(bulk_act_id, replace(act, act_key=bulk_act_id), tuple(targets)),
                id=workflow_id,
                task_queue=TASK_QUEUE,
                id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
                static_summary=f"{act.verb} × {len(targets)}：批量操作",
                rpc_timeout=_ANSWER_WITHIN,
            )
        return bulk_act_id

    async def migrate(self, wanted: WantedMigration, *, by: str, key: str) -> str:
        """Have cases moved to another version, or asked whether they could; see
        ``order_migration``."""
        return await order_migration(self._temporal, self._caller, wanted, by=by, key=key)

    async def look_at_form(
        self, workflow_id: str, task_id: str, given: dict[str, Any]
    ) -> dict[str, Any] | None:
        """How the form of an open user task stands with these values, in the words of ``FormLook``;
        None when there is no such form.

        Raises:
            NotFound: ``CASE_UNKNOWN``.
            Unavailable: Temporal or the worker does not answer.
        """
        # Field work has forms of its own, and knows no such question.
        look: dict[str, Any] | None = await self._ask(workflow_id, "look", task_id, given)
        return look

    async def targets_of_move(self, workflow_id: str, incident_id: str) -> list[MoveTarget]:
        """The nodes to which the token of an incident may be moved, as the case stands.

        Raises:
            NotFound: ``CASE_UNKNOWN``.
            Unavailable: Temporal or the worker does not answer.
        """
        answer = await self._ask(workflow_id, "where_to", incident_id)
        return [MoveTarget(**each) for each in answer or ()]

    async def _ask(self, workflow_id: str, question: str, *about: Any) -> Any:
        """What a case answers; None when it is over, or knows no such question."""
        handle = self._temporal.get_workflow_handle(workflow_id)
        try:
            with typed_errors(workflow_id):
                await handle.execute_update(question, args=about, rpc_timeout=_ANSWER_WITHIN)
        except WorkflowUpdateFailedError as error:
            return _answer_in(error)
        except NotFound:
            with typed_errors(workflow_id):
                await handle.describe(rpc_timeout=_ANSWER_WITHIN)
            return None  # it is over
        raise AssertionError("a question is answered by its validator")

    async def describe(self, workflow_id: str) -> CaseDescription:
        """How a case stands by its own account.

        Raises:
            NotFound: ``CASE_UNKNOWN``.
            Unavailable: Temporal or the worker does not answer.
        """
        handle = self._temporal.get_workflow_handle(workflow_id)
        with typed_errors(workflow_id):
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

    async def calendar(self, code: str) -> BusinessCalendar:
        """The company's calendar of a name, as a case that starts now would pin it.

        Raises:
            NotFound: there is none.
            Unavailable: the directory does not answer.
        """
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
            with typed_errors(workflow_id):
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


def _answer_in(error: WorkflowUpdateFailedError) -> Any:
    """What the workflow answered to a question; None when it knows no such question."""
    cause = error.cause
    if not isinstance(cause, ApplicationError) or cause.type != ANSWER:
        return None
    return cause.details[0]
