"""Drafts of price books: edited, reviewed by somebody else, published as a difference."""

from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from kit.authn import SYSTEM
from kit.clock import FixedClock
from kit.errors import (
    AlreadyExists,
    FailedPrecondition,
    InvalidArgument,
    NotFound,
    PermissionDenied,
)
from protos.common.v1.money_pb2 import Money
from protos.events.v1 import events_pb2
from protos.pricing.v1 import book_pb2 as books_pb
from protos.pricing.v1 import draft_pb2 as pb
from protos.pricing.v1 import library_pb2
from tests.rpc.conftest import Served
from tests.rpc.pricing.publishing import (
    EDITOR,
    HEADQUARTERS,
    REVIEWER,
    a_key,
    draft_on,
    drafts_of,
    publish,
    publish_draft,
    put,
    removal,
    review,
    submit,
)
from tests.unit.pricing.conftest import shipped_book

if TYPE_CHECKING:
    from protos.pricing.v1.book_pb2_grpc import PriceBookServiceAsyncStub as Books

pytestmark = pytest.mark.usefixtures("items")
ADDED, CHANGED, REMOVED, UNCHANGED = (
    books_pb.PRICE_RULE_CHANGE_ADDED,
    books_pb.PRICE_RULE_CHANGE_CHANGED,
    books_pb.PRICE_RULE_CHANGE_REMOVED,
    books_pb.PRICE_RULE_CHANGE_UNCHANGED,
)
STANDARD = "AC-INSTALL-STD"


def a_rate(list_minor: int, settlement_minor: int = 10000, **said: Any) -> books_pb.Rate:
    return books_pb.Rate(
        item_code=said.pop("item_code", STANDARD),
        list_price=Money(currency="CNY", amount_minor=list_minor),
        settlement_price=Money(currency="CNY", amount_minor=settlement_minor),
        **said,
    )


async def founded(pricing: Served, code: str) -> books_pb.PriceBookVersion:
    book = shipped_book()
    book.price_book_code = code
    return await publish(pricing, book)


async def content(pricing: Served, draft: pb.PriceDraft, **said: Any) -> pb.PriceDraftContent:
    return await drafts_of(pricing).GetPriceDraft(
        pb.GetPriceDraftRequest(draft_id=draft.draft_id, **said)
    )


async def edit(
    pricing: Served, draft: pb.PriceDraft, *edits: pb.PriceRuleEdit, revision: int = 0
) -> pb.PriceDraft:
    request = pb.EditPriceDraftRequest(
        idempotency_key=a_key(), draft_id=draft.draft_id, edits=edits, revision=revision
    )
    return await drafts_of(pricing).EditPriceDraft(request)


async def undo(pricing: Served, draft: pb.PriceDraft) -> pb.PriceDraft:
    return await drafts_of(pricing).UndoPriceDraftEdit(
        pb.UndoPriceDraftEditRequest(idempotency_key=a_key(), draft_id=draft.draft_id)
    )


async def redo(pricing: Served, draft: pb.PriceDraft) -> pb.PriceDraft:
    return await drafts_of(pricing).RedoPriceDraftEdit(
        pb.RedoPriceDraftEditRequest(idempotency_key=a_key(), draft_id=draft.draft_id)
    )


async def test_a_draft_is_published_by_somebody_elses_approval_and_stores_the_difference(
    pricing: Served, books: "Books", clock: FixedClock
) -> None:
    first = await founded(pricing, "difference")
    draft = await draft_on(
        pricing,
        "difference",
        put(a_rate(21000)),
        put(a_rate(19000, place_code="310000")),
        removal("modifier", first.modifiers[0].modifier_code),
    )
    assert draft.changed_rules == 3
    assert (draft.base_version, draft.base_moved) == (1, False)
    second = await publish_draft(pricing, draft)
    assert (second.version, second.draft_id) == (2, draft.draft_id)
    assert second.content_hash == draft.content_hash
    whole = await books.GetPriceBookVersion(
        books_pb.GetPriceBookVersionRequest(price_book_code="difference", version=2)
    )
    prices = {rate.rate_id: rate.list_price.amount_minor for rate in whole.rates}
    assert (prices[STANDARD], prices[f"{STANDARD}@310000/*/*/*"]) == (21000, 19000)
    assert len(whole.modifiers) == len(first.modifiers) - 1
    before = await books.GetPriceBookVersion(
        books_pb.GetPriceBookVersionRequest(price_book_code="difference", version=1)
    )
    assert before.rates == first.rates
    async with await psycopg.AsyncConnection.connect(pricing.database_url) as connection:
        rows = await connection.execute(
            "SELECT count(*) FROM pricing.rate WHERE price_book_code = 'difference'"
        )
        assert await rows.fetchone() == (len(first.rates) + 2,)


async def test_nobody_approves_what_they_wrote(pricing: Served) -> None:
    await founded(pricing, "eyes")
    draft = await submit(pricing, await draft_on(pricing, "eyes", put(a_rate(21000))))
    with pytest.raises(PermissionDenied, match="PRICING_FOUR_EYES"):
        await review(pricing, draft, actor=EDITOR)
    with pytest.raises(FailedPrecondition, match="PRICING_DRAFT_STATE"):
        await drafts_of(pricing).PublishPriceDraft(
            pb.PublishPriceDraftRequest(idempotency_key=a_key(), draft_id=draft.draft_id)
        )
    async with await psycopg.AsyncConnection.connect(
        pricing.database_url, autocommit=True
    ) as connection:
        for person in ("pe_zhao", ""):
            with pytest.raises((psycopg.errors.RestrictViolation, psycopg.errors.CheckViolation)):
                await connection.execute(
                    "UPDATE pricing.price_draft SET draft_state = 'approved',"
                    " approved_hash = submitted_hash, reviewed_by_person_id = %s"
                    " WHERE draft_id = %s",
                    (person, draft.draft_id),
                )


async def test_a_second_editor_does_not_approve_either(pricing: Served) -> None:
    await founded(pricing, "second-editor")
    draft = await draft_on(pricing, "second-editor", put(a_rate(21000)))
    request = pb.EditPriceDraftRequest(
        idempotency_key=a_key(), draft_id=draft.draft_id, edits=[put(a_rate(21500))]
    )
    await drafts_of(pricing, REVIEWER).EditPriceDraft(request)
    await submit(pricing, draft)
    with pytest.raises(PermissionDenied, match="PRICING_FOUR_EYES"):
        await review(pricing, draft)
    assert (await review(pricing, draft, actor=HEADQUARTERS)).state == pb.PRICE_DRAFT_STATE_APPROVED


async def test_the_way_without_a_draft_only_founds_a_book(pricing: Served, books: "Books") -> None:
    await founded(pricing, "way-around")
    again = shipped_book()
    again.price_book_code = "way-around"
    request = books_pb.PublishPriceBookRequest(idempotency_key=a_key(), price_book=again)
    with pytest.raises(AlreadyExists, match="PRICING_DRAFT_NEEDED"):
        await books.PublishPriceBook(request)


async def test_edits_are_undone_and_redone_until_something_else_is_edited(pricing: Served) -> None:
    await founded(pricing, "undone")
    draft = await draft_on(pricing, "undone", put(a_rate(21000)))
    once = draft.content_hash
    twice = await edit(pricing, draft, put(a_rate(22000)))
    assert (await undo(pricing, draft)).content_hash == once
    assert (await redo(pricing, draft)).content_hash == twice.content_hash
    assert (await undo(pricing, await undo(pricing, draft))).changed_rules == 0
    with pytest.raises(FailedPrecondition, match="PRICING_DRAFT_NOTHING_TO_UNDO"):
        await undo(pricing, draft)
    other = await edit(pricing, draft, put(a_rate(23000)))
    assert [one.state for one in other.edits] == [
        pb.PRICE_DRAFT_EDIT_STATE_DONE,
        pb.PRICE_DRAFT_EDIT_STATE_DROPPED,
        pb.PRICE_DRAFT_EDIT_STATE_DROPPED,
    ]
    with pytest.raises(FailedPrecondition, match="PRICING_DRAFT_NOTHING_TO_UNDO"):
        await redo(pricing, draft)


async def test_a_draft_shows_each_rule_as_it_is_and_was_page_by_page(pricing: Served) -> None:
    first = await founded(pricing, "shown")
    gone = first.rates[-1]
    draft = await draft_on(
        pricing,
        "shown",
        put(a_rate(21000)),
        put(a_rate(100, place_code="310000")),
        removal("rate", gone.rate_id),
    )
    seen: list[pb.PriceDraftRule] = []
    request = pb.GetPriceDraftRequest(draft_id=draft.draft_id)
    request.page.page_size = 3
    while True:
        page = await drafts_of(pricing).GetPriceDraft(request)
        assert len(page.rules) <= 3
        seen += page.rules
        if not page.page.next_page_token:
            break
        request.page.page_token = page.page.next_page_token
    names = [(rule.name.kind, rule.name.code) for rule in seen]
    assert len(names) == len(set(names))
    change_of = {rule.name.code: rule.change for rule in seen}
    assert change_of[STANDARD] == CHANGED
    assert change_of[f"{STANDARD}@310000/*/*/*"] == ADDED
    assert change_of[gone.rate_id] == REMOVED
    assert len(seen) == len(first.rates) + 1 + len(first.modifiers) + 1  # added; the head
    changed = next(rule for rule in seen if rule.name.code == STANDARD)
    assert changed.rule.rate.list_price.amount_minor == 21000
    assert changed.before.rate.list_price.amount_minor == 20000
    only = await content(pricing, draft, changes_only=True, item_code=STANDARD)
    assert [rule.change for rule in only.rules] == [CHANGED, ADDED]
    there = await content(pricing, draft, place_code="310000")
    assert [rule.name.code for rule in there.rules] == [f"{STANDARD}@310000/*/*/*"]


async def test_edits_are_all_made_or_none_and_each_problem_is_at_its_field(pricing: Served) -> None:
    await founded(pricing, "wrong")
    draft = await draft_on(pricing, "wrong")
    nameless = books_pb.Modifier(modifier_code="NEW", phase="discount")
    with pytest.raises(InvalidArgument) as refused:
        await edit(
            pricing,
            draft,
            put(a_rate(21000)),
            put(a_rate(-1, item_code="AC-INSTALL-HIGH")),
            put(a_rate(1, item_code="GHOST")),
            pb.PriceRuleEdit(put=books_pb.PriceRule(modifier=nameless)),
        )
    assert set(refused.value.details) == {
        "edits[1].put.rate.list_price",
        "edits[2].put.rate.item_code",
        "edits[3].put.modifier.phase",
        "edits[3].put.modifier.label",
        "edits[3].put.modifier.combine_mode",
    }
    assert (await content(pricing, draft)).draft.changed_rules == 0
    with pytest.raises(InvalidArgument, match="PRICING_RULE_UNKNOWN"):
        await edit(pricing, draft, removal("rate", "NO-SUCH"))
    with pytest.raises(InvalidArgument, match="PRICING_RULE_REPEATED"):
        await edit(pricing, draft, put(a_rate(1)), put(a_rate(2)))


async def test_windows_that_overlap_are_refused_at_the_edit_and_by_the_database(
    pricing: Served,
) -> None:
    def summer(first: str, last: str) -> books_pb.Rate:
        return a_rate(18000, conditions=books_pb.Conditions(first_day=first, last_day=last))

    first = await founded(pricing, "windows-of-days")
    head = books_pb.PriceBookHead(
        currency="CNY", resolution_order=[*first.resolution_order, "days"], phases=first.phases
    )
    in_order = pb.PriceRuleEdit(put=books_pb.PriceRule(head=head))
    summer_edit = put(summer("2026-06-01", "2026-08-31"))
    draft = await draft_on(pricing, "windows-of-days", summer_edit)
    with pytest.raises(InvalidArgument, match="PRICING_RESOLUTION_ORDER_INCOMPLETE"):
        await submit(pricing, draft)
    await edit(pricing, draft, in_order)
    with pytest.raises(InvalidArgument, match="PRICING_RATE_OVERLAP") as refused:
        await edit(pricing, draft, put(summer("2026-08-31", "2026-09-30")))
    assert refused.value.field == "edits[0].put.rate"
    await publish_draft(
        pricing, await edit(pricing, draft, put(summer("2026-09-01", "2026-09-30")))
    )
    async with await psycopg.AsyncConnection.connect(
        pricing.database_url, autocommit=True
    ) as connection:
        with pytest.raises(psycopg.errors.ExclusionViolation):
            await connection.execute(
                "INSERT INTO pricing.rate (price_book_code, first_version, rate_id, item_code,"
                " place_code, city_tier, cooperation_mode, customer_level, first_day, last_day,"
                " conditions, charge, list_price_minor, settlement_price_minor)"
                " VALUES ('windows-of-days', 2, '', %s, '', '', '', '', '2026-07-01', '2026-07-02', '{}',"
                " '{}', 1, 1)",
                (STANDARD,),
            )


async def test_what_was_submitted_is_not_edited_and_what_was_seen_is_not_overwritten(
    pricing: Served,
) -> None:
    await founded(pricing, "closed")
    draft = await draft_on(pricing, "closed", put(a_rate(21000)))
    with pytest.raises(FailedPrecondition, match="PRICING_DRAFT_STALE") as stale:
        await edit(pricing, draft, put(a_rate(1)), revision=draft.revision - 1)
    assert stale.value.details["revision"] == str(draft.revision)
    await submit(pricing, draft)
    with pytest.raises(FailedPrecondition, match="PRICING_DRAFT_STATE") as refused:
        await edit(pricing, draft, put(a_rate(22000)))
    assert refused.value.details["state"] == "in_review"
    returned = await review(
        pricing, draft, decision=pb.PRICE_REVIEW_DECISION_RETURN, comment="价格太高"
    )
    assert (returned.state, returned.review_comment) == (pb.PRICE_DRAFT_STATE_EDITING, "价格太高")
    await edit(pricing, draft, put(a_rate(20500)))
    assert (await publish_draft(pricing, draft)).version == 2


async def test_a_draft_that_was_overtaken_is_rebased_and_told_what_conflicts(
    pricing: Served, books: "Books"
) -> None:
    await founded(pricing, "overtaken")
    mine = await draft_on(
        pricing, "overtaken", put(a_rate(21000)), put(a_rate(500, place_code="310000"))
    )
    theirs = await draft_on(
        pricing, "overtaken", put(a_rate(22000)), put(a_rate(600, place_code="320000"))
    )
    await publish_draft(pricing, theirs)
    assert (await content(pricing, mine)).draft.base_moved
    with pytest.raises(FailedPrecondition, match="PRICING_DRAFT_BASE_MOVED"):
        await submit(pricing, mine)

    async def rebase(**said: Any) -> pb.PriceDraftRebased:
        return await drafts_of(pricing).RebasePriceDraft(
            pb.RebasePriceDraftRequest(idempotency_key=a_key(), draft_id=mine.draft_id, **said)
        )

    told = await rebase(dry_run=True)
    [conflict] = told.conflicts
    prices = (conflict.base, conflict.theirs, conflict.ours)
    assert [rule.rate.list_price.amount_minor for rule in prices] == [20000, 22000, 21000]
    assert told.draft.base_version == 1
    rebased = await rebase(keep_theirs=[conflict.name])
    assert (rebased.draft.base_version, rebased.draft.changed_rules) == (2, 1)
    assert not rebased.draft.base_moved
    third = await publish_draft(pricing, mine)
    whole = await books.GetPriceBookVersion(
        books_pb.GetPriceBookVersionRequest(price_book_code="overtaken", version=third.version)
    )
    prices_of = {rate.rate_id: rate.list_price.amount_minor for rate in whole.rates}
    assert prices_of[STANDARD] == 22000
    assert prices_of[f"{STANDARD}@310000/*/*/*"] == 500
    assert prices_of[f"{STANDARD}@320000/*/*/*"] == 600


async def test_a_book_is_rolled_back_to_what_an_older_version_said(
    pricing: Served, books: "Books"
) -> None:
    first = await founded(pricing, "back")
    change = (put(a_rate(30000)), removal("modifier", first.modifiers[0].modifier_code))
    await publish_draft(pricing, await draft_on(pricing, "back", *change))
    draft = await draft_on(pricing, "back", roll_back_to_version=1)
    assert draft.changed_rules == 2
    third = await publish_draft(pricing, draft)
    same = await books.ComparePriceBooks(
        books_pb.ComparePriceBooksRequest(
            before=books_pb.PriceBookSource(price_book_code="back", version=1),
            after=books_pb.PriceBookSource(price_book_code="back", version=third.version),
        )
    )
    assert not same.differences


async def test_a_copy_founds_a_book_of_its_own(pricing: Served, books: "Books") -> None:
    first = await founded(pricing, "original")
    draft = await draft_on(
        pricing, "copied", put(a_rate(15000)), copy_of_price_book_code="original"
    )
    copied = await publish_draft(pricing, draft)
    whole = await books.GetPriceBookVersion(
        books_pb.GetPriceBookVersionRequest(price_book_code="copied", version=copied.version)
    )
    assert copied.version == 1
    assert len(whole.rates) == len(first.rates)
    differ = await books.ComparePriceBooks(
        books_pb.ComparePriceBooksRequest(
            before=books_pb.PriceBookSource(price_book_code="original"),
            after=books_pb.PriceBookSource(price_book_code="copied"),
        )
    )
    [one] = differ.differences
    assert (one.name.code, one.list_price_percent) == (STANDARD, "-25.00")
    with pytest.raises(InvalidArgument, match="PRICING_BOOK_EXISTS"):
        await draft_on(pricing, "copied", copy_of_price_book_code="original")


async def test_a_book_is_founded_from_nothing_by_a_draft(pricing: Served) -> None:
    draft = await draft_on(pricing, "from-nothing")
    with pytest.raises(InvalidArgument, match="PRICING_BOOK_EMPTY"):
        await submit(pricing, draft)
    await edit(pricing, draft, put(a_rate(21000)))
    assert (await publish_draft(pricing, draft)).version == 1


async def test_a_correction_says_why_it_reaches_back(pricing: Served, clock: FixedClock) -> None:
    await founded(pricing, "reaches-back")
    draft = await draft_on(pricing, "reaches-back", put(a_rate(19000)))
    await review(pricing, await submit(pricing, draft))
    request = pb.PublishPriceDraftRequest(idempotency_key=a_key(), draft_id=draft.draft_id)
    request.effective_from.FromDatetime(clock.now().replace(year=2025))
    with pytest.raises(InvalidArgument, match="PRICING_EFFECTIVE_IN_PAST") as refused:
        await drafts_of(pricing).PublishPriceDraft(request)
    assert refused.value.field == "effective_from"
    request.correction_reason = "录入错误"
    assert (await drafts_of(pricing).PublishPriceDraft(request)).correction_reason == "录入错误"


async def test_every_act_is_an_event_in_its_persons_name(pricing: Served) -> None:
    await founded(pricing, "told-acts")
    draft = await draft_on(pricing, "told-acts", put(a_rate(21000)))
    await publish_draft(pricing, draft)
    answer = await pricing.as_(SYSTEM).call(
        "events.v1.EventService/ReadEvents", events_pb2.ReadEventsRequest(limit=1000)
    )
    assert isinstance(answer, events_pb2.ReadEventsResponse)
    acts = [
        (event.payload.TypeName().rpartition(".")[2], event.acting_person_id)
        for event in answer.events
        if event.aggregate_id == draft.draft_id
    ]
    assert acts == [
        ("PriceDraftCreated", "pe_zhao"),
        ("PriceDraftEdited", "pe_zhao"),
        ("PriceDraftSubmitted", "pe_zhao"),
        ("PriceDraftReviewed", "pe_qian"),
    ]


async def test_a_discarded_draft_is_over(pricing: Served) -> None:
    await founded(pricing, "over")
    draft = await draft_on(pricing, "over")
    await drafts_of(pricing).DiscardPriceDraft(
        pb.DiscardPriceDraftRequest(idempotency_key=a_key(), draft_id=draft.draft_id)
    )
    with pytest.raises(FailedPrecondition, match="PRICING_DRAFT_STATE"):
        await submit(pricing, draft)
    listed = await drafts_of(pricing).ListPriceDrafts(
        pb.ListPriceDraftsRequest(price_book_code="over", state=pb.PRICE_DRAFT_STATE_DISCARDED)
    )
    assert [each.draft_id for each in listed.drafts] == [draft.draft_id]
    with pytest.raises(NotFound, match="PRICING_DRAFT_UNKNOWN"):
        await drafts_of(pricing).GetPriceDraft(pb.GetPriceDraftRequest(draft_id="pd_no"))


async def test_a_retired_item_comes_into_no_draft(
    pricing: Served, library: Any, items: list[library_pb2.Item]
) -> None:
    await founded(pricing, "retiring")
    item = library_pb2.Item(
        item_code="OLD-PART",
        name="旧件",
        unit="个",
        catalogue=library_pb2.CATALOGUE_SPARE_PART_LIBRARY,
    )
    await library.PutItem(library_pb2.PutItemRequest(idempotency_key=a_key(), item=item))
    await library.RetireItem(
        library_pb2.RetireItemRequest(idempotency_key=a_key(), item_code="OLD-PART")
    )
    draft = await draft_on(pricing, "retiring")
    with pytest.raises(InvalidArgument, match="PRICING_ITEM_RETIRED") as refused:
        await edit(pricing, draft, put(a_rate(1, item_code="OLD-PART")))
    assert refused.value.field == "edits[0].put.rate.item_code"


async def test_two_overrides_that_undo_each_other_are_not_handed_in(pricing: Served) -> None:
    await founded(pricing, "contradicting")
    overrides = [
        pb.PriceRuleEdit(
            put=books_pb.PriceRule(
                modifier=books_pb.Modifier(
                    modifier_code=code, label=code, phase="premium", automatic=True,
                    combine_mode=books_pb.COMBINE_MODE_OVERRIDE,
                    amount=Money(currency="CNY", amount_minor=30000), item_codes=[STANDARD],
                )
            )
        )
        for code in ("ONE-PRICE", "OTHER-PRICE")
    ]  # fmt: skip
    draft = await draft_on(pricing, "contradicting", *overrides)
    with pytest.raises(FailedPrecondition, match="PRICING_FINDINGS_REFUSE") as refused:
        await submit(pricing, draft)
    assert "PRICE_CONTRADICTION" in refused.value.details["ONE-PRICE OTHER-PRICE"]


async def test_a_price_that_jumps_is_approved_only_with_a_word_on_why_it_is_meant(
    pricing: Served,
) -> None:
    await founded(pricing, "jumping")
    draft = await submit(pricing, await draft_on(pricing, "jumping", put(a_rate(40000))))
    with pytest.raises(FailedPrecondition, match="PRICING_FINDINGS_UNACKNOWLEDGED") as refused:
        await review(pricing, draft, comment="")
    assert "PRICE_JUMP" in refused.value.details[STANDARD]
    approved = await review(pricing, draft, comment="铜价翻倍")
    assert approved.review_comment == "铜价翻倍"


async def test_a_book_may_keep_findings_that_it_had_before(pricing: Served) -> None:
    await founded(pricing, "imperfect")
    loss = await draft_on(pricing, "imperfect", put(a_rate(20000, 20001)))
    await publish_draft(pricing, loss)
    again = await submit(
        pricing,
        await draft_on(pricing, "imperfect", put(a_rate(20000, place_code="310000"))),
    )
    assert (await review(pricing, again, comment="")).state == pb.PRICE_DRAFT_STATE_APPROVED
