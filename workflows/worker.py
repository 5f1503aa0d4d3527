"""The worker: what it runs, and where it finds plans."""

from __future__ import annotations

import gc
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any, Final

from temporalio.client import Client
from temporalio.common import VersioningBehavior
from temporalio.worker import (
    PollerBehaviorAutoscaling,
    Worker,
    WorkerDeploymentConfig,
    WorkerDeploymentVersion,
    WorkflowRunner,
)

from kit.clock import SystemClock
from kit.db.session import Database
from kit.errors import NotFound
from kit.rpc.client import RpcCaller
from workflows import store
from workflows.activities.acts import CaseActs
from workflows.activities.deployment import DEPLOYMENT, Deployment
from workflows.activities.migrating import CaseMoves
from workflows.activities.nudging import Nudging
from workflows.activities.replanning import CalendarTelling
from workflows.activities.rpc import RpcActivity
from workflows.client import TASK_QUEUE, Cases
from workflows.client.starting import CaseStarting
from workflows.runtime.shell.field_work import FieldWorkWorkflow
from workflows.runtime.shell.plan_ref import FetchPlan
from workflows.runtime.shell.runner import LeanRunner
from workflows.runtime.workflow import CaseWorkflow
from workflows.system.alert import AlertWorkflow
from workflows.system.anomaly_notice import AnomalyNoticeWorkflow
from workflows.system.bulk_act import BulkActWorkflow
from workflows.system.due_visits import DueVisitsWorkflow
from workflows.system.hand_over import HandOverWorkflow
from workflows.system.holdback import HoldbackReleaseWorkflow
from workflows.system.migration import MigrationWorkflow
from workflows.system.nudge import NudgeWorkflow
from workflows.system.payout_batch import PayoutBatchWorkflow
from workflows.system.policy_term import PolicyTermWorkflow
from workflows.system.replan import ReplanWorkflow
from workflows.system.sweep import SweepWorkflow

#: What a worker runs.
WORKFLOWS: Final = (
    CaseWorkflow,
    FieldWorkWorkflow,
    BulkActWorkflow,
    HandOverWorkflow,
    AlertWorkflow,
    NudgeWorkflow,
    ReplanWorkflow,
    MigrationWorkflow,
    PolicyTermWorkflow,
    AnomalyNoticeWorkflow,
    PayoutBatchWorkflow,
    DueVisitsWorkflow,
    SweepWorkflow,
    HoldbackReleaseWorkflow,
)

#: What a case of the library costs in memory while it waits, with what those that gave way to it have
#: left until it is collected (tests/soak/test_memory.py). The smallest possible case holds two thirds
#: of it (`make bench BENCH=idle`).
_MEGABYTES_A_CASE: Final = 0.12

#: A step of a case leaves so many objects or fewer; the ordinary 700 has the collector look at a
#: case several times while it runs.
_LOOK_AFTER: Final = 5_000


def spare_the_collector() -> None:
    """Let the garbage collector pass over all that is loaded by now, which lives as long as the process,
    and look less often at what cases leave behind. Else it takes 1 to 3 ms of each ten-node case."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(_LOOK_AFTER, 10, 10)


def make_worker(
    temporal: Client,
    caller: RpcCaller,
    build_id: str,
    runner: WorkflowRunner | None = None,
    workflows: Sequence[type] = WORKFLOWS,
    activities: Sequence[Callable[..., Any]] = (),
    behaviour: VersioningBehavior = VersioningBehavior.UNSPECIFIED,
    case_memory_megabytes: int = 160,
) -> Worker:
    """The worker of cases, field work and their calls, and of what outlasts a case; another choice
    of workflows, and more activities, are for those who play a part of the world themselves.

    Unsandboxed unless a runner is given: the sandbox costs half as much again, and what it would
    catch is caught by the tests, which run in it as well. Without a behaviour it gets work whichever
    build is present.
    """
    rpc = RpcActivity(caller)
    return Worker(
        temporal,
        task_queue=TASK_QUEUE,
        workflows=workflows,
        activities=[
            rpc.call,
            rpc.close,
            CaseActs(temporal).apply,
            Deployment(temporal).interpreter,
            Nudging(temporal, SystemClock()).nudge_all,
            CalendarTelling(temporal, caller).tell,
            CaseMoves(temporal).migrate_cases,
            CaseStarting(Cases(temporal, caller, SystemClock())).start,
            *activities,
        ],
        workflow_runner=runner or LeanRunner(CaseWorkflow),
        max_cached_workflows=int(case_memory_megabytes / _MEGABYTES_A_CASE),
        workflow_task_poller_behavior=PollerBehaviorAutoscaling(),
        activity_task_poller_behavior=PollerBehaviorAutoscaling(),
        # After a worker is killed its cases wait this long before another takes them up.
        sticky_queue_schedule_to_start_timeout=timedelta(seconds=3),
        graceful_shutdown_timeout=timedelta(seconds=10),
        deployment_config=WorkerDeploymentConfig(
            version=WorkerDeploymentVersion(DEPLOYMENT, build_id),
            use_worker_versioning=behaviour is not VersioningBehavior.UNSPECIFIED,
            default_versioning_behavior=behaviour,
        ),
    )


def plans_of(database: Database) -> FetchPlan:
    """Plans from the store of published flows."""

    async def fetch(plan_hash: str) -> bytes:
        async with database.transaction(read_only=True) as session:
            content = await store.plan_content(session, plan_hash)
        if content is None:
            raise NotFound("PLAN_UNKNOWN", f"no plan {plan_hash} is stored")
        return content

    return fetch
