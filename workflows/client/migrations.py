"""Having running cases moved to another version of their flow, or asked whether they could."""

from __future__ import annotations

import contextlib
import hashlib
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final, cast

from temporalio.client import Client
from temporalio.common import WorkflowIDReusePolicy
from temporalio.exceptions import WorkflowAlreadyStartedError

from kit.rpc.client import RpcCaller
from protos.flow.v1 import flow_pb2
from workflows.activities.acts import typed_errors
from workflows.client.temporal import TASK_QUEUE
from workflows.system.migration import MIGRATION, Migration

_ANSWER_WITHIN: Final = timedelta(seconds=10)


@dataclass(frozen=True, slots=True)
class WantedMigration:
    """Which cases are to move where.

    Attributes:
        from_version: 0: cases of any other version.
        case_ids: only these; none: all open cases of the flow.
        choices: from an old node to the new one on which to begin afresh.
    """

    flow_code: str
    to_version: int
    from_version: int = 0
    case_ids: tuple[str, ...] = ()
    choices: dict[str, str] = field(default_factory=dict)
    reason: str = ""
    dry_run: bool = True


async def order_migration(
    temporal: Client, caller: RpcCaller, wanted: WantedMigration, *, by: str, key: str
) -> str:
    """Have cases moved, or asked, once for each key.

    Returns:
        The migration's id, by which the read model tells how far it is.

    Raises:
        NotFound: there is no such flow or version.
        Unavailable: Temporal does not answer.
    """
    request = flow_pb2.GetFlowRequest(flow_code=wanted.flow_code, version=wanted.to_version)
    reply = await caller.call("flow.v1.FlowService/GetFlow", request)
    flow = cast(flow_pb2.FlowVersion, reply)
    name = f"{by}\x1f{wanted.flow_code}\x1f{key}"
    migration_id = f"mg_{hashlib.sha256(name.encode()).hexdigest()[:26]}"
    order = Migration(
        migration_id,
        flow.flow_code,
        flow.version,
        flow.plan_hash,
        by,
        calendar_code=flow.calendar_code,
        from_version=wanted.from_version,
        case_ids=wanted.case_ids,
        choices=wanted.choices,
        reason=wanted.reason,
        dry_run=wanted.dry_run,
    )
    workflow_id = f"migration:{migration_id}"
    what = "试算" if wanted.dry_run else "迁移"
    with typed_errors(workflow_id), contextlib.suppress(WorkflowAlreadyStartedError):
        await temporal.start_workflow(
            MIGRATION,
            order,
            id=workflow_id,
            task_queue=TASK_QUEUE,
            id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
            static_summary=f"{flow.name} → v{flow.version}：{what}",
            rpc_timeout=_ANSWER_WITHIN,
        )
    return migration_id
