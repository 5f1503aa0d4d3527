"""Drafts: saved as they are, checked, published; nobody's work is written over."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from kit.authn import Actor
from kit.errors import FailedPrecondition, InvalidArgument, NotFound, PermissionDenied
from protos.flow.v1 import flow_pb2
from tests.rpc.conftest import Served
from tests.rpc.flow.test_flows import flows, flows_for, named, served

if TYPE_CHECKING:
    from protos.flow.v1.flow_pb2_grpc import FlowServiceAsyncStub

__all__ = ["flows", "served"]
SALES = Actor(person_id="pe_wang", roles=frozenset({"sales"}))


class Drawing:
    """One flow being drawn; each request under a key of its own."""

    def __init__(self, flows: FlowServiceAsyncStub, code: str) -> None:
        self.flows = flows
        self.code = code
        self._keys = 0

    def key(self) -> str:
        self._keys += 1
        return f"{self.code}-{self._keys}"

    async def save(self, source: str, after: int = 0) -> flow_pb2.FlowDraft:
        return await self.flows.SaveDraft(
            flow_pb2.SaveDraftRequest(
                idempotency_key=self.key(),
                flow_code=self.code,
                source=source,
                after_revision=after,
            )
        )

    async def check(self, revision: int) -> flow_pb2.CheckDraftResponse:
        return await self.flows.CheckDraft(
            flow_pb2.CheckDraftRequest(
                idempotency_key=self.key(), flow_code=self.code, revision=revision
            )
        )

    async def publish(self, revision: int) -> flow_pb2.FlowVersion:
        return await self.flows.PublishDraft(
            flow_pb2.PublishDraftRequest(
                idempotency_key=self.key(), flow_code=self.code, revision=revision
            )
        )

    async def draft(self) -> flow_pb2.FlowDraft:
        return await self.flows.GetDraft(flow_pb2.GetDraftRequest(flow_code=self.code))


async def test_a_draft_is_saved_checked_and_published(flows: FlowServiceAsyncStub) -> None:
    drawing = Drawing(flows, "drawn")
    saved = await drawing.save(named("drawn"))
    assert (saved.revision, saved.state) == (1, flow_pb2.DRAFT_STATE_DRAFT)
    checked = await drawing.check(1)
    assert checked.draft.state == flow_pb2.DRAFT_STATE_CHECKED
    assert checked.check.publishable
    version = await drawing.publish(1)
    assert (version.version, version.source) == (1, named("drawn"))
    with pytest.raises(NotFound, match="FLOW_DRAFT_UNKNOWN"):
        await drawing.draft()


async def test_a_draft_is_read_as_it_would_be_published(flows: FlowServiceAsyncStub) -> None:
    drawing = Drawing(flows, "rehearsed")
    wanted = flow_pb2.GetFlowRequest(flow_code="rehearsed", draft=True)
    with pytest.raises(NotFound, match="FLOW_DRAFT_UNKNOWN"):
        await flows.GetFlow(wanted)
    await drawing.save("code: [")
    with pytest.raises(InvalidArgument, match="FLOW_NOT_PUBLISHABLE"):
        await flows.GetFlow(wanted)
    await drawing.save(named("rehearsed"), after=1)
    seen = await flows.GetFlow(wanted)
    assert seen.version == 0
    await drawing.check(2)
    assert (await drawing.publish(2)).plan_hash == seen.plan_hash
    published = await flows.GetFlow(flow_pb2.GetFlowRequest(flow_code="rehearsed"))
    assert published.plan_json == seen.plan_json


async def test_any_text_may_be_a_draft_but_only_a_checked_one_is_published(
    flows: FlowServiceAsyncStub,
) -> None:
    drawing = Drawing(flows, "unfinished")
    await drawing.save("code: [")
    checked = await drawing.check(1)
    assert checked.draft.state == flow_pb2.DRAFT_STATE_DRAFT
    assert checked.check.diagnostics[0].code == "FLOW_SOURCE_SYNTAX"
    with pytest.raises(FailedPrecondition, match="FLOW_DRAFT_UNCHECKED"):
        await drawing.publish(1)


async def test_saving_makes_a_checked_draft_unchecked(flows: FlowServiceAsyncStub) -> None:
    drawing = Drawing(flows, "touched")
    await drawing.save(named("touched"))
    await drawing.check(1)
    saved = await drawing.save(named("touched", "改"), after=1)
    assert (saved.revision, saved.state) == (2, flow_pb2.DRAFT_STATE_DRAFT)
    with pytest.raises(FailedPrecondition, match="FLOW_DRAFT_UNCHECKED"):
        await drawing.publish(2)


async def test_whoever_saves_over_a_newer_revision_is_told(flows: FlowServiceAsyncStub) -> None:
    drawing = Drawing(flows, "contended")
    await drawing.save(named("contended", "一"))
    await drawing.save(named("contended", "二"), after=1)
    with pytest.raises(FailedPrecondition, match="FLOW_DRAFT_STALE") as refused:
        await drawing.save(named("contended", "三"), after=1)
    assert refused.value.details["revision"] == "2"
    assert (await drawing.draft()).source == named("contended", "二")


async def test_a_draft_of_another_flow_is_not_publishable_under_this_name(
    flows: FlowServiceAsyncStub,
) -> None:
    drawing = Drawing(flows, "misnamed")
    await drawing.save(named("somebody_else"))
    assert (await drawing.check(1)).draft.state == flow_pb2.DRAFT_STATE_DRAFT


async def test_a_draft_overtaken_by_another_version_is_not_published_over_it(
    flows: FlowServiceAsyncStub,
) -> None:
    drawing = Drawing(flows, "overtaken")
    await drawing.save(named("overtaken", "一"))
    await drawing.check(1)
    await flows.PublishFlow(
        flow_pb2.PublishFlowRequest(idempotency_key="overtaking", source=named("overtaken", "二"))
    )
    with pytest.raises(FailedPrecondition, match="FLOW_DRAFT_OVERTAKEN"):
        await drawing.publish(1)


async def test_a_discarded_draft_is_gone(flows: FlowServiceAsyncStub) -> None:
    drawing = Drawing(flows, "discarded")
    await drawing.save(named("discarded"))
    await flows.DiscardDraft(
        flow_pb2.DiscardDraftRequest(idempotency_key="away", flow_code="discarded", revision=1)
    )
    with pytest.raises(NotFound, match="FLOW_DRAFT_UNKNOWN"):
        await drawing.draft()


async def test_drafts_are_listed_page_by_page(flows: FlowServiceAsyncStub) -> None:
    for code in ("listed_a", "listed_b", "listed_c"):
        await Drawing(flows, code).save(named(code))
    found: list[str] = []
    request = flow_pb2.ListDraftsRequest()
    request.page.page_size = 2
    while True:
        page = await flows.ListDrafts(request)
        assert len(page.drafts) <= 2
        found += [draft.flow_code for draft in page.drafts]
        if not page.page.next_page_token:
            break
        request.page.page_token = page.page.next_page_token
    assert [code for code in found if code.startswith("listed_")] == [
        "listed_a", "listed_b", "listed_c",
    ]  # fmt: skip


async def test_a_code_that_no_flow_can_have_is_refused(flows: FlowServiceAsyncStub) -> None:
    with pytest.raises(InvalidArgument, match="FLOW_CODE_MALFORMED") as refused:
        await Drawing(flows, "Not A Code").save("code: x")
    assert refused.value.field == "flow_code"


async def test_only_authors_draw(served: Served) -> None:
    with pytest.raises(PermissionDenied):
        await Drawing(flows_for(served, SALES), "sales").save("code: x")


async def test_versions_are_listed_newest_first_and_compared_in_words(
    flows: FlowServiceAsyncStub,
) -> None:
    drawing = Drawing(flows, "compared")
    for number, name in enumerate(("一", "二", "三"), start=1):
        await flows.PublishFlow(
            flow_pb2.PublishFlowRequest(
                idempotency_key=f"compared-v{number}", source=named("compared", name)
            )
        )
    listed = await flows.ListFlowVersions(flow_pb2.ListFlowVersionsRequest(flow_code="compared"))
    assert [version.version for version in listed.versions] == [3, 2, 1]
    newest = await flows.CompareFlows(flow_pb2.CompareFlowsRequest(flow_code="compared"))
    assert (newest.from_version, newest.to_version) == (2, 3)
    assert [difference.words for difference in newest.differences] == ["名称由 二 改为 三"]
    await drawing.save(named("compared", "四"))
    draft = await flows.CompareFlows(
        flow_pb2.CompareFlowsRequest(flow_code="compared", from_version=1, to_draft=True)
    )
    assert (draft.from_version, draft.to_version) == (1, 0)
    assert [difference.words for difference in draft.differences] == ["名称由 一 改为 四"]


async def test_a_first_version_has_nothing_before_it(flows: FlowServiceAsyncStub) -> None:
    await flows.PublishFlow(
        flow_pb2.PublishFlowRequest(idempotency_key="first", source=named("first_ever"))
    )
    with pytest.raises(NotFound, match="no version before its first"):
        await flows.CompareFlows(flow_pb2.CompareFlowsRequest(flow_code="first_ever"))
