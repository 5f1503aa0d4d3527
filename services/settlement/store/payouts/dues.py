"""What is due: payable earnings and balances, payee by payee."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from kit.clock import SHANGHAI
from kit.errors import FailedPrecondition
from services.settlement.domain.earnings.state import EarningState
from services.settlement.domain.payouts.draw import DRAWN_ALREADY, NO_ACCOUNT, Due, Payable
from services.settlement.domain.payouts.state import UNPAID, PayoutState
from services.settlement.store.payouts import settings
from services.settlement.tables.earnings import EarningRow
from services.settlement.tables.ledger import LedgerAccountRow, LedgerBalanceRow
from services.settlement.tables.payouts import PayoutAccountRow, PayoutRow

TECHNICIAN = "technician"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a draw asks for; empty means all."""

    party_kind: str
    currency: str
    payee_ids: tuple[str, ...] = ()
    outlet_id: str = ""
    earning_ids: tuple[str, ...] = ()

    @property
    def whole(self) -> bool:
        """Everything due to a payee is asked for."""
        return not (self.outlet_id or self.earning_ids)

    def wants(self, earning: EarningRow) -> bool:
        """Whether an earning is asked for."""
        return (not self.outlet_id or earning.outlet_id == self.outlet_id) and (
            not self.earning_ids or earning.earning_id in self.earning_ids
        )


@dataclass(frozen=True, slots=True)
class Dues:
    """What is due now, with the accounts that it would go to."""

    dues: tuple[Due, ...]
    accounts: Mapping[str, PayoutAccountRow]
    used_today_minor: int


async def dues(session: AsyncSession, wanted: Wanted, now: datetime) -> Dues:
    """What is due, payee by payee in the order of their ids.

    Raises:
        FailedPrecondition: ``SETTLEMENT_EARNING_NOT_PAYABLE`` for an earning that was asked for by
            its id and cannot be paid.
    """
    payable = await _payable(session, wanted)
    available = await _available(session, wanted)
    payees = sorted(payable.keys() | {payee for payee, minor in available.items() if minor > 0})
    if wanted.earning_ids:
        payees = [payee for payee in payees if any(each.wanted for each in payable[payee])]
    accounts = await settings.accounts(session, wanted.party_kind, payees)
    drawn = await _drawn_already(session, wanted)
    used = await _used_today(session, wanted.currency, now)
    made = [
        Due(
            payee_id=payee,
            available_minor=available.get(payee, 0),
            payable=tuple(payable.get(payee, ())),
            whole=wanted.whole,
            used_today_minor=used.get((wanted.party_kind, payee), 0),
            hindrance=_hindrance(payee, accounts, drawn),
        )
        for payee in payees
    ]
    return Dues(tuple(made), accounts, sum(used.values()))


def _hindrance(payee: str, accounts: Collection[str], drawn: Collection[str]) -> str:
    if payee in drawn:
        return DRAWN_ALREADY
    return "" if payee in accounts else NO_ACCOUNT


async def _payable(session: AsyncSession, wanted: Wanted) -> dict[str, list[Payable]]:
    made: dict[str, list[Payable]] = defaultdict(list)
    if wanted.party_kind != TECHNICIAN:
        return made
    query = select(EarningRow).where(
        EarningRow.state == EarningState.PAYABLE, EarningRow.currency == wanted.currency
    )
    if wanted.payee_ids:
        query = query.where(EarningRow.technician_id.in_(wanted.payee_ids))
    found = (
        await session.scalars(query.order_by(EarningRow.promised_at, EarningRow.earning_id))
    ).all()
    missing = set(wanted.earning_ids) - {row.earning_id for row in found}
    if missing:
        raise FailedPrecondition(
            "SETTLEMENT_EARNING_NOT_PAYABLE",
            f"not payable in {wanted.currency}: {', '.join(sorted(missing))}",
            field="earning_ids",
        )
    for row in found:
        made[row.technician_id].append(Payable(row.earning_id, row.total_minor, wanted.wants(row)))
    return made


async def _available(session: AsyncSession, wanted: Wanted) -> dict[str, int]:
    account, balance = LedgerAccountRow, LedgerBalanceRow
    query = (
        select(account.party_id, balance.posted_minor - balance.pending_debit_minor)
        .join(balance, balance.account_number == account.account_number)
        .where(
            account.party_kind == wanted.party_kind,
            account.account_kind == "earning",
            account.currency == wanted.currency,
        )
    )
    if wanted.payee_ids:
        query = query.where(account.party_id.in_(wanted.payee_ids))
    return {payee: int(minor) for payee, minor in await session.execute(query)}


async def _drawn_already(session: AsyncSession, wanted: Wanted) -> set[str]:
    found = await session.scalars(
        select(PayoutRow.payee_id).where(
            PayoutRow.party_kind == wanted.party_kind,
            PayoutRow.currency == wanted.currency,
            PayoutRow.state.in_((PayoutState.DRAWN, PayoutState.APPROVED)),
        )
    )
    return set(found)


async def _used_today(
    session: AsyncSession, currency: str, now: datetime
) -> dict[tuple[str, str], int]:
    midnight = now.astimezone(SHANGHAI).replace(hour=0, minute=0, second=0, microsecond=0)
    found = await session.execute(
        select(PayoutRow.party_kind, PayoutRow.payee_id, func.sum(PayoutRow.gross_minor))
        .where(
            PayoutRow.currency == currency,
            PayoutRow.drawn_at >= midnight,
            PayoutRow.drawn_at < midnight + timedelta(days=1),
            PayoutRow.state.not_in(UNPAID),
        )
        .group_by(PayoutRow.party_kind, PayoutRow.payee_id)
    )
    return {(kind, payee): int(minor) for kind, payee, minor in found}
