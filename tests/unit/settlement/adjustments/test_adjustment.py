"""Who may do what to an adjustment, when, and what it posts."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit.errors import FailedPrecondition, InvalidArgument
from kit.money import Money
from services.settlement.domain.adjustments.adjustment import (
    AdjustmentKind,
    AdjustmentState,
    Evidence,
    PartyShare,
    Proposal,
    check_approval,
    check_proposal,
    check_rejection,
    check_reversal,
    is_automatic,
)
from services.settlement.domain.adjustments.month import check_month, counts_at
from services.settlement.domain.adjustments.postings import moves_of, offset_minor
from services.settlement.domain.ledger.transfers import LedgerAccount

NOW = datetime(2026, 3, 2, 4, tzinfo=UTC)
ZHANG = LedgerAccount("technician", "pe_zhang", "earning")


def proposal(kind: str = "subsidy", fen: int = 20_00, **given: Any) -> Proposal:
    share = PartyShare("technician", given.pop("party_id", "pe_zhang"), Money("CNY", fen))
    return Proposal(AdjustmentKind(kind), (share,), given.pop("reason", "高温补贴"), **given)


@pytest.mark.parametrize(
    ("wrong", "reason", "field"),
    [
        (proposal(reason=" "), "SETTLEMENT_ADJUSTMENT_INVALID", "reason"),
        (proposal("deduction", -1), "SETTLEMENT_ADJUSTMENT_INVALID", "evidence"),
        (proposal(party_id="a:b"), "SETTLEMENT_PARTY_MALFORMED", "party_id"),
        (
            proposal("deduction", -1, evidence=(Evidence("photo", " "),)),
            "SETTLEMENT_ADJUSTMENT_INVALID",
            "evidence[0]",
        ),
    ],
)
def test_what_cannot_stand_names_its_field(wrong: Proposal, reason: str, field: str) -> None:
    with pytest.raises(InvalidArgument) as refusal:
        check_proposal(wrong)
    assert (refusal.value.reason, refusal.value.field) == (reason, field)


def test_each_step_has_its_states_and_two_people() -> None:
    states = set(AdjustmentState)
    check_approval(AdjustmentState.PROPOSED, "pe_a", ["pe_zhang"], "pe_b")
    for state in states - {AdjustmentState.PROPOSED}:
        with pytest.raises(FailedPrecondition, match=f"that is {state} cannot be approved"):
            check_approval(state, "pe_a", [], "pe_b")
    for state in states - {AdjustmentState.PROPOSED, AdjustmentState.APPROVED}:
        with pytest.raises(FailedPrecondition, match="cannot be rejected"):
            check_rejection(state)
    for state in states - {AdjustmentState.POSTED}:
        with pytest.raises(FailedPrecondition, match="cannot be reversed"):
            check_reversal(AdjustmentKind.SUBSIDY, state, "pe_a", "pe_b")
    for person in ("pe_a", "pe_zhang"):
        with pytest.raises(FailedPrecondition) as refusal:
            check_approval(AdjustmentState.PROPOSED, "pe_a", ["pe_zhang"], person)
        assert refusal.value.reason == "SETTLEMENT_FOUR_EYES"
    with pytest.raises(FailedPrecondition) as refusal:
        check_reversal(AdjustmentKind.SUBSIDY, AdjustmentState.POSTED, "pe_a", "pe_a")
    assert refusal.value.reason == "SETTLEMENT_FOUR_EYES"


def test_a_rule_lets_a_flows_own_through_up_to_its_limit() -> None:
    assert is_automatic(proposal(fen=20_00), True, 20_00)
    assert is_automatic(proposal("deduction", -20_00), True, 20_00)
    assert not is_automatic(proposal(fen=20_01), True, 20_00)
    assert not is_automatic(proposal(), True, None)
    assert not is_automatic(proposal(), False, 20_00)


def test_what_a_balance_does_not_have_becomes_a_debt() -> None:
    shares = [
        PartyShare("technician", "pe_zhang", Money("CNY", -140_00)),
        PartyShare("platform", "platform", Money("CNY", -60_00)),
    ]
    moves = moves_of(AdjustmentKind.CLAW_BACK, shares, {ZHANG: 100_00}, NOW)
    assert [(m.debit.code, m.credit.code, m.amount.amount_minor, m.leg) for m in moves] == [
        ("technician:pe_zhang:earning", "platform:clearing", 100_00, "1"),
        ("technician:pe_zhang:debt", "platform:clearing", 40_00, "1/debt"),
        ("platform:adjustment", "platform:clearing", 60_00, "2/debt"),
    ]


@given(
    st.lists(st.integers(-10_000, 10_000), min_size=1, max_size=5),
    st.integers(0, 20_000),
)
def test_what_is_posted_comes_to_the_amount_and_overdraws_nobody(
    amounts: list[int], available: int
) -> None:
    shares = [PartyShare("technician", "pe_zhang", Money("CNY", fen)) for fen in amounts]
    moves = moves_of(AdjustmentKind.DEDUCTION, shares, {ZHANG: available}, NOW)
    given_ = sum(m.amount.amount_minor for m in moves if m.credit == ZHANG)
    taken = sum(m.amount.amount_minor for m in moves if m.debit == ZHANG)
    owed = sum(m.amount.amount_minor for m in moves if m.debit.account_kind == "debt")
    assert given_ - taken - owed == sum(amounts)
    assert taken <= available
    assert owed == 0 or taken == available


@given(st.integers(0, 10_000), st.integers(-10_000, 10_000))
def test_an_offset_pays_no_more_than_is_owed_or_had(available: int, debt: int) -> None:
    paid = offset_minor(available, debt)
    if debt >= 0:
        assert paid == -debt
    else:
        assert paid == min(available, -debt)


def test_a_month_that_a_statement_has_closed_counts_now() -> None:
    last_of_february = datetime(2026, 2, 28, 15, 59, 59, 999_999, tzinfo=UTC)
    assert counts_at("", NOW, None) == NOW
    assert counts_at("2026-02", NOW, None) == last_of_february
    assert counts_at("2026-02", NOW, datetime(2026, 2, 28, 16, tzinfo=UTC)) == NOW
    assert counts_at("2026-03", NOW, None) == NOW
    for month in ("2026-13", "2026-04", "March"):
        with pytest.raises(InvalidArgument) as refusal:
            check_month(month, NOW)
        assert refusal.value.field == "month"
