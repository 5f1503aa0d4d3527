"""The life of a draft, and what differs between two books."""

from dataclasses import replace
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit.errors import FailedPrecondition, InvalidArgument, PermissionDenied
from services.pricing.domain.comparison import (
    Change,
    Outcome,
    RuleKind,
    RuleName,
    applied,
    difference,
    fields_of,
    hash_of,
    percent,
)
from services.pricing.domain.drafts import (
    Act,
    Base,
    Draft,
    DraftState,
    after,
    check_approved,
    check_base,
    check_comment,
    check_reviewer,
    check_seen,
)

DRAFT = Draft(
    "pd_1", "standard", DraftState.EDITING, 3, Base("standard", 2), frozenset({"pe_a"}), "", False
)
WAYS = {
    DraftState.EDITING: {Act.EDIT, Act.SUBMIT, Act.DISCARD},
    DraftState.IN_REVIEW: {Act.APPROVE, Act.RETURN, Act.DISCARD},
    DraftState.APPROVED: {Act.PUBLISH, Act.RETURN, Act.DISCARD},
    DraftState.PUBLISHED: set(),
    DraftState.DISCARDED: set(),
}


@pytest.mark.parametrize("state", DraftState)
@pytest.mark.parametrize("act", Act)
def test_a_draft_takes_only_the_ways_of_its_state(state: DraftState, act: Act) -> None:
    draft = replace(DRAFT, state=state)
    if act in WAYS[state]:
        assert after(draft, act) in DraftState
        return
    with pytest.raises(FailedPrecondition, match="PRICING_DRAFT_STATE") as refused:
        after(draft, act)
    assert refused.value.details == {"state": state}


def test_published_is_only_what_was_approved() -> None:
    ways = {(s, a) for s, acts in WAYS.items() for a in acts}
    into = {s for s, a in ways if after(replace(DRAFT, state=s), a) is DraftState.PUBLISHED}
    assert into == {DraftState.APPROVED}


def test_nobody_reviews_what_they_wrote_and_headquarters_reviews_what_leaves_a_band() -> None:
    check_reviewer(DRAFT, "pe_b", is_headquarters=False)
    with pytest.raises(PermissionDenied, match="PRICING_FOUR_EYES"):
        check_reviewer(DRAFT, "pe_a", is_headquarters=True)
    beyond = replace(DRAFT, beyond_band=True)
    check_reviewer(beyond, "pe_b", is_headquarters=True)
    with pytest.raises(PermissionDenied, match="PRICING_NEEDS_HEADQUARTERS"):
        check_reviewer(beyond, "pe_b", is_headquarters=False)


def test_a_draft_stands_on_the_newest_version_or_founds_the_book() -> None:
    check_base(DRAFT, 2)
    check_base(replace(DRAFT, base=None), 0)
    check_base(replace(DRAFT, base=Base("other", 7)), 0)
    for draft, newest in ((DRAFT, 3), (replace(DRAFT, base=None), 1)):
        with pytest.raises(FailedPrecondition, match="PRICING_DRAFT_BASE_MOVED"):
            check_base(draft, newest)


def test_what_was_seen_and_what_was_approved_must_still_be_so() -> None:
    check_seen(DRAFT, 0)
    check_seen(DRAFT, 3)
    with pytest.raises(FailedPrecondition, match="PRICING_DRAFT_STALE"):
        check_seen(DRAFT, 2)
    check_approved(replace(DRAFT, approved_hash="a"), "a")
    with pytest.raises(FailedPrecondition, match="PRICING_DRAFT_NOT_AS_APPROVED"):
        check_approved(replace(DRAFT, approved_hash="a"), "b")
    with pytest.raises(InvalidArgument, match="PRICING_REVIEW_COMMENT_MISSING"):
        check_comment(" ")


names = st.builds(RuleName, st.sampled_from(RuleKind), st.sampled_from("ABCD"))
plains = st.fixed_dictionaries(
    {"label": st.sampled_from("xyz")}, optional={"item_codes": st.just(["X"])}
)
books = st.dictionaries(names, plains, max_size=8)


@given(before=books, to=books)
def test_what_differs_applied_to_one_book_makes_the_other(
    before: dict[RuleName, dict[str, object]], to: dict[RuleName, dict[str, object]]
) -> None:
    changes = difference(before, to)
    assert applied(before, changes) == to
    assert not difference(applied(before, changes), to)
    assert {change.outcome for change in changes} <= set(Outcome)
    assert all(change.before != change.after for change in changes)


@given(before=books, to=books, seed=st.randoms(use_true_random=False))
def test_a_content_is_named_by_what_it_changes_in_whatever_order(
    before: dict[RuleName, dict[str, object]],
    to: dict[RuleName, dict[str, object]],
    seed: Random,
) -> None:
    changes = difference(before, to)
    shuffled = list(changes)
    seed.shuffle(shuffled)
    assert hash_of("base", shuffled) == hash_of("base", changes)
    assert hash_of("other", changes) != hash_of("base", changes)
    if changes:
        assert hash_of("base", changes[1:]) != hash_of("base", changes)


def test_a_changed_rate_is_told_field_by_field_and_in_per_cent() -> None:
    def rate(minor: int, **more: object) -> dict[str, object]:
        return {"list_price": {"currency": "CNY", "amount_minor": str(minor)}, **more}

    change = Change(
        RuleName(RuleKind.RATE, "X"),
        rate(20000, conditions={"first_day": "2026-01-01"}),
        rate(19000),
    )
    assert [tuple(each) for each in fields_of(change)] == [
        ("conditions.first_day", "2026-01-01", ""),
        ("list_price", "200.00 CNY", "190.00 CNY"),
    ]
    assert percent(change, "list_price") == "-5.00"
    assert percent(change, "settlement_price") == ""
