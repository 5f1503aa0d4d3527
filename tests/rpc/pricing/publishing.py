"""Books published as in life: the first version founds the book, later ones come from drafts."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, Any

from kit.authn import Actor
from protos.pricing.v1 import book_pb2 as pb
from protos.pricing.v1 import book_pb2_grpc, draft_pb2, draft_pb2_grpc
from tests.rpc.conftest import Served

if TYPE_CHECKING:
    from protos.pricing.v1.book_pb2_grpc import PriceBookServiceAsyncStub as Books
    from protos.pricing.v1.draft_pb2_grpc import PriceDraftServiceAsyncStub as Drafts

EDITOR = Actor("pe_zhao", frozenset({"pricing_manager"}))
REVIEWER = Actor("pe_qian", frozenset({"pricing_manager"}))
HEADQUARTERS = Actor("pe_zheng", frozenset({"hq"}))

_LISTED = {
    "rates": "rate", "modifiers": "modifier", "promotions": "promotion", "taxes": "tax",
    "groups": "group", "openings": "opening",
}  # fmt: skip
_CODES = {
    "rates": "rate_id", "modifiers": "modifier_code", "promotions": "promotion_code",
    "taxes": "tax_code", "groups": "group_code", "openings": "place_code",
}  # fmt: skip
_keys = count()


def a_key() -> str:
    return f"draft key {next(_keys)}"


def drafts_of(pricing: Served, actor: Actor = EDITOR) -> Drafts:
    return pricing.stub(draft_pb2_grpc.PriceDraftServiceStub, actor)  # type: ignore[return-value]  # aio


def books_of(pricing: Served) -> Books:
    return pricing.stub(book_pb2_grpc.PriceBookServiceStub)  # type: ignore[return-value]  # aio


async def publish(pricing: Served, book: pb.PriceBookVersion) -> pb.PriceBookVersion:
    """Publish a book, founded or by a draft that makes its newest version this one."""
    books = books_of(pricing)
    listed = await books.ListPriceBookVersions(
        pb.ListPriceBookVersionsRequest(price_book_code=book.price_book_code)
    )
    if not listed.versions:
        founding = pb.PublishPriceBookRequest(idempotency_key=a_key(), price_book=book)
        return await books.PublishPriceBook(founding)
    newest = await books.GetPriceBookVersion(
        pb.GetPriceBookVersionRequest(
            price_book_code=book.price_book_code, version=listed.versions[0].version
        )
    )
    draft = await draft_on(pricing, book.price_book_code, *edits_from(newest, book))
    return await publish_draft(
        pricing, draft, effective_from=book.effective_from if book.HasField("effective_from") else None,
        correction_reason=book.correction_reason,
    )  # fmt: skip


def edits_from(
    before: pb.PriceBookVersion, after: pb.PriceBookVersion
) -> list[draft_pb2.PriceRuleEdit]:
    """Put all that a book says, and remove all else."""
    edits = [
        draft_pb2.PriceRuleEdit(
            put=pb.PriceRule(
                head=pb.PriceBookHead(
                    currency=after.currency,
                    resolution_order=after.resolution_order,
                    phases=after.phases,
                    rounding=after.rounding or pb.ROUNDING_HALF_UP,
                )
            )
        )
    ]
    for listed, kind in _LISTED.items():
        for rule in getattr(after, listed):
            said: dict[str, Any] = {kind: rule}
            edits.append(draft_pb2.PriceRuleEdit(put=pb.PriceRule(**said)))
        kept = {_identity(listed, rule) for rule in getattr(after, listed)}
        edits += [
            removal(kind, getattr(rule, _CODES[listed]))
            for rule in getattr(before, listed)
            if _identity(listed, rule) not in kept
        ]
    return edits


def removal(kind: str, code: str) -> draft_pb2.PriceRuleEdit:
    number = pb.PriceRuleKind.Value(f"PRICE_RULE_KIND_{kind.upper()}")
    return draft_pb2.PriceRuleEdit(remove=pb.PriceRuleName(kind=number, code=code))


def put(rate: pb.Rate) -> draft_pb2.PriceRuleEdit:
    return draft_pb2.PriceRuleEdit(put=pb.PriceRule(rate=rate))


def _identity(listed: str, rule: Any) -> object:
    if listed != "rates":
        return getattr(rule, _CODES[listed])
    said = type(rule)()
    said.CopyFrom(rule)
    for name in ("rate_id", "list_price", "settlement_price", "charge"):
        said.ClearField(name)
    return said.SerializeToString(deterministic=True)


async def draft_on(
    pricing: Served, code: str, *edits: draft_pb2.PriceRuleEdit, actor: Actor = EDITOR, **more: Any
) -> draft_pb2.PriceDraft:
    drafts = drafts_of(pricing, actor)
    draft = await drafts.CreatePriceDraft(
        draft_pb2.CreatePriceDraftRequest(idempotency_key=a_key(), price_book_code=code, **more)
    )
    if not edits:
        return draft
    return await drafts.EditPriceDraft(
        draft_pb2.EditPriceDraftRequest(
            idempotency_key=a_key(), draft_id=draft.draft_id, edits=edits
        )
    )


async def submit(
    pricing: Served, draft: draft_pb2.PriceDraft, actor: Actor = EDITOR
) -> draft_pb2.PriceDraft:
    return await drafts_of(pricing, actor).SubmitPriceDraft(
        draft_pb2.SubmitPriceDraftRequest(idempotency_key=a_key(), draft_id=draft.draft_id)
    )


async def review(
    pricing: Served,
    draft: draft_pb2.PriceDraft,
    *,
    actor: Actor = REVIEWER,
    decision: draft_pb2.PriceReviewDecision.ValueType = draft_pb2.PRICE_REVIEW_DECISION_APPROVE,
    comment: str = "已核对",
) -> draft_pb2.PriceDraft:
    return await drafts_of(pricing, actor).ReviewPriceDraft(
        draft_pb2.ReviewPriceDraftRequest(
            idempotency_key=a_key(), draft_id=draft.draft_id, decision=decision, comment=comment
        )
    )


async def publish_draft(
    pricing: Served, draft: draft_pb2.PriceDraft, **more: Any
) -> pb.PriceBookVersion:
    """Submit, approve and publish a draft."""
    await review(pricing, await submit(pricing, draft))
    return await drafts_of(pricing).PublishPriceDraft(
        draft_pb2.PublishPriceDraftRequest(idempotency_key=a_key(), draft_id=draft.draft_id, **more)
    )
