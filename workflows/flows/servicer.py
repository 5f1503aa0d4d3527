"""``flow.v1.FlowService``: drafts, published versions, the palette."""

from __future__ import annotations

import json
from typing import Any, Final

from grpc.aio import ServicerContext

from kit.authn import current_actor
from kit.clock import Clock
from kit.db.session import current_session
from kit.errors import FailedPrecondition, NotFound
from kit.rpc.convert import decode_page_token, encode_page_token, page_size
from protos.common.v1 import page_pb2
from protos.flow.v1 import flow_pb2, flow_pb2_grpc
from workflows import store
from workflows.catalog import load_catalog
from workflows.compiler.plan import Plan
from workflows.flows.convert import (
    check_message,
    difference_message,
    draft_as_version_message,
    draft_message,
    version_message,
)
from workflows.flows.drafts import Drafts, draft_unknown
from workflows.flows.publishing import check, publish, publishable
from workflows.language.difference import differences
from workflows.language.model import FlowDefinition
from workflows.language.schema import form_schema
from workflows.tables import FlowDraftRow, FlowVersionRow

Context = ServicerContext[Any, Any]

#: Who draws flows.
AUTHOR_ROLES: Final = ("admin", "hq", "ops")


class FlowServicer(flow_pb2_grpc.FlowServiceServicer):
    """Serves flows over the schema ``flows``."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    async def CheckFlow(
        self, request: flow_pb2.CheckFlowRequest, context: Context
    ) -> flow_pb2.CheckFlowResponse:
        return check_message(await check(request.source))

    async def PublishFlow(
        self, request: flow_pb2.PublishFlowRequest, context: Context
    ) -> flow_pb2.FlowVersion:
        author = _author()
        row = await publish(request.source, self._clock.now(), author)
        return version_message(row, with_source=True)

    async def SaveDraft(
        self, request: flow_pb2.SaveDraftRequest, context: Context
    ) -> flow_pb2.FlowDraft:
        draft = await self._drafts().save(request.flow_code, request.source, request.after_revision)
        return draft_message(draft, with_source=True)

    async def CheckDraft(
        self, request: flow_pb2.CheckDraftRequest, context: Context
    ) -> flow_pb2.CheckDraftResponse:
        draft, compiled = await self._drafts().check(request.flow_code, request.revision)
        return flow_pb2.CheckDraftResponse(
            draft=draft_message(draft, with_source=False), check=check_message(compiled)
        )

    async def PublishDraft(
        self, request: flow_pb2.PublishDraftRequest, context: Context
    ) -> flow_pb2.FlowVersion:
        row = await self._drafts().publish(request.flow_code, request.revision)
        return version_message(row, with_source=True)

    async def DiscardDraft(
        self, request: flow_pb2.DiscardDraftRequest, context: Context
    ) -> flow_pb2.DiscardDraftResponse:
        await self._drafts().discard(request.flow_code, request.revision)
        return flow_pb2.DiscardDraftResponse()

    async def GetDraft(
        self, request: flow_pb2.GetDraftRequest, context: Context
    ) -> flow_pb2.FlowDraft:
        return draft_message(await _draft(request.flow_code), with_source=True)

    async def ListDrafts(
        self, request: flow_pb2.ListDraftsRequest, context: Context
    ) -> flow_pb2.ListDraftsResponse:
        size = page_size(request.page)
        key = decode_page_token(request.page, 1)
        rows = await store.drafts_after(current_session(), key[0] if key else "", size + 1)
        page = page_pb2.PageInfo()
        if len(rows) > size:
            page.next_page_token = encode_page_token(rows[size - 1].flow_code)
        return flow_pb2.ListDraftsResponse(
            drafts=[draft_message(row, with_source=False) for row in rows[:size]], page=page
        )

    async def GetFlow(
        self, request: flow_pb2.GetFlowRequest, context: Context
    ) -> flow_pb2.FlowVersion:
        if request.draft:
            draft = await _draft(request.flow_code)
            plan = publishable(await check(draft.source))
            return _with_plan(draft_as_version_message(draft, plan), plan, plan.to_bytes())
        row = await store.existing_version(current_session(), request.flow_code, request.version)
        content = await store.plan_content(current_session(), row.plan_hash)
        assert content is not None, "the version's foreign key names a plan"
        message = version_message(row, with_source=True)
        return _with_plan(message, Plan.from_bytes(content), content)

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
            flows=[version_message(row, with_source=False) for row in rows[:size]], page=page
        )

    async def ListFlowVersions(
        self, request: flow_pb2.ListFlowVersionsRequest, context: Context
    ) -> flow_pb2.ListFlowVersionsResponse:
        size = page_size(request.page)
        key = decode_page_token(request.page, 1)
        rows = await store.versions_before(
            current_session(), request.flow_code, int(key[0]) if key else None, size + 1
        )
        page = page_pb2.PageInfo()
        if len(rows) > size:
            page.next_page_token = encode_page_token(str(rows[size - 1].version))
        return flow_pb2.ListFlowVersionsResponse(
            versions=[version_message(row, with_source=False) for row in rows[:size]], page=page
        )

    async def CompareFlows(
        self, request: flow_pb2.CompareFlowsRequest, context: Context
    ) -> flow_pb2.CompareFlowsResponse:
        if request.to_draft:
            source, to_version = (await _draft(request.flow_code)).source, 0
            before = await store.existing_version(
                current_session(), request.flow_code, request.from_version
            )
        else:
            newer = await store.existing_version(
                current_session(), request.flow_code, request.to_version
            )
            source, to_version = newer.source, newer.version
            before = await store.existing_version(
                current_session(), request.flow_code, request.from_version or _before(newer)
            )
        found = differences(_definition(before.source), _definition(source))
        return flow_pb2.CompareFlowsResponse(
            from_version=before.version,
            to_version=to_version,
            differences=[difference_message(difference) for difference in found],
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

    def _drafts(self) -> Drafts:
        return Drafts(self._clock, _author())


def _author() -> str:
    actor = current_actor()
    actor.require_role(*AUTHOR_ROLES)
    return actor.person_id


def _with_plan(message: flow_pb2.FlowVersion, plan: Plan, content: bytes) -> flow_pb2.FlowVersion:
    message.plan_json = content.decode()
    message.inputs_schema_json = json.dumps(form_schema(plan.inputs), ensure_ascii=False)
    return message


async def _draft(flow_code: str) -> FlowDraftRow:
    draft = await store.draft_of(current_session(), flow_code)
    if draft is None:
        raise draft_unknown(flow_code)
    return draft


def _before(row: FlowVersionRow) -> int:
    if row.version == 1:
        raise NotFound(
            "FLOW_UNKNOWN", f"{row.flow_code} has no version before its first", field="from_version"
        )
    return row.version - 1


def _definition(source: str) -> FlowDefinition:
    definition = FlowDefinition.read(source)
    if definition is None:
        raise FailedPrecondition(
            "FLOW_DRAFT_MALFORMED", "the draft is no flow that could be compared; check it first"
        )
    return definition
