"""What the RPCs of drafts share: who may, what an answer tells, how an act is kept."""

from __future__ import annotations

from typing import Final

from kit.authn import current_actor
from kit.clock import Clock
from kit.db.session import current_session
from kit.errors import PermissionDenied
from protos.pricing.v1 import draft_pb2 as pb
from protos.pricing.v1.draft_pb2_grpc import PriceDraftServiceServicer
from services.pricing.convert.delegations import delegation_from_row
from services.pricing.convert.drafts import draft_to_proto, edit_to_proto
from services.pricing.domain.delegation import Delegation
from services.pricing.domain.drafts import Act, after, check_seen
from services.pricing.servicer.base import KEEPS_PRICES
from services.pricing.servicer.editing import Opened, open_draft
from services.pricing.store import books, drafts

#: Edits that an answer tells of.
_TOLD_EDITS: Final = 20


class DraftRpcs(PriceDraftServiceServicer):
    """What the RPCs of drafts are served with."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    async def _take(self, draft_id: str, seen: int, act: Act) -> Opened:
        """A draft that the actor may do this with; its state is what the act leads to.

        Raises:
            FailedPrecondition: ``PRICING_DRAFT_STATE`` or ``PRICING_DRAFT_STALE``.
            PermissionDenied: ``PRICING_NOT_DELEGATED``.
        """
        found = await open_draft(draft_id, to_change=True)
        await self._delegations(found)
        draft = found.draft
        check_seen(draft, seen)
        after(draft, act)
        return found

    async def _delegations(self, opened: Opened) -> list[Delegation] | None:
        """By what the actor may edit a draft: None: who keeps prices edits any."""
        return await self._may_price(opened.row.price_book_code, opened.row.created_by_person_id)

    async def _may_price(
        self, price_book_code: str, created_by_person_id: str
    ) -> list[Delegation] | None:
        actor = current_actor()
        if actor.has_role(*KEEPS_PRICES):
            return None
        rows = await drafts.delegated_to(
            current_session(),
            price_book_code,
            actor.person_id,
            sorted(actor.roles),
            self._clock.now(),
        )
        if not rows or created_by_person_id != actor.person_id:
            raise PermissionDenied(
                "PRICING_NOT_DELEGATED",
                f"this needs one of the roles {', '.join(sorted(KEEPS_PRICES))}, or a delegation for"
                f" book {price_book_code!r} and a draft of your own",
            )
        return [delegation_from_row(row) for row in rows]


async def told(opened: Opened) -> pb.PriceDraft:
    """A draft on the wire, with its last edits."""
    session, row = current_session(), opened.row
    message = draft_to_proto(row)
    message.content_hash = opened.content_hash
    message.changed_rules = len(opened.real_changes)
    message.needs_headquarters = opened.draft.beyond_band
    newest = await books.newest_version(session, row.price_book_code)
    stands_on = 0 if opened.draft.founds else row.base_version
    open_still = row.draft_state in ("editing", "in_review", "approved")
    message.base_moved = open_still and stands_on != (newest.version if newest else 0)
    edits = await drafts.last_edits(session, row.draft_id, _TOLD_EDITS)
    message.edits.extend(edit_to_proto(edit, rules) for edit, rules in edits)
    return message


async def told_as_kept(row: str) -> pb.PriceDraft:
    """A draft as it is after it was changed."""
    return await told(await open_draft(row))
