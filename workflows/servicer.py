"""Flow versions: checked, compiled, published once and for ever."""

from __future__ import annotations

import json
from typing import Any, Final

from grpc.aio import ServicerContext

from kit.authn import current_actor
from kit.clock import Clock
from kit.db.session import current_session
from kit.errors import InvalidArgument, NotFound
from kit.rpc.convert import decode_page_token, encode_page_token, instant_to_proto, page_size
from protos.common.v1 import page_pb2
from protos.flow.v1 import flow_pb2, flow_pb2_grpc
from workflows import store
from workflows.catalog import load_catalog
from workflows.compiler.compile import Compiled, compile_flow
from workflows.compiler.diagnostics import Diagnostic, Severity
from workflows.compiler.plan import Plan
from workflows.language.schema import form_schema
from workflows.tables import FlowVersionRow

Context = ServicerContext[Any, Any]

#: Who draws flows.
AUTHOR_ROLES: Final = ("admin", "hq", "ops")
#: Types of workflows that are ours, which no flow may take as its own.
RESERVED_CODES: Final = frozenset({"field_work"})
#: gRPC allows 8 kB of trailers.
_MOST_DETAIL_BYTES: Final = 4_000

_SEVERITIES: Final = {
    Severity.ERROR: flow_pb2.SEVERITY_ERROR,
    Severity.WARNING: flow_pb2.SEVERITY_WARNING,
}


class FlowServicer(flow_pb2_grpc.FlowServiceServicer):
    """Serves ``flow.v1.FlowService`` over the schema ``flows``."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    async def CheckFlow(
        self, request: flow_pb2.CheckFlowRequest, context: Context
    ) -> flow_pb2.CheckFlowResponse:
        compiled = compile_flow(request.source, load_catalog())
        return flow_pb2.CheckFlowResponse(
            publishable=compiled.plan is not None,
            diagnostics=[_diagnostic(found) for found in compiled.diagnostics],
        )

    async def PublishFlow(
        self, request: flow_pb2.PublishFlowRequest, context: Context
    ) -> flow_pb2.FlowVersion:
        current_actor().require_role(*AUTHOR_ROLES)
        plan = _publishable(compile_flow(request.source, load_catalog()))
        session = current_session()
        await store.lock_flow(session, plan.flow)
        latest = await store.latest_version(session, plan.flow)
        if latest is not None and latest.source == request.source:
            return _message(latest, with_source=True)
        await store.keep_plan(session, plan.hash, plan.to_bytes())
        row = FlowVersionRow(
            flow_code=plan.flow,
            version=latest.version + 1 if latest else 1,
            name=plan.name,
            plan_hash=plan.hash,
            calendar_code=plan.calendar,
            source=request.source,
            published_at=self._clock.now(),
            published_by_person_id=current_actor().person_id,
        )
        session.add(row)
        await session.flush()
        return _message(row, with_source=True)

    async def GetFlow(
        self, request: flow_pb2.GetFlowRequest, context: Context
    ) -> flow_pb2.FlowVersion:
        session = current_session()
        row = await store.version_of(session, request.flow_code, request.version)
        content = await store.plan_content(session, row.plan_hash) if row else None
        if row is None or content is None:
            raise NotFound(
                "FLOW_UNKNOWN",
                f"there is no flow {request.flow_code!r} in version {request.version or 'latest'}",
                field="flow_code",
            )
        message = _message(row, with_source=True)
        message.plan_json = content.decode()
        inputs = [field.field for field in Plan.from_bytes(content).inputs]
        message.inputs_schema_json = json.dumps(form_schema(inputs), ensure_ascii=False)
        return message

    async def ListFlows(
        self, request: flow_pb2.ListFlowsRequest, context: Context
    ) -> flow_pb2.ListFlowsResponse:
        size = page_size(request.page)
        key = decode_page_token(request.page, 1)
        rows = await store.latest_versions(current_session(), key[0] if key else "", size + 1)
        page = page_pb2.PageInfo()
        if len(rows) > size:
            page.next_page_token = encode_page_token(rows[size - 1].flow_code)
        return flow_pb2.ListFlowsResponse(
            flows=[_message(row, with_source=False) for row in rows[:size]], page=page
        )

    async def ListNodeKinds(
        self, request: flow_pb2.ListNodeKindsRequest, context: Context
    ) -> flow_pb2.ListNodeKindsResponse:
        kinds = [
            flow_pb2.NodeKind(
                rpc=spec.name,
                label=spec.label,
                label_en=spec.label_en,
                category=spec.category,
                quick=spec.quick,
                compensate_with=spec.compensate_with,
            )
            for spec in load_catalog().palette()
        ]
        return flow_pb2.ListNodeKindsResponse(node_kinds=kinds)


def _publishable(compiled: Compiled) -> Plan:
    plan = compiled.plan
    if plan is None:
        errors = [found for found in compiled.diagnostics if found.severity is Severity.ERROR]
        raise InvalidArgument(
            "FLOW_NOT_PUBLISHABLE",
            f"the flow has {len(errors)} errors; CheckFlow tells them all. The first: {errors[0]}",
            field="source",
            details=_first_details(errors),
        )
    if plan.flow in RESERVED_CODES:
        raise InvalidArgument(
            "FLOW_CODE_RESERVED", f"no flow may be called {plan.flow}", field="source"
        )
    return plan


def _first_details(errors: list[Diagnostic]) -> dict[str, str]:
    """As many as a trailer holds, numbered from 1."""
    told: dict[str, str] = {}
    room = _MOST_DETAIL_BYTES
    for number, found in enumerate(errors, start=1):
        text = json.dumps(found.to_json(), ensure_ascii=False)
        room -= len(text.encode())
        if room < 0:
            break
        told[str(number)] = text
    return told


def _diagnostic(found: Diagnostic) -> flow_pb2.Diagnostic:
    return flow_pb2.Diagnostic(
        code=found.code,
        severity=_SEVERITIES[found.severity],
        node=found.node,
        field=found.field,
        line=found.line,
        message=found.message,
        hint=found.hint,
    )


def _message(row: FlowVersionRow, *, with_source: bool) -> flow_pb2.FlowVersion:
    return flow_pb2.FlowVersion(
        flow_code=row.flow_code,
        version=row.version,
        name=row.name,
        plan_hash=row.plan_hash,
        calendar_code=row.calendar_code,
        published_at=instant_to_proto(row.published_at),
        published_by_person_id=row.published_by_person_id,
        source=row.source if with_source else "",
    )
