"""The builds of workers: which are there, which one new runs begin on, who still runs on each.

Temporal calls them versions of one worker deployment. A build's id begins with the interpreter it
has: ``1-3f9a0c2b7d41``. A worker gets no work before a build is present (Temporal: current).
"""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from temporalio import activity
from temporalio.api.enums.v1 import VersionDrainageStatus
from temporalio.api.workflowservice.v1 import (
    DescribeWorkerDeploymentRequest,
    DescribeWorkerDeploymentResponse,
    SetWorkerDeploymentCurrentVersionRequest,
)
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from kit.errors import FailedPrecondition, NotFound, Unavailable
from kit.telemetry import logger
from workflows.compiler.plan import INTERPRETER_VERSION
from workflows.runtime.shell.lifetime import PRESENT_INTERPRETER

DEPLOYMENT: Final = "gongdan"
_ANSWER_WITHIN: Final = timedelta(seconds=5)
_INSIST_SECONDS: Final = 0.5
_FRESH_SECONDS: Final = 2.0
_log = logger("workflows")
#: Temporal's own search attribute: the build that a run is on.
_ON: Final = "TemporalWorkerDeploymentVersion"
_RUNNING: Final = "ExecutionStatus = 'Running'"
_CASES: Final = "(WorkflowId STARTS_WITH 'case:' OR WorkflowId STARTS_WITH 'field_work:')"


@dataclass(frozen=True, slots=True)
class Build:
    """A build of workers.

    Attributes:
        present: new runs begin on it.
        drained: no run is left on it, as far as Temporal has looked; a new look takes minutes.
        runs: the cases, field works and others that run on it now.
    """

    build_id: str
    present: bool
    drained: bool
    runs: int
    first_seen_at: datetime


class Deployment:
    """The builds of this product's workers."""

    def __init__(self, temporal: Client) -> None:
        self._temporal = temporal
        self._one_asks = asyncio.Lock()
        self._interpreter = INTERPRETER_VERSION
        self._asked_at = -math.inf

    async def present(self) -> str:
        """The build that new runs begin on; empty: there is none, and no worker gets any work.

        Raises:
            Unavailable: Temporal does not answer.
        """
        return (await self._routing())[0]

    async def check_present(self) -> None:
        """See that workers get work.

        Raises:
            FailedPrecondition: ``BUILD_NOT_PROMOTED``, no build is present.
            Unavailable: Temporal does not answer.
        """
        if not await self.present():
            raise FailedPrecondition(
                "BUILD_NOT_PROMOTED", "no build is present; `gongdan-run workflows --promote`"
            )

    async def rested(self, rest: timedelta, now: datetime) -> str:
        """The present build, once it has been present for some time; before, empty."""
        build_id, since = await self._routing()
        return build_id if since is not None and now - since >= rest else ""

    @activity.defn(name=PRESENT_INTERPRETER)
    async def interpreter(self) -> int:
        """The interpreter that new runs begin on; this one's own where workers have no builds.

        All cases of a worker may ask at once, and Temporal answers only a few times a second: one
        question serves them all.

        Raises:
            Unavailable: Temporal does not answer.
        """
        async with self._one_asks:
            if time.monotonic() - self._asked_at > _FRESH_SECONDS:
                self._interpreter = interpreter_of(await self.present())
                self._asked_at = time.monotonic()
        return self._interpreter

    async def promote(self, build_id: str) -> None:
        """Let new runs begin on a build; harmless when they do already, and when several try.

        Raises:
            NotFound: ``BUILD_UNKNOWN``, no worker of this build has reported yet.
            FailedPrecondition: ``BUILD_REFUSED``, such as when none of its workers is there now.
            Unavailable: Temporal does not answer.
        """
        request = SetWorkerDeploymentCurrentVersionRequest(
            namespace=self._temporal.namespace,
            deployment_name=DEPLOYMENT,
            build_id=build_id,
            identity=self._temporal.identity,
        )
        try:
            await self._temporal.workflow_service.set_worker_deployment_current_version(
                request, timeout=_ANSWER_WITHIN
            )
        except RPCError as error:
            if error.status is RPCStatusCode.NOT_FOUND:
                raise NotFound(
                    "BUILD_UNKNOWN", f"no worker of build {build_id} has reported", field="build_id"
                ) from error
            if error.status is RPCStatusCode.FAILED_PRECONDITION:
                raise FailedPrecondition("BUILD_REFUSED", error.message) from error
            raise _unavailable(error) from error

    async def builds(self) -> list[Build]:
        """All builds that Temporal knows, the newest first.

        Raises:
            Unavailable: Temporal does not answer.
        """
        described = await self._describe()
        if described is None:
            return []
        info = described.worker_deployment_info
        present = info.routing_config.current_deployment_version.build_id
        summaries = sorted(
            info.version_summaries, key=lambda s: s.create_time.ToDatetime(), reverse=True
        )
        return [
            Build(
                build_id=(build_id := summary.deployment_version.build_id),
                present=build_id == present,
                drained=summary.drainage_status
                == VersionDrainageStatus.VERSION_DRAINAGE_STATUS_DRAINED,
                runs=await self._count(f"{_ON} = '{DEPLOYMENT}:{build_id}'"),
                first_seen_at=summary.create_time.ToDatetime(UTC),
            )
            for summary in summaries
        ]

    async def cases_elsewhere(self, build_id: str) -> AsyncIterator[str]:
        """The workflow ids of cases and field work whose run is on another build than this one."""
        query = f"({_ON} IS NULL OR {_ON} != '{DEPLOYMENT}:{build_id}') AND {_CASES} AND {_RUNNING}"
        async for run in self._temporal.list_workflows(query):
            yield run.id

    async def _count(self, query: str) -> int:
        try:
            found = await self._temporal.count_workflows(f"{query} AND {_RUNNING}")
        except RPCError as error:
            raise _unavailable(error) from error
        return found.count

    async def _routing(self) -> tuple[str, datetime | None]:
        described = await self._describe()
        if described is None:
            return "", None
        routing = described.worker_deployment_info.routing_config
        return (
            routing.current_deployment_version.build_id,
            routing.current_version_changed_time.ToDatetime(UTC),
        )

    async def _describe(self) -> DescribeWorkerDeploymentResponse | None:
        request = DescribeWorkerDeploymentRequest(
            namespace=self._temporal.namespace, deployment_name=DEPLOYMENT
        )
        try:
            return await self._temporal.workflow_service.describe_worker_deployment(
                request, timeout=_ANSWER_WITHIN
            )
        except RPCError as error:
            if error.status is RPCStatusCode.NOT_FOUND:
                return None
            raise _unavailable(error) from error


async def insist(attempt: Callable[[], Awaitable[None]]) -> None:
    """Try until it succeeds; say why it does not, once a reason."""
    said = ""
    while True:
        try:
            return await attempt()
        except (FailedPrecondition, NotFound, Unavailable) as error:
            if said != error.reason:
                _log.info("waiting", reason=error.reason, message=error.message)
            said = error.reason
        await asyncio.sleep(_INSIST_SECONDS)


def interpreter_of(build_id: str) -> int:
    """The interpreter of a build; this code's own, where the id does not say."""
    number = build_id.partition("-")[0]
    return int(number) if number.isdigit() else INTERPRETER_VERSION


def _unavailable(error: RPCError) -> Unavailable:
    return Unavailable("TEMPORAL_UNAVAILABLE", f"Temporal does not answer: {error.message}")
