"""Drafts: draft → checked → published. Whoever saves over somebody else's revision is told so."""

from __future__ import annotations

from dataclasses import dataclass

from kit.clock import Clock
from kit.db.session import current_session
from kit.errors import FailedPrecondition, InvalidArgument, NotFound
from workflows import store
from workflows.compiler.compile import Compiled
from workflows.flows.publishing import check, publish
from workflows.language.fields import IDENTIFIER
from workflows.tables import FlowDraftRow, FlowVersionRow


@dataclass(frozen=True, slots=True)
class Drafts:
    """The drafts as one person changes them."""

    clock: Clock
    person_id: str

    async def save(self, flow_code: str, source: str, after_revision: int) -> FlowDraftRow:
        """Keep a text as the draft's next revision; it is unchecked then.

        Raises:
            InvalidArgument: ``FLOW_CODE_MALFORMED``.
            FailedPrecondition: ``FLOW_DRAFT_STALE``.
        """
        if not IDENTIFIER.fullmatch(flow_code):
            raise InvalidArgument(
                "FLOW_CODE_MALFORMED",
                "a flow's code is lower-case letters, digits and _, 48 at most",
                field="flow_code",
            )
        await store.lock_flow(current_session(), flow_code)
        draft = await store.draft_of(current_session(), flow_code, for_update=True)
        if after_revision != (draft.revision if draft else 0):
            raise _stale(draft, after_revision)
        if draft is None:
            latest = await store.latest_version(current_session(), flow_code)
            draft = FlowDraftRow(
                flow_code=flow_code, revision=0, base_version=latest.version if latest else 0
            )
            current_session().add(draft)
        draft.revision += 1
        draft.checked = False
        draft.source = source
        draft.saved_at = self.clock.now()
        draft.saved_by_person_id = self.person_id
        await current_session().flush()
        return draft

    async def check(self, flow_code: str, revision: int) -> tuple[FlowDraftRow, Compiled]:
        """Compile a draft and keep whether it can be published.

        Raises:
            NotFound: ``FLOW_DRAFT_UNKNOWN``.
            FailedPrecondition: ``FLOW_DRAFT_STALE``.
        """
        draft = await self._at(flow_code, revision)
        compiled = await check(draft.source)
        draft.checked = compiled.plan is not None and compiled.plan.flow == flow_code
        await current_session().flush()
        return draft, compiled

    async def publish(self, flow_code: str, revision: int) -> FlowVersionRow:
        """Publish a checked draft as the next version and let the draft go.

        Raises:
            NotFound: ``FLOW_DRAFT_UNKNOWN``.
            FailedPrecondition: ``FLOW_DRAFT_STALE``, ``FLOW_DRAFT_UNCHECKED``, or
                ``FLOW_DRAFT_OVERTAKEN`` when another version was published meanwhile.
            InvalidArgument: ``FLOW_NOT_PUBLISHABLE``, when the contracts changed since the check.
        """
        await store.lock_flow(current_session(), flow_code)
        draft = await self._at(flow_code, revision)
        if not draft.checked:
            raise FailedPrecondition(
                "FLOW_DRAFT_UNCHECKED",
                f"revision {revision} of {flow_code} has not been checked without errors",
                field="revision",
            )
        latest = await store.latest_version(current_session(), flow_code)
        if latest is not None and latest.version != draft.base_version:
            raise FailedPrecondition(
                "FLOW_DRAFT_OVERTAKEN",
                f"the draft was begun from version {draft.base_version}; version {latest.version}"
                " has been published since. Compare the two, then begin a draft from it",
                field="flow_code",
            )
        version = await publish(draft.source, self.clock.now(), self.person_id)
        await current_session().delete(draft)
        await current_session().flush()
        return version

    async def discard(self, flow_code: str, revision: int) -> None:
        """Throw a draft away.

        Raises:
            NotFound: ``FLOW_DRAFT_UNKNOWN``.
            FailedPrecondition: ``FLOW_DRAFT_STALE``.
        """
        await current_session().delete(await self._at(flow_code, revision))
        await current_session().flush()

    async def _at(self, flow_code: str, revision: int) -> FlowDraftRow:
        draft = await store.draft_of(current_session(), flow_code, for_update=True)
        if draft is None:
            raise draft_unknown(flow_code)
        if draft.revision != revision:
            raise _stale(draft, revision)
        return draft


def draft_unknown(flow_code: str) -> NotFound:
    """The refusal when a flow has no draft."""
    return NotFound("FLOW_DRAFT_UNKNOWN", f"flow {flow_code!r} has no draft", field="flow_code")


def _stale(draft: FlowDraftRow | None, seen: int) -> FailedPrecondition:
    newest = draft.revision if draft else 0
    saved = f"; {draft.saved_by_person_id} saved the newest" if draft else ""
    return FailedPrecondition(
        "FLOW_DRAFT_STALE",
        f"the draft is at revision {newest}, you saw {seen}{saved}",
        field="revision",
        details={"revision": str(newest)},
    )
