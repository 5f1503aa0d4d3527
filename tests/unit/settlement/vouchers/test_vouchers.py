"""Which subject each account is, and vouchers that balance."""

import json
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import services.settlement.migrations as migrations
from kit.errors import FailedPrecondition, InvalidArgument
from services.settlement.domain.vouchers.subject import SubjectRule, check_rules, subject_of
from services.settlement.domain.vouchers.voucher import Moved, vouchers

DAY = date(2026, 10, 7)


def rule(code: str, account: str = "", party: str = "", kind: str = "") -> SubjectRule:
    return SubjectRule(kind, party, account, code, f"科目{code}")


RULES = [
    rule("9", ""),
    rule("1122", "receivable"),
    rule("112202", "receivable", "brand"),
    rule("6001", "clearing", "platform", "receivable"),
    rule("6401", "clearing", "platform"),
    rule("1012", "cash"),
    rule("7", kind="earning"),
]


def test_the_rule_that_says_most_decides() -> None:
    assert subject_of(RULES, "receivable", "brand", "receivable").subject_code == "112202"
    assert subject_of(RULES, "receivable", "customer", "receivable").subject_code == "1122"
    assert subject_of(RULES, "receivable", "platform", "clearing").subject_code == "6001"
    assert subject_of(RULES, "earning", "platform", "clearing").subject_code == "6401"
    assert subject_of(RULES, "receipt", "platform", "exchange").subject_code == "9"


def test_of_rules_that_say_as_much_the_accounts_kind_comes_first() -> None:
    assert subject_of(RULES, "earning", "channel", "cash").subject_code == "1012"


def test_an_account_without_a_subject_is_named() -> None:
    with pytest.raises(FailedPrecondition) as refused:
        subject_of(RULES[1:-1], "payout", "payout", "pending")
    assert refused.value.reason == "SETTLEMENT_VOUCHER_SUBJECT_MISSING"
    assert "pending accounts of payout" in refused.value.message


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ([], "subjects"),
        ([rule("1", "cash"), rule("2", "cash")], "subjects[1]"),
        ([rule(" ", "cash")], "subjects[0].subject_code"),
    ],
)
def test_rules_that_say_the_same_or_nothing_are_refused(
    wrong: list[SubjectRule], field: str
) -> None:
    with pytest.raises(InvalidArgument) as refused:
        check_rules(wrong)
    assert refused.value.field == field


def test_the_subjects_that_come_with_the_product_are_sound() -> None:
    (folder,) = migrations.__path__
    written = json.loads((Path(folder) / "voucher_subjects.json").read_text(encoding="utf-8"))
    whole = [{name: each.get(name, "") for name in SubjectRule.__slots__} for each in written]
    check_rules([SubjectRule(**each) for each in whole])


def moved(
    kind: str, debit: tuple[str, str], credit: tuple[str, str], minor: int, day: date = DAY
) -> Moved:
    return Moved(day, kind, "CNY", *debit, *credit, minor, 1)


CASH, OWED = ("channel", "cash"), ("customer", "receivable")
CLEARING, EARNED = ("platform", "clearing"), ("technician", "earning")


def test_a_days_receipts_are_one_voucher_with_a_line_a_subject() -> None:
    (one,) = vouchers(
        RULES,
        [
            moved("receipt", CASH, OWED, 100_00),
            moved("receipt", CASH, ("brand", "receivable"), 40_00),
        ],
        None,
    )
    assert (one.memo, one.total_minor, one.transfer_count) == ("收款", 140_00, 2)
    assert [(line.subject_code, line.debit_minor, line.credit_minor) for line in one.lines] == [
        ("1012", 140_00, 0),
        ("1122", 0, 100_00),
        ("112202", 0, 40_00),
    ]


def test_what_comes_late_is_entered_on_the_first_open_day_and_says_so() -> None:
    (one,) = vouchers(RULES, [moved("receipt", CASH, OWED, 1)], date(2026, 11, 1))
    assert (one.voucher_day, one.accounting_month) == (date(2026, 11, 1), "2026-11")
    assert one.memo == "收款（补记 10-07）"
    assert one.effective_day == DAY


@given(
    st.lists(
        st.builds(
            moved,
            st.sampled_from(["receipt", "earning", "receivable"]),
            st.sampled_from([CASH, CLEARING, OWED]),
            st.sampled_from([OWED, EARNED, CLEARING]),
            st.integers(1, 10**9),
            st.sampled_from([DAY, date(2026, 10, 8)]),
        ),
        max_size=12,
    )
)
def test_every_voucher_balances_and_all_of_it_is_in_one(all_moved: list[Moved]) -> None:
    made = vouchers(RULES, all_moved, None)
    for one in made:
        assert sum(line.debit_minor for line in one.lines) == one.total_minor
        assert sum(line.credit_minor for line in one.lines) == one.total_minor
        debits = [line.subject_code for line in one.lines if line.debit_minor]
        assert len(debits) == len(set(debits))
    assert sum(one.total_minor for one in made) == sum(one.amount_minor for one in all_moved)
    assert sum(one.transfer_count for one in made) == len(all_moved)
