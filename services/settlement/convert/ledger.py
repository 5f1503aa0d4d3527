"""The ledger on the wire."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from kit.rpc.convert import instant_to_proto
from protos.settlement.v1 import ledger_pb2 as pb
from services.settlement.convert.money import amount
from services.settlement.domain.ledger.transfers import AccountBalance, TransferState
from services.settlement.tables.ledger import NamedTransfer

_TRANSFER_STATES: Final[dict[str, pb.LedgerTransferState.ValueType]] = {
    TransferState.PENDING: pb.LEDGER_TRANSFER_STATE_PENDING,
    TransferState.POSTED: pb.LEDGER_TRANSFER_STATE_POSTED,
    TransferState.VOIDED: pb.LEDGER_TRANSFER_STATE_VOIDED,
}


def transfer_to_proto(named: NamedTransfer) -> pb.LedgerTransfer:
    """A transfer on the wire."""
    row = named.transfer
    return pb.LedgerTransfer(
        transfer_number=row.transfer_number,
        debit_ledger_account=named.debit_ledger_account,
        credit_ledger_account=named.credit_ledger_account,
        amount=amount(row.amount_minor, named.currency),
        state=_TRANSFER_STATES[row.state],
        transfer_kind=row.transfer_kind,
        earning_id=row.document_id if row.document_kind == "earning" else "",
        refers_to_transfer_number=row.refers_to_transfer_number or 0,
        recorded_at=instant_to_proto(row.recorded_at),
        memo=row.memo,
    )


def balances_to_proto(balances: Sequence[AccountBalance]) -> list[pb.LedgerBalance]:
    """Balances on the wire: credits less debits, and what of it is pending."""
    return [
        pb.LedgerBalance(
            ledger_account=of.ledger_account,
            posted=amount(of.balance.posted_minor, of.currency),
            pending=amount(of.balance.pending_minor, of.currency),
        )
        for of in balances
    ]
