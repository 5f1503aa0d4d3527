"""A clock for cases on the real server, which cannot skip time: it stands still until it is moved.

What reaches a workflow says what time it is: whoever starts or signals it gives the instant in a
header, a workflow that starts or signals another too, and a signal that says nothing else moves the
clock of those that nobody speaks to. So the time stands in history, and whoever replays it finds the
same. A runner keeps the timers of its workflows from the server and fires each at its own instant,
when the clock has come to it; all else is the server's.

The server has a feature of its own for this, but it skips no time while a child workflow runs.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from temporalio.api.common.v1 import Payload
from temporalio.bridge.proto.workflow_activation import WorkflowActivation, WorkflowActivationJob
from temporalio.bridge.proto.workflow_commands import WorkflowCommand
from temporalio.bridge.proto.workflow_completion import WorkflowActivationCompletion
from temporalio.client import (
    Client,
    Interceptor,
    OutboundInterceptor,
    SignalWorkflowInput,
    StartWorkflowInput,
    WorkflowHandle,
)
from temporalio.service import RPCError, RPCStatusCode
from temporalio.worker import (
    UnsandboxedWorkflowRunner,
    WorkflowInstance,
    WorkflowInstanceDetails,
    WorkflowRunner,
)

_HEADER: Final = "story-time"
#: The signal that says nothing but the time.
_MOVE: Final = "story_time"
#: The jobs and commands that carry headers, and those that end a run.
_SPEAKING_JOBS: Final = ("initialize_workflow", "signal_workflow")
_SPEAKING_COMMANDS: Final = (
    "start_child_workflow_execution",
    "signal_external_workflow_execution",
    "continue_as_new_workflow_execution",
)
_LAST_COMMANDS: Final = (
    "complete_workflow_execution",
    "fail_workflow_execution",
    "cancel_workflow_execution",
    "continue_as_new_workflow_execution",
)


class StoryTime(Interceptor):
    """The time of a story, told to every workflow that is started or signalled through its client.

    Attributes:
        now: what time it is.
        open: the workflows that live in the story, by run id.
    """

    def __init__(self) -> None:
        self.now = datetime.max.replace(tzinfo=UTC)
        self.open: dict[str, str] = {}

    def runner(self) -> WorkflowRunner:
        """Runs workflows by this clock."""
        return _StoryRunner(self.open)

    async def move_to(self, at: datetime, temporal: Client) -> None:
        """Move the clock on, and tell all that live."""
        self.now = at
        for workflow_id in list(self.open.values()):
            with _unless_over():
                await temporal.get_workflow_handle(workflow_id).signal(_MOVE)

    async def end(self, temporal: Client) -> None:
        """End the story, and all that still live with it."""
        for workflow_id in list(self.open.values()):
            with _unless_over():
                await temporal.get_workflow_handle(workflow_id).terminate("the story is over")
        self.open.clear()

    def intercept_client(self, next: OutboundInterceptor) -> OutboundInterceptor:
        """Have everybody who speaks to a workflow say what time it is."""
        return _Speaking(next, self)


@contextlib.contextmanager
def _unless_over() -> Iterator[None]:
    """It may end by itself before it hears."""
    try:
        yield
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise


class _Speaking(OutboundInterceptor):
    def __init__(self, next: OutboundInterceptor, time: StoryTime) -> None:
        super().__init__(next)
        self._time = time

    async def start_workflow(self, input: StartWorkflowInput) -> WorkflowHandle[Any, Any]:
        input.headers = {**input.headers, _HEADER: _said(self._time.now)}
        return await super().start_workflow(input)

    async def signal_workflow(self, input: SignalWorkflowInput) -> None:
        input.headers = {**input.headers, _HEADER: _said(self._time.now)}
        await super().signal_workflow(input)


def _said(at: datetime) -> Payload:
    return Payload(metadata={"encoding": b"binary/plain"}, data=at.isoformat().encode())


def _heard(job: WorkflowActivationJob) -> datetime | None:
    """What time a job says it is."""
    speaking = job.WhichOneof("variant")
    if speaking not in _SPEAKING_JOBS:
        return None
    headers = getattr(job, speaking).headers
    return datetime.fromisoformat(headers[_HEADER].data.decode()) if _HEADER in headers else None


class _StoryRunner(WorkflowRunner):
    def __init__(self, open: dict[str, str]) -> None:
        self._open = open
        self._ordinary = UnsandboxedWorkflowRunner()

    def prepare_workflow(self, defn: Any) -> None:
        self._ordinary.prepare_workflow(defn)

    def create_instance(self, det: WorkflowInstanceDetails) -> WorkflowInstance:
        began = datetime.fromisoformat(det.info.headers[_HEADER].data.decode())
        info = replace(det.info, start_time=began, workflow_start_time=began)
        self._open[info.run_id] = info.workflow_id
        ordinary = self._ordinary.create_instance(replace(det, info=info))
        return _StoryInstance(ordinary, began, lambda: self._open.pop(info.run_id, None))


class _StoryInstance(WorkflowInstance):
    """A workflow that lives by the time it hears of."""

    def __init__(
        self, ordinary: WorkflowInstance, began: datetime, end: Callable[[], object]
    ) -> None:
        self._ordinary = ordinary
        self._now = began
        self._end = end
        #: When each timer is due, by its number.
        self._timers: dict[int, datetime] = {}

    def activate(self, act: WorkflowActivation) -> WorkflowActivationCompletion:
        """Live through what has happened, and through what falls due before it."""
        if any(job.HasField("remove_from_cache") for job in act.jobs):
            return self._ordinary.activate(act)
        whole = WorkflowActivationCompletion(run_id=act.run_id)
        whole.successful.SetInParent()
        for jobs in self._moments(act.jobs):
            part = WorkflowActivation()
            part.CopyFrom(act)
            del part.jobs[:]
            part.jobs.extend(jobs)
            part.timestamp.FromDatetime(self._now)
            done = self._ordinary.activate(part)
            if not done.HasField("successful"):
                return done
            commands = list(filter(self._is_for_the_server, done.successful.commands))
            del done.successful.commands[:]
            whole.MergeFrom(done)
            whole.successful.commands.extend(commands)
        return whole

    def _moments(
        self, jobs: Iterable[WorkflowActivationJob]
    ) -> Iterator[list[WorkflowActivationJob]]:
        """What happens, instant by instant."""
        together: list[WorkflowActivationJob] = []
        for job in jobs:
            at = _heard(job) or self._now
            if at > self._now:
                if together:
                    yield together
                    together = []
                yield from self._fallen_due(at)
                self._now = at
            if job.signal_workflow.signal_name != _MOVE:
                together.append(job)
        if together:
            yield together
        yield from self._fallen_due(self._now)

    def _fallen_due(self, until: datetime) -> Iterator[list[WorkflowActivationJob]]:
        while due := sorted((at, seq) for seq, at in self._timers.items() if at <= until):
            self._now, seq = due[0]
            del self._timers[seq]
            job = WorkflowActivationJob()
            job.fire_timer.seq = seq
            yield [job]

    def _is_for_the_server(self, command: WorkflowCommand) -> bool:
        """Keep timers to ourselves, and say to others what time it is."""
        kind = command.WhichOneof("variant")
        if kind == "start_timer":
            wait = command.start_timer.start_to_fire_timeout.ToNanoseconds()
            due = self._now + timedelta(microseconds=round(wait / 1_000))
            self._timers[command.start_timer.seq] = due
            return False
        if kind == "cancel_timer":
            self._timers.pop(command.cancel_timer.seq, None)
            return False
        if kind in _SPEAKING_COMMANDS:
            getattr(command, kind).headers[_HEADER].CopyFrom(_said(self._now))
        if kind in _LAST_COMMANDS:
            self._end()
        return True

    def get_serialization_context(self, command_info: Any) -> Any:
        return self._ordinary.get_serialization_context(command_info)

    def get_external_store_context(self, command_info: Any) -> Any:
        return self._ordinary.get_external_store_context(command_info)

    def get_info(self) -> Any:
        return self._ordinary.get_info()

    def get_thread_id(self) -> int | None:
        return self._ordinary.get_thread_id()
