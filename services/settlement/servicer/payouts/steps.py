"""One step of a payout: its row, its earnings, its tax, its legs in the ledger, its event."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from kit.authn import current_actor
from kit.db.session import current_session
from kit.errors import FailedPrecondition
from kit.money import Money
from kit.rpc.events import record
from services.settlement.convert import earnings as earning_protos
from services.settlement.convert import payouts as protos
from services.settlement.domain.earnings.state import (
    EarningState,
    Step,
    confirm_payout,
    return_payout,
    start_payout,
)
from services.settlement.domain.ledger.transfers import TransferState
from services.settlement.domain.payouts import postings
from services.settlement.domain.payouts.state import FINAL, PayoutState
from services.settlement.domain.tax.profile import Payee
from services.settlement.store.earnings import moving
from services.settlement.store.ledger import transfers
from services.settlement.store.tax import withholdings
from services.settlement.tables.payouts import PayoutChangeRow, PayoutRow


async def begin(row: PayoutRow, least_minor: int, now: datetime) -> None:
    """Hold a payout in the ledger, before the channel hears of it: what was withheld is recorded, its
    earnings are being paid.

    Raises:
        FailedPrecondition: what was drawn is not there any more (``SETTLEMENT_EARNING_STATE``,
            ``SETTLEMENT_ACCOUNT_OVERDRAWN``), too little is left (``SETTLEMENT_PAYOUT_TOO_SMALL``),
            or the tax cannot be told (see ``withholdings.record``).
    """
    session, gross = current_session(), Money(row.currency, row.gross_minor)
    document = postings.document_of(row.payout_id)
    await _move_earnings(row, start_payout, "提交渠道", now)
    made = await withholdings.record(
        session,
        document,
        Payee(row.party_kind, row.payee_id),
        gross,
        now,
        current_actor().person_id,
        row.invoice_reference,
    )
    if made.net.amount_minor < least_minor:
        raise FailedPrecondition(
            "SETTLEMENT_PAYOUT_TOO_SMALL", f"after tax {made.net} is left, too little to be sent"
        )
    row.tax_minor, row.net_minor = made.tax.amount_minor, made.net.amount_minor
    row.submitted_at = now
    await change(row, PayoutState.SUBMITTING, "已冻结，提交渠道", now)
    account = postings.account_of(row.party_kind, row.payee_id)
    legs = postings.held(account, made.net, made.tax, made.tax_table_id)
    await transfers.hold(session, document, legs, now)


async def end(row: PayoutRow, to: PayoutState, reason: str, now: datetime) -> None:
    """A payout that was handed over has come to its end: the money has arrived, or is back."""
    session = current_session()
    document = postings.document_of(row.payout_id)
    await change(row, to, reason, now)
    if to is PayoutState.PAID:
        await _move_earnings(row, confirm_payout, reason, now)
        await transfers.resolve(
            session, document, TransferState.POSTED, now, memo=row.channel_bill_number
        )
        net = Money(row.currency, row.net_minor or 0)
        leg = postings.left(row.channel_code, net, row.channel_bill_number)
        await transfers.post(session, document, [leg], now)
    else:
        await _move_earnings(row, return_payout, reason, now)
        await withholdings.reverse(session, document, now, current_actor().person_id, reason)
        await transfers.resolve(session, document, TransferState.VOIDED, now, memo=reason)


async def change(row: PayoutRow, to: PayoutState, reason: str, now: datetime) -> None:
    """Write down that a payout is somewhere else now, and tell."""
    previous, row.state = row.state, to.value
    row.revision += 1
    if to in FINAL:
        row.ended_at = now
    row.changes.append(
        PayoutChangeRow(
            revision=row.revision,
            changed_at=now,
            previous_state=previous,
            new_state=row.state,
            reason=reason or to.value,
            acting_person_id=current_actor().person_id,
        )
    )
    await current_session().flush()
    await record(
        protos.event_of(row, previous), aggregate=("payout", row.payout_id), occurred_at=now
    )


def earning_ids(row: PayoutRow) -> Sequence[str]:
    """The earnings that a payout pays."""
    return sorted(item.earning_id for item in row.items if item.earning_id)


async def _move_earnings(
    row: PayoutRow, step: Callable[[EarningState], Step], reason: str, now: datetime
) -> None:
    """Move the earnings of a payout along with it. The ledger holds the payout, not each of them."""
    reference = row.channel_bill_number if step is confirm_payout else ""
    moved = await moving.move(
        current_session(),
        earning_ids(row),
        step,
        f"打款 {row.payout_id}：{reason}",
        current_actor().person_id,
        now,
        reference,
    )
    for earning, previous in ((each.row, each.previous_state) for each in moved):
        await record(
            earning_protos.event_of(earning, previous),
            aggregate=("earning", earning.earning_id),
            occurred_at=now,
            case_id=earning.case_id,
        )
