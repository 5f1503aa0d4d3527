"""Vouchers (记账凭证): a day's transfers of one kind summed up by subject, debits equal to credits."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from services.settlement.domain.vouchers.subject import SubjectRule, subject_of

#: What people read of a voucher, by why money moved; other kinds stand there as they are.
_WORDS: Final[Mapping[str, str]] = {
    "earning": "服务收益入账",
    "payout": "打款",
    "receivable": "服务费应收",
    "receipt": "收款",
    "refund": "退款",
    "channel_fee": "渠道手续费",
    "correction": "对账差异挂账",
    "exchange": "汇兑损益",
}


@dataclass(frozen=True, slots=True)
class Moved:
    """Transfers of one day, one kind and one currency between two kinds of accounts, in sum."""

    effective_day: date
    transfer_kind: str
    currency: str
    debit_party_kind: str
    debit_account_kind: str
    credit_party_kind: str
    credit_account_kind: str
    amount_minor: int
    transfer_count: int


@dataclass(frozen=True, slots=True)
class VoucherLine:
    """One subject's debit or credit; the other is zero."""

    subject_code: str
    subject_name: str
    debit_minor: int
    credit_minor: int


@dataclass(frozen=True, slots=True)
class Voucher:
    """One voucher before it has its number."""

    voucher_day: date
    effective_day: date
    transfer_kind: str
    currency: str
    total_minor: int
    transfer_count: int
    memo: str
    lines: tuple[VoucherLine, ...]

    @property
    def accounting_month(self) -> str:
        """The month it is entered in."""
        return f"{self.voucher_day:%Y-%m}"


def vouchers(
    rules: Sequence[SubjectRule], moved: Sequence[Moved], not_before: date | None
) -> list[Voucher]:
    """Sum up what moved.

    Args:
        rules: which subject each account is.
        moved: since the last time.
        not_before: the first day that may still be entered; what counts for an earlier one is
            entered on it, and says so. None: any.

    Raises:
        FailedPrecondition: ``SETTLEMENT_VOUCHER_SUBJECT_MISSING``.
    """
    groups: dict[tuple[date, str, str], list[Moved]] = defaultdict(list)
    for one in moved:
        groups[one.effective_day, one.transfer_kind, one.currency].append(one)
    return [_voucher(rules, *key, groups[key], not_before) for key in sorted(groups)]


def _voucher(
    rules: Sequence[SubjectRule],
    day: date,
    kind: str,
    currency: str,
    moved: Sequence[Moved],
    not_before: date | None,
) -> Voucher:
    debits: dict[SubjectRule, int] = defaultdict(int)
    credits: dict[SubjectRule, int] = defaultdict(int)
    for one in moved:
        debit = subject_of(rules, kind, one.debit_party_kind, one.debit_account_kind)
        credit = subject_of(rules, kind, one.credit_party_kind, one.credit_account_kind)
        debits[debit] += one.amount_minor
        credits[credit] += one.amount_minor
    lines = [VoucherLine(*_names(rule), minor, 0) for rule, minor in _by_code(debits)]
    lines += [VoucherLine(*_names(rule), 0, minor) for rule, minor in _by_code(credits)]
    entered = max(day, not_before) if not_before else day
    late = f"（补记 {day:%m-%d}）" if entered != day else ""
    return Voucher(
        voucher_day=entered,
        effective_day=day,
        transfer_kind=kind,
        currency=currency,
        total_minor=sum(one.amount_minor for one in moved),
        transfer_count=sum(one.transfer_count for one in moved),
        memo=f"{_WORDS.get(kind, kind)}{late}",
        lines=tuple(lines),
    )


def _names(rule: SubjectRule) -> tuple[str, str]:
    return rule.subject_code, rule.subject_name


def _by_code(amounts: Mapping[SubjectRule, int]) -> list[tuple[SubjectRule, int]]:
    """One line a subject, whichever rules say it."""
    by_name: dict[tuple[str, str], tuple[SubjectRule, int]] = {}
    for rule, minor in amounts.items():
        first, before = by_name.get(_names(rule), (rule, 0))
        by_name[_names(rule)] = first, before + minor
    return [by_name[key] for key in sorted(by_name)]
