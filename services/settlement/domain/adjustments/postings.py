"""What adjustments and hold-backs do in the ledger.

subsidy, performance            platform:adjustment pays the party's earning
deduction, penalty              the party's earning pays platform:adjustment
claw-back                       each party's earning pays back to platform:clearing
                                … what an earning account does not have, the party's debt pays: it
                                falls below zero
debt offset                     the earning pays the debt
hold-back                       the earning pays the hold-back, and gets it back, or
                                platform:adjustment gets it
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from kit.money import Money
from services.settlement.domain.adjustments.adjustment import (
    OWERS,
    AdjustmentKind,
    PartyShare,
)
from services.settlement.domain.ledger.transfers import (
    ADJUSTMENT,
    CLEARING,
    REVENUE,
    LedgerAccount,
    Transfer,
)

#: Kind of the transfers that begin and end a hold-back: the ledger lets a document end once.
HOLDBACK_BEGUN: Final = "holdback"
HOLDBACK_ENDED: Final = "holdback_end"
_END: Final = "end"


def earning_account(party_kind: str, party_id: str) -> LedgerAccount:
    """Where a party's money stands; of those who earn nothing here, what they owe."""
    if party_kind == "platform":
        return REVENUE
    if party_kind == "customer":
        return LedgerAccount("customer", party_id, "receivable")
    if party_kind in OWERS:
        return debt_account(party_kind, party_id)
    return LedgerAccount(party_kind, party_id, "earning")


def debt_account(party_kind: str, party_id: str) -> LedgerAccount:
    """What a party owes, below zero; the company itself owes itself nothing."""
    if party_kind == "platform":
        return ADJUSTMENT
    return LedgerAccount(party_kind, party_id, "debt")


def holdback_account(party_kind: str, party_id: str) -> LedgerAccount:
    """What is kept of a party's earnings."""
    return LedgerAccount(party_kind, party_id, "holdback")


def other_side(kind: AdjustmentKind) -> LedgerAccount:
    """Who pays what is given, and gets what is taken."""
    return CLEARING if kind is AdjustmentKind.CLAW_BACK else ADJUSTMENT


def takes_from(shares: Sequence[PartyShare]) -> list[LedgerAccount]:
    """The accounts that an adjustment takes from and that must not be overdrawn."""
    found = [
        earning_account(share.party_kind, share.party_id)
        for share in shares
        if share.amount.amount_minor < 0
    ]
    return [account for account in found if not account.may_be_negative]


def moves_of(
    kind: AdjustmentKind,
    shares: Sequence[PartyShare],
    available: Mapping[LedgerAccount, int],
    effective_at: datetime,
    rule_id: str = "",
    memo: str = "",
) -> list[Transfer]:
    """What an adjustment posts.

    Args:
        kind: what it is for.
        shares: by party, in their recorded order.
        available: what each account that is taken from can give, in minor units; nothing on those
            that are not named.
        effective_at: the business instant it counts for.
        rule_id: the rule that made it.
        memo: for people.
    """
    other, left = other_side(kind), dict(available)
    moves: list[Transfer] = []

    def move(debit: LedgerAccount, credit: LedgerAccount, amount: Money, leg: str) -> None:
        if amount.amount_minor > 0:
            moves.append(
                Transfer(debit, credit, amount, "adjustment", leg, effective_at, rule_id, memo)
            )

    for position, share in enumerate(shares, 1):
        account, leg = earning_account(share.party_kind, share.party_id), str(position)
        wanted = -share.amount.amount_minor
        if wanted <= 0:
            move(other, account, share.amount, leg)
            continue
        borne = wanted if account.may_be_negative else min(wanted, max(left.get(account, 0), 0))
        left[account] = left.get(account, 0) - borne
        currency = share.amount.currency
        move(account, other, Money(currency, borne), leg)
        debt = debt_account(share.party_kind, share.party_id)
        if debt != other:
            move(debt, other, Money(currency, wanted - borne), f"{leg}/debt")
    return moves


def advances(
    shares: Sequence[PartyShare], available: Mapping[LedgerAccount, int], effective_at: datetime
) -> list[Transfer]:
    """What debts pay beforehand so that a reversal can take back what was given: of each party's
    part what its account does not have."""
    left, moves = dict(available), []
    for position, share in enumerate(shares, 1):
        account = earning_account(share.party_kind, share.party_id)
        if account.may_be_negative or share.amount.amount_minor <= 0:
            continue
        have = max(left.get(account, 0), 0)
        missing = max(share.amount.amount_minor - have, 0)
        left[account] = have - (share.amount.amount_minor - missing)
        if missing:
            moves.append(
                Transfer(
                    debt_account(share.party_kind, share.party_id),
                    account,
                    Money(share.amount.currency, missing),
                    "adjustment",
                    f"{position}/debt",
                    effective_at,
                )
            )
    return moves


def offset(party: tuple[str, str], amount: Money, effective_at: datetime, memo: str) -> Transfer:
    """What of a debt is paid from the balance, or when negative goes back to it."""
    earning, debt = earning_account(*party), debt_account(*party)
    if amount.amount_minor < 0:
        earning, debt, amount = debt, earning, -amount
    return Transfer(earning, debt, amount, "adjustment", "1", effective_at, memo=memo)


def offset_minor(available_minor: int, debt_minor: int) -> int:
    """How much of a debt a balance can pay.

    Args:
        available_minor: what the earning account can give.
        debt_minor: the debt account's balance; below zero: owed. Above: paid too much, which goes
            back, and the answer is negative.
    """
    if debt_minor >= 0:
        return -debt_minor
    return max(min(available_minor, -debt_minor), 0)


def holdback_begun(
    party: tuple[str, str], amount: Money, effective_at: datetime, rule_id: str
) -> Transfer:
    """What is kept."""
    return Transfer(
        earning_account(*party),
        holdback_account(*party),
        amount,
        HOLDBACK_BEGUN,
        "begin",
        effective_at,
        rule_id,
    )


def holdback_ended(
    party: tuple[str, str], amount: Money, effective_at: datetime, memo: str, *, forfeited: bool
) -> Transfer:
    """What goes back to its party, or to the company."""
    to = ADJUSTMENT if forfeited else earning_account(*party)
    return Transfer(
        holdback_account(*party), to, amount, HOLDBACK_ENDED, _END, effective_at, memo=memo
    )
