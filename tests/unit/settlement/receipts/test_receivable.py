"""What is owed, and how what comes in pays it."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit.errors import FailedPrecondition, InvalidArgument
from kit.money import Money
from services.settlement.domain.receipts.receivable import (
    BillLineItem,
    Owed,
    Payer,
    PayerKind,
    ReceivableState,
    allocate,
    bill_total,
    check_may_cancel,
    check_may_write_off,
    check_payer,
    check_purpose,
)
from services.settlement.domain.receipts.refund import (
    RefundState,
    check_credit,
    check_decision,
    check_payment,
    check_request,
)


def yuan(amount: str, currency: str = "CNY") -> Money:
    return Money.of(currency, amount)


def item(amount: str, label: str = "安装", currency: str = "CNY") -> BillLineItem:
    return BillLineItem("service", label, yuan(amount, currency))


def test_a_discount_is_a_negative_line() -> None:
    assert bill_total([item("300"), item("-30", "满200减30")]) == yuan("270")


@pytest.mark.parametrize(
    ("field", "lines"),
    [
        ("lines", []),
        ("lines", [item("30"), item("-30")]),
        ("lines[1].label", [item("30"), item("1", " ")]),
        ("lines[1].amount", [item("30"), item("1", currency="THB")]),
    ],
)
def test_a_bill_that_says_not_what_is_owed_is_refused(
    field: str, lines: list[BillLineItem]
) -> None:
    with pytest.raises(InvalidArgument) as refused:
        bill_total(lines)
    assert (refused.value.reason, refused.value.field) == ("SETTLEMENT_BILL_INVALID", field)


def test_warranty_work_is_the_brands_and_nothing_else_is() -> None:
    brand, customer = check_payer("brand", "br_gree"), check_payer("customer", "cu_1")
    assert check_purpose("warranty", brand) == "warranty"
    for purpose, payer in (("warranty", customer), ("service", brand), ("gift", customer)):
        with pytest.raises(InvalidArgument):
            check_purpose(purpose, payer)


def test_a_payer_is_somebody_who_can_have_an_account() -> None:
    for kind, payer_id in (("technician", "pe_1"), ("customer", ""), ("customer", "cu:1")):
        with pytest.raises(InvalidArgument) as refused:
            check_payer(kind, payer_id)
        assert refused.value.reason == "SETTLEMENT_PAYER_INVALID"


def owed(number: str, amount: str, day: int, currency: str = "CNY") -> Owed:
    return Owed(number, yuan(amount, currency), date(2026, 10, day))


def test_the_earliest_due_is_paid_first_and_the_rest_is_paid_ahead() -> None:
    parts = allocate(yuan("500"), [owed("rv_2", "300", 9), owed("rv_1", "120", 3)])
    assert parts == [("rv_1", yuan("120")), ("rv_2", yuan("300"))]
    assert allocate(yuan("200"), [owed("rv_2", "300", 9), owed("rv_1", "120", 3)]) == [
        ("rv_1", yuan("120")),
        ("rv_2", yuan("80")),
    ]


def test_no_rate_is_made_up_between_currencies() -> None:
    assert allocate(yuan("500"), [owed("rv_1", "120", 3, "THB")]) == []


@given(
    st.integers(1, 10**6),
    st.lists(st.tuples(st.integers(1, 10**6), st.integers(1, 28)), max_size=8),
)
def test_a_receipt_pays_no_more_than_it_is_and_no_more_than_is_owed(
    amount: int, drawn: list[tuple[int, int]]
) -> None:
    all_owed = [
        Owed(f"rv_{i}", Money("CNY", minor), date(2026, 10, day))
        for i, (minor, day) in enumerate(drawn)
    ]
    parts = dict(allocate(Money("CNY", amount), all_owed))
    paid = sum(part.amount_minor for part in parts.values())
    assert paid == min(amount, sum(one.open.amount_minor for one in all_owed))
    for one in all_owed:
        assert parts.get(one.receivable_id, Money("CNY", 0)) <= one.open


def test_what_was_paid_in_part_is_refunded_and_not_cancelled() -> None:
    check_may_cancel("rv_1", ReceivableState.OPEN, 0)
    for state, received in ((ReceivableState.OPEN, 1), (ReceivableState.SETTLED, 0)):
        with pytest.raises(FailedPrecondition):
            check_may_cancel("rv_1", state, received)


def test_whoever_billed_it_does_not_write_it_off() -> None:
    check_may_write_off("rv_1", ReceivableState.OPEN, "pe_sun", "pe_qian")
    with pytest.raises(FailedPrecondition) as refused:
        check_may_write_off("rv_1", ReceivableState.OPEN, "pe_qian", "pe_qian")
    assert refused.value.reason == "SETTLEMENT_FOUR_EYES"


def test_what_a_payer_owes_stands_on_one_account() -> None:
    assert Payer(PayerKind.BRAND, "br_gree").receivable_account.code == "brand:br_gree:receivable"
    assert Payer(PayerKind.BRAND, "br_gree").receivable_account.may_be_negative


def test_no_more_goes_back_than_came_in() -> None:
    came_in = yuan("100")
    check_request(yuan("60"), came_in, 40_00, 0, credits=True)
    check_request(yuan("60"), came_in, 0, 60_00, credits=False)
    for amount, refunded, free, credits in (
        ("60.01", 40_00, 0, True),
        ("60.01", 0, 60_00, False),
        ("0", 0, 100_00, False),
    ):
        with pytest.raises(InvalidArgument) as refused:
            check_request(yuan(amount), came_in, refunded, free, credits=credits)
        assert refused.value.reason == "SETTLEMENT_REFUND_TOO_MUCH"
    with pytest.raises(InvalidArgument) as refused:
        check_credit(yuan("60"), "rv_1", 59_99)
    assert refused.value.field == "receivable_id"


def test_a_refund_is_decided_by_another_and_paid_once_allowed() -> None:
    check_decision(RefundState.REQUESTED, "pe_sun", "pe_qian")
    check_payment(RefundState.APPROVED)
    with pytest.raises(FailedPrecondition) as refused:
        check_decision(RefundState.REQUESTED, "pe_sun", "pe_sun")
    assert refused.value.reason == "SETTLEMENT_FOUR_EYES"
    for state in (RefundState.APPROVED, RefundState.REJECTED, RefundState.PAID):
        with pytest.raises(FailedPrecondition):
            check_decision(state, "pe_sun", "pe_qian")
    for state in (RefundState.REQUESTED, RefundState.REJECTED, RefundState.PAID):
        with pytest.raises(FailedPrecondition):
            check_payment(state)
