"""Drafts: submit, review, publish, discard."""

from __future__ import annotations

from typing import Final

from kit.authn import current_actor
from kit.db.session import current_session
from kit.errors import FailedPrecondition, InvalidArgument
from kit.rpc.convert import instant_from_proto
from kit.rpc.events import record
from protos.pricing.v1 import book_pb2
from protos.pricing.v1 import draft_pb2 as pb
from services.pricing.convert.books import (
    content_from_proto,
    rate_to_row,
    rules_to_rows,
    version_to_proto,
)
from services.pricing.convert.drafts import change_of, listed
from services.pricing.domain.comparison import RuleKind, applied
from services.pricing.domain.drafts import (
    Act,
    after,
    check_approved,
    check_base,
    check_comment,
    check_reviewer,
)
from services.pricing.domain.publishing import check_effective
from services.pricing.domain.refusing import refuse
from services.pricing.servicer.base import KEEPS_PRICES, Context
from services.pricing.servicer.draft_base import DraftRpcs, told_as_kept
from services.pricing.servicer.draft_findings import refuse_contradictions, require_reason
from services.pricing.servicer.editing import Opened, problems_of
from services.pricing.store import books, publications
from services.pricing.tables import PriceBookVersionRow, RateRow

_HEADQUARTERS: Final = ("hq", "admin")


class DraftLifeRpcs(DraftRpcs):
    """Drafts from submission to the end."""

    async def SubmitPriceDraft(
        self, request: pb.SubmitPriceDraftRequest, context: Context
    ) -> pb.PriceDraft:
        found = await self._take(request.draft_id, request.revision, Act.SUBMIT)
        row, draft, now = found.row, found.draft, self._clock.now()
        newest = await books.newest_version(current_session(), row.price_book_code)
        check_base(draft, newest.version if newest else 0)
        stands_on_itself = found.base and found.base.price_book_code == row.price_book_code
        if stands_on_itself and not found.real_changes:
            raise FailedPrecondition(
                "PRICING_DRAFT_UNCHANGED",
                "the draft says what its base says: there is nothing to review",
                field="draft_id",
            )
        await check_whole(found)
        await refuse_contradictions(found, now)
        row.draft_state = after(draft, Act.SUBMIT)
        row.submitted_hash, row.approved_hash = found.content_hash, ""
        row.submitted_at, row.submitted_by_person_id = now, current_actor().person_id
        row.reviewed_at, row.reviewed_by_person_id, row.review_comment = None, "", ""
        submitted = pb.PriceDraftSubmitted(
            draft_id=row.draft_id,
            price_book_code=row.price_book_code,
            content_hash=row.submitted_hash,
            needs_headquarters=draft.beyond_band,
        )
        await record(submitted, aggregate=("price_draft", row.draft_id), occurred_at=now)
        return await self._kept(found)

    async def ReviewPriceDraft(
        self, request: pb.ReviewPriceDraftRequest, context: Context
    ) -> pb.PriceDraft:
        actor = current_actor()
        actor.require_role(*KEEPS_PRICES)
        act = _act(request.decision)
        found = await self._take(request.draft_id, request.revision, act)
        row, draft, now = found.row, found.draft, self._clock.now()
        if act is Act.APPROVE:
            check_reviewer(draft, actor.person_id, is_headquarters=actor.has_role(*_HEADQUARTERS))
            await require_reason(found, now, request.comment)
        else:
            check_comment(request.comment)
        row.draft_state = after(draft, act)
        row.approved_hash = row.submitted_hash if act is Act.APPROVE else ""
        row.reviewed_at, row.reviewed_by_person_id = now, actor.person_id
        row.review_comment = request.comment.strip()
        reviewed = pb.PriceDraftReviewed(
            draft_id=row.draft_id,
            price_book_code=row.price_book_code,
            decision=request.decision,
            comment=row.review_comment,
            content_hash=row.submitted_hash,
        )
        await record(reviewed, aggregate=("price_draft", row.draft_id), occurred_at=now)
        return await self._kept(found)

    async def PublishPriceDraft(
        self, request: pb.PublishPriceDraftRequest, context: Context
    ) -> book_pb2.PriceBookVersion:
        actor, session, now = current_actor(), current_session(), self._clock.now()
        actor.require_role(*KEEPS_PRICES)
        found = await self._take(request.draft_id, request.revision, Act.PUBLISH)
        row, draft = found.row, found.draft
        number = await books.next_version(session, row.price_book_code)
        check_base(draft, number - 1)
        check_approved(draft, found.content_hash)
        await check_whole(found)
        effective_from = (
            instant_from_proto(request.effective_from, "effective_from")
            if request.HasField("effective_from")
            else now
        )
        check_effective(effective_from, now, number, request.correction_reason, "effective_from")
        version = PriceBookVersionRow(
            price_book_code=row.price_book_code,
            version=number,
            content_hash=found.content_hash,
            effective_from=effective_from,
            correction_reason=request.correction_reason.strip(),
            published_at=now,
            published_by_person_id=actor.person_id,
            draft_id=row.draft_id,
        )
        await _publish(found, version)
        row.draft_state, row.published_version = after(draft, Act.PUBLISH), number
        row.revision += 1
        published = book_pb2.PriceBookPublished(price_book_code=row.price_book_code, version=number)
        await record(published, aggregate=("price_book", row.price_book_code), occurred_at=now)
        return version_to_proto(version)

    async def DiscardPriceDraft(
        self, request: pb.DiscardPriceDraftRequest, context: Context
    ) -> pb.PriceDraft:
        found = await self._take(request.draft_id, request.revision, Act.DISCARD)
        row = found.row
        row.draft_state = after(found.draft, Act.DISCARD)
        discarded = pb.PriceDraftDiscarded(
            draft_id=row.draft_id, price_book_code=row.price_book_code
        )
        await record(
            discarded, aggregate=("price_draft", row.draft_id), occurred_at=self._clock.now()
        )
        return await self._kept(found)

    async def _kept(self, found: Opened) -> pb.PriceDraft:
        found.row.revision += 1
        await current_session().flush()
        return await told_as_kept(found.row.draft_id)


def _act(decision: pb.PriceReviewDecision.ValueType) -> Act:
    match decision:
        case pb.PRICE_REVIEW_DECISION_APPROVE:
            return Act.APPROVE
        case pb.PRICE_REVIEW_DECISION_RETURN:
            return Act.RETURN
        case _:
            raise InvalidArgument(
                "PRICING_REVIEW_DECISION_MISSING", "approve it or return it", field="decision"
            )


async def check_whole(found: Opened) -> None:
    """Refuse a draft with anything wrong in what it touches.

    Raises:
        InvalidArgument: all that is wrong, by the rules' names.
    """
    touched = {
        said["item_code"]
        for change in found.real_changes
        if change.name.kind is RuleKind.RATE
        for said in (change.before, change.after)
        if said
    }
    base = await found.rules(touched)
    rules = applied(base.rules, map(change_of, found.changes.values()))
    problems = await problems_of(found, rules, {})
    if found.base is None and not any(name.kind is RuleKind.RATE for name in rules):
        problems.append(
            InvalidArgument("PRICING_BOOK_EMPTY", "a book needs a rate at least", field="rates")
        )
    refuse(problems)


async def _publish(found: Opened, version: PriceBookVersionRow) -> None:
    """Write the version by its difference from the one that the draft stands on."""
    base = await found.rules(())
    changes = [change_of(row) for row in found.changes.values()]
    others = {
        name: said
        for name, said in applied(base.rules, changes).items()
        if name.kind is not RuleKind.RATE
    }
    head = listed(version.price_book_code, others).message
    _say_head(version, head)
    ended = [
        row.rate_number
        for row in found.changes.values()
        if row.rate_number is not None and row.before != row.after
    ]
    rules = list(rules_to_rows(head, version.version))
    await publications.publish_on(
        current_session(), version, found.base, ended, _added(found, version), rules
    )


def _say_head(version: PriceBookVersionRow, head: book_pb2.PriceBookVersion) -> None:
    version.currency = head.currency
    version.resolution_order = list(head.resolution_order)
    version.phases = list(head.phases)
    said = content_from_proto(head, ())
    version.rounding = said.head.rounding


def _added(found: Opened, version: PriceBookVersionRow) -> list[RateRow]:
    """The rates that begin with a version."""
    added = {
        change.name: change.after
        for change in found.real_changes
        if change.name.kind is RuleKind.RATE and change.after is not None
    }
    message = listed(version.price_book_code, added).message
    message.currency = version.currency
    content = content_from_proto(message, ())
    return [
        rate_to_row(said, rate, version.price_book_code, version.version)
        for said, rate in zip(message.rates, content.rates, strict=True)
    ]
