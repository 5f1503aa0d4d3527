"""Drafts of a book over any sequence of acts, on real PostgreSQL, against a model of a few lines.

A state machine drives the service's own methods and holds every draft and every version, after each
act, to what the model says: what may be done, what a draft changes, what a version costs.
"""

import itertools
from collections.abc import Coroutine, Iterator
from dataclasses import dataclass, field
from typing import Any, ClassVar, TypeVar, cast

import pytest
from grpc.aio import ServicerContext
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from kit.authn import SYSTEM, Actor
from kit.clock import SystemClock
from kit.db.migrate import migrate
from kit.errors import InvalidArgument, ServiceError
from protos.common.v1.money_pb2 import Money
from protos.pricing.v1 import book_pb2 as books_pb
from protos.pricing.v1 import draft_pb2 as pb
from protos.pricing.v1 import library_pb2
from services.pricing.servicer.books import PriceBookServicer
from services.pricing.servicer.drafts import PriceDraftServicer
from services.pricing.servicer.library import LibraryServicer
from tests.conftest import NewDatabase
from tests.store.one_loop import OneLoop

Reply = TypeVar("Reply")
Prices = dict[str, int]
Changes = dict[str, int | None]

EDITOR = Actor("pe_editor", frozenset({"pricing_manager"}))
REVIEWER = Actor("pe_reviewer", frozenset({"pricing_manager"}))
ITEM, OTHER = "X", "Y"
PLACES = ("", "110000", "310000")
ENDED = ("published", "discarded")
_UNUSED = cast("ServicerContext[Any, Any]", None)


class Office(OneLoop):
    """The service without a wire."""

    def __init__(self, url: str) -> None:
        super().__init__(url, "pricing")
        self.books, self.drafts = (
            PriceBookServicer(SystemClock()),
            PriceDraftServicer(SystemClock()),
        )
        self.library = LibraryServicer(SystemClock())
        self.codes = itertools.count()

    def run(self, call: Coroutine[Any, Any, Reply], actor: Actor = EDITOR) -> Reply:
        return super().run(call, actor)

    def put_items(self) -> None:
        for code in (ITEM, OTHER):
            item = library_pb2.Item(
                item_code=code, name=code, catalogue=library_pb2.CATALOGUE_PROJECT_LIBRARY
            )
            self.run(self.library.PutItem(library_pb2.PutItemRequest(item=item), _UNUSED))

    def found(self) -> str:
        """A new book with one price of each item."""
        code = f"book-{next(self.codes)}"
        book = books_pb.PriceBookVersion(
            price_book_code=code,
            currency="CNY",
            resolution_order=["customer_level", "cooperation_mode", "city_tier", "place"],
            phases=["premium"],
            rates=[rate("", 100), rate("", 100, OTHER)],
        )
        request = books_pb.PublishPriceBookRequest(price_book=book)
        self.run(self.books.PublishPriceBook(request, _UNUSED), SYSTEM)
        return code


def rate(place: str, minor: int, item: str = ITEM) -> books_pb.Rate:
    price = Money(currency="CNY", amount_minor=minor)
    return books_pb.Rate(item_code=item, place_code=place, list_price=price, settlement_price=price)


def name_of(place: str) -> str:
    return f"{ITEM}@{place}/*/*/*" if place else ITEM


@dataclass
class Model:
    """What a draft says: its base's number, edits that count, edits that can be redone."""

    draft_id: str
    base: int
    state: str = "editing"
    done: list[Changes] = field(default_factory=list)
    undone: list[Changes] = field(default_factory=list)
    for_good: int = 0

    def prices(self, versions: list[Prices]) -> Prices:
        prices: Changes = dict(versions[self.base - 1])
        for changes in self.done:
            prices |= changes
        return {place: price for place, price in prices.items() if price is not None}

    def changes(self, versions: list[Prices]) -> Changes:
        return between(versions[self.base - 1], self.prices(versions))


def between(before: Prices, after: Prices) -> Changes:
    places = before.keys() | after.keys()
    return {p: after.get(p) for p in places if before.get(p) != after.get(p)}


class Life(RuleBasedStateMachine):
    """At most three drafts of one book at a time."""

    office: ClassVar[Office]

    @initialize()
    def found(self) -> None:
        self.code = self.office.found()
        self.versions: list[Prices] = [{"": 100}]
        self.models: list[Model] = []

    def allowed(
        self, call: Coroutine[Any, Any, Reply], may: bool, by: Actor = EDITOR
    ) -> Reply | None:
        """Make a call that the model allows, or see it refused."""
        if may:
            return self.office.run(call, by)
        with pytest.raises(ServiceError):
            self.office.run(call, by)
        return None

    def pick(self, which: int) -> Model | None:
        return self.models[which % len(self.models)] if self.models else None

    def create(self, roll_back_to: int) -> None:
        if sum(model.state not in ENDED for model in self.models) >= 3:
            return
        request = pb.CreatePriceDraftRequest(
            price_book_code=self.code, roll_back_to_version=roll_back_to
        )
        made = self.office.run(self.office.drafts.CreatePriceDraft(request, _UNUSED))
        model = Model(made.draft_id, len(self.versions))
        if roll_back_to:
            model.done = [between(self.versions[-1], self.versions[roll_back_to - 1])]
        self.models.append(model)

    @rule()
    def open_a_draft(self) -> None:
        self.create(0)

    @rule(version=st.integers(0, 9))
    def roll_back(self, version: int) -> None:
        self.create(version % len(self.versions) + 1)

    @rule(
        which=st.integers(0, 9),
        changes=st.dictionaries(
            st.sampled_from(PLACES), st.one_of(st.none(), st.integers(90, 110)), min_size=1
        ),
    )
    def edit(self, which: int, changes: Changes) -> None:
        if (model := self.pick(which)) is None:
            return
        edits = [
            pb.PriceRuleEdit(put=books_pb.PriceRule(rate=rate(place, price)))
            if price is not None
            else pb.PriceRuleEdit(
                remove=books_pb.PriceRuleName(
                    kind=books_pb.PRICE_RULE_KIND_RATE, code=name_of(place)
                )
            )
            for place, price in changes.items()
        ]
        prices = model.prices(self.versions)
        known = all(place in prices for place, price in changes.items() if price is None)
        request = pb.EditPriceDraftRequest(draft_id=model.draft_id, edits=edits)
        call = self.office.drafts.EditPriceDraft(request, _UNUSED)
        if self.allowed(call, model.state == "editing" and known):
            model.done.append(changes)
            model.undone.clear()

    @rule(which=st.integers(0, 9))
    def undo(self, which: int) -> None:
        if (model := self.pick(which)) is None:
            return
        may = model.state == "editing" and len(model.done) > model.for_good
        request = pb.UndoPriceDraftEditRequest(draft_id=model.draft_id)
        if self.allowed(self.office.drafts.UndoPriceDraftEdit(request, _UNUSED), may):
            model.undone.append(model.done.pop())

    @rule(which=st.integers(0, 9))
    def redo(self, which: int) -> None:
        if (model := self.pick(which)) is None:
            return
        may = model.state == "editing" and bool(model.undone)
        request = pb.RedoPriceDraftEditRequest(draft_id=model.draft_id)
        if self.allowed(self.office.drafts.RedoPriceDraftEdit(request, _UNUSED), may):
            model.done.append(model.undone.pop())

    @rule(which=st.integers(0, 9))
    def submit(self, which: int) -> None:
        if (model := self.pick(which)) is None:
            return
        may = (
            model.state == "editing"
            and model.base == len(self.versions)
            and bool(model.changes(self.versions))
        )
        request = pb.SubmitPriceDraftRequest(draft_id=model.draft_id)
        if self.allowed(self.office.drafts.SubmitPriceDraft(request, _UNUSED), may):
            model.state = "in_review"

    @rule(which=st.integers(0, 9), by=st.sampled_from([EDITOR, REVIEWER]), approve=st.booleans())
    def review(self, which: int, by: Actor, approve: bool) -> None:
        if (model := self.pick(which)) is None:
            return
        decision = pb.PRICE_REVIEW_DECISION_APPROVE if approve else pb.PRICE_REVIEW_DECISION_RETURN
        may = (
            model.state == "in_review" and by is REVIEWER
            if approve
            else model.state in ("in_review", "approved")
        )
        request = pb.ReviewPriceDraftRequest(
            draft_id=model.draft_id, decision=decision, comment="看过了"
        )
        if self.allowed(self.office.drafts.ReviewPriceDraft(request, _UNUSED), may, by):
            model.state = "approved" if approve else "editing"

    @rule(which=st.integers(0, 9))
    def publish(self, which: int) -> None:
        if (model := self.pick(which)) is None:
            return
        may = model.state == "approved" and model.base == len(self.versions)
        request = pb.PublishPriceDraftRequest(draft_id=model.draft_id)
        published = self.allowed(self.office.drafts.PublishPriceDraft(request, _UNUSED), may)
        if published is not None:
            self.versions.append(model.prices(self.versions))
            model.state = "published"
            assert published.version == len(self.versions)

    @rule(which=st.integers(0, 9))
    def rebase(self, which: int) -> None:
        if (model := self.pick(which)) is None:
            return
        newest = self.versions[-1]
        ours = model.changes(self.versions)
        theirs = between(self.versions[model.base - 1], newest)
        request = pb.RebasePriceDraftRequest(draft_id=model.draft_id)
        call = self.office.drafts.RebasePriceDraft(request, _UNUSED)
        told = self.allowed(call, model.state == "editing")
        if told is None:
            return
        conflicting = {p for p in ours.keys() & theirs.keys() if ours[p] != theirs[p]}
        assert {one.name.code for one in told.conflicts} == set(map(name_of, conflicting))
        if model.base != len(self.versions):
            model.base, model.done, model.undone, model.for_good = len(self.versions), [ours], [], 1

    @rule(which=st.integers(0, 9))
    def discard(self, which: int) -> None:
        if (model := self.pick(which)) is None:
            return
        request = pb.DiscardPriceDraftRequest(draft_id=model.draft_id)
        call = self.office.drafts.DiscardPriceDraft(request, _UNUSED)
        if self.allowed(call, model.state not in ENDED):
            model.state = "discarded"

    @invariant()
    def every_draft_says_what_the_model_says(self) -> None:
        for model in self.models[-3:]:
            request = pb.GetPriceDraftRequest(draft_id=model.draft_id, changes_only=True)
            told = self.office.run(self.office.drafts.GetPriceDraft(request, _UNUSED))
            assert pb.PriceDraftState.Name(told.draft.state).endswith(model.state.upper())
            found = {
                rule.name.code: rule.rule.rate.list_price.amount_minor
                if rule.HasField("rule")
                else None
                for rule in told.rules
            }
            wanted = model.changes(self.versions)
            assert found == {name_of(place): price for place, price in wanted.items()}

    @invariant()
    def every_version_costs_what_it_did(self) -> None:
        for number, prices in enumerate(self.versions, start=1):
            request = books_pb.GetPriceBookVersionRequest(price_book_code=self.code, version=number)
            told = self.office.run(self.office.books.GetPriceBookVersion(request, _UNUSED))
            found = {
                each.place_code: each.list_price.amount_minor
                for each in told.rates
                if each.item_code == ITEM
            }
            assert found == prices


@pytest.fixture
def office(new_database: NewDatabase) -> Iterator[Office]:
    url = new_database("pricing")
    migrate(url, "pricing")
    made = Office(url)
    made.put_items()
    yield made
    made.close()


def test_a_book_lives_as_its_model_over_any_sequence_of_acts(office: Office) -> None:
    class Machine(Life):
        pass

    Machine.office = office
    run_state_machine_as_test(
        Machine, settings=settings(max_examples=8, stateful_step_count=25, deadline=None)
    )


def test_what_is_no_rule_is_refused_alike_without_a_wire(office: Office) -> None:
    code = office.found()
    request = pb.CreatePriceDraftRequest(price_book_code=code)
    draft = office.run(office.drafts.CreatePriceDraft(request, _UNUSED))
    empty = pb.EditPriceDraftRequest(draft_id=draft.draft_id)
    with pytest.raises(InvalidArgument, match="PRICING_EDITS_MISSING"):
        office.run(office.drafts.EditPriceDraft(empty, _UNUSED))
