"""Ids, the queue, and how every process of ours connects to Temporal."""

from __future__ import annotations

from typing import Final

from temporalio.client import Client
from temporalio.contrib.opentelemetry import TracingInterceptor
from temporalio.service import GrpcCompression

from kit.config import Settings
from workflows.runtime.shell.converter import converter
from workflows.runtime.shell.payload_keys import PayloadKeys, PayloadKeysMalformed
from workflows.runtime.shell.plan_ref import FetchPlan

#: The one queue of cases, field work and their activities: eager activities need the same worker.
TASK_QUEUE: Final = "cases"


def case_workflow_id(case_id: str) -> str:
    """The id of a case's workflow."""
    return f"case:{case_id}"


def field_work_id(work_order_id: str) -> str:
    """The id of a field work's workflow, as a case begins it."""
    return f"field_work:{work_order_id}"


def case_id_of(workflow_id: str) -> str:
    """The case whose workflow has this id; empty: it is another workflow's."""
    kind, _, case_id = workflow_id.partition(":")
    return case_id if kind == "case" else ""


def payload_keys(settings: Settings) -> PayloadKeys:
    """The keys of this process's payloads; without them it ends, and says why."""
    if settings.payload_keys_file is None:
        raise SystemExit("GONGDAN_PAYLOAD_KEYS_FILE must name the file of payload keys")
    try:
        return PayloadKeys(settings.payload_keys_file)
    except PayloadKeysMalformed as error:
        raise SystemExit(f"GONGDAN_PAYLOAD_KEYS_FILE: {error}") from error


async def connect_temporal(
    settings: Settings, fetch: FetchPlan | None = None, *, lazy: bool = False
) -> Client:
    """A Temporal client with our converter, traces, and no compression of the wire: payloads are
    compressed already, and between neighbours it costs more than it saves.

    Args:
        settings: where Temporal is, and the payload keys.
        fetch: gives plans to a worker; others need none.
        lazy: connect at the first call.
    """
    return await Client.connect(
        settings.temporal_address,
        namespace=settings.temporal_namespace,
        data_converter=converter(payload_keys(settings), fetch),
        interceptors=[TracingInterceptor()],
        grpc_compression=GrpcCompression.NONE,
        lazy=lazy,
    )
