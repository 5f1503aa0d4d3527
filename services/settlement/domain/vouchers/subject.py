"""Which subject (会计科目) of the finance system an account of the ledger is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from kit.errors import FailedPrecondition, InvalidArgument


@dataclass(frozen=True, slots=True)
class SubjectRule:
    """One subject, and the accounts that are it.

    Attributes:
        transfer_kind: only where money moved for this; empty: whatever for.
        party_kind: only accounts of such parties; empty: of all.
        account_kind: only accounts of this kind; empty: of all.
        subject_code: as the finance system calls it.
        subject_name: and for people.
    """

    transfer_kind: str
    party_kind: str
    account_kind: str
    subject_code: str
    subject_name: str

    @property
    def says(self) -> tuple[str, str, str]:
        """What it is about."""
        return self.account_kind, self.party_kind, self.transfer_kind

    @property
    def rank(self) -> tuple[int, bool, bool, bool]:
        """The more it says the earlier it decides; on a tie the account's kind comes first."""
        account, party, kind = map(bool, self.says)
        return account + party + kind, account, party, kind

    def fits(self, transfer_kind: str, party_kind: str, account_kind: str) -> bool:
        """Whether an account is this subject, where money moved for this."""
        asked = (account_kind, party_kind, transfer_kind)
        return all(not mine or mine == one for mine, one in zip(self.says, asked, strict=True))


def check_rules(rules: Sequence[SubjectRule]) -> None:
    """Refuse rules of which two say the same, or that name no subject.

    Raises:
        InvalidArgument: ``SETTLEMENT_VOUCHER_RULE_INVALID``, naming the rule.
    """
    if not rules:
        raise _invalid("say which subject each account is", "subjects")
    for i, rule in enumerate(rules):
        if not rule.subject_code.strip() or not rule.subject_name.strip():
            raise _invalid("a subject has a code and a name", f"subjects[{i}].subject_code")
        if any(rule.says == other.says for other in rules[:i]):
            raise _invalid("another subject is said of the same accounts", f"subjects[{i}]")


def subject_of(
    rules: Sequence[SubjectRule], transfer_kind: str, party_kind: str, account_kind: str
) -> SubjectRule:
    """The subject that an account is, where money moved for this: the rule that says most.

    Raises:
        FailedPrecondition: ``SETTLEMENT_VOUCHER_SUBJECT_MISSING``.
    """
    fitting = [rule for rule in rules if rule.fits(transfer_kind, party_kind, account_kind)]
    if not fitting:
        raise FailedPrecondition(
            "SETTLEMENT_VOUCHER_SUBJECT_MISSING",
            f"no subject is said for {account_kind} accounts of {party_kind}"
            f" ({transfer_kind}); put a rule for it",
            field="subjects",
        )
    return max(fitting, key=lambda rule: rule.rank)


def _invalid(message: str, field: str) -> InvalidArgument:
    return InvalidArgument("SETTLEMENT_VOUCHER_RULE_INVALID", message, field=field)
