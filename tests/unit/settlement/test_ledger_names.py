"""What accounts are called, and which are below zero by nature."""

import pytest

from kit.errors import InvalidArgument
from services.settlement.domain.ledger.transfers import CLEARING, LedgerAccount, check_word


@pytest.mark.parametrize(
    "account",
    [
        LedgerAccount("technician", "pe_zhang", "earning"),
        LedgerAccount("channel", "wechat", "cash"),
        CLEARING,
    ],
)
def test_an_account_is_found_by_its_name(account: LedgerAccount) -> None:
    assert LedgerAccount.of_code(account.code, "account") == account


@pytest.mark.parametrize(
    "name",
    ["", "platform", "a:b:c:d", "Platform:clearing", "technician::earning", "a: b:c", "a:b:"],
)
def test_what_is_no_name_of_an_account_is_refused(name: str) -> None:
    with pytest.raises(InvalidArgument) as refused:
        LedgerAccount.of_code(name, "debit")
    assert (refused.value.reason, refused.value.field) == ("SETTLEMENT_ACCOUNT_NAME", "debit")


@pytest.mark.parametrize(
    ("name", "negative"),
    [
        ("platform:clearing", True),
        ("payout:clearing", False),
        ("technician:pe_zhang:earning", False),
        ("technician:pe_zhang:holdback", False),
        ("technician:pe_zhang:debt", True),
        ("customer:cu_1:receivable", True),
        ("channel:wechat:cash", True),
        ("platform:adjustment", True),
        ("platform:revenue", False),
        ("tax:withheld", False),
    ],
)
def test_only_what_the_company_has_or_is_owed_may_be_below_zero(name: str, negative: bool) -> None:
    assert LedgerAccount.of_code(name, "account").may_be_negative is negative


def test_a_kind_is_one_word() -> None:
    check_word("opening", "kind")
    with pytest.raises(InvalidArgument):
        check_word("Opening balance", "kind")
