"""The ledger on the wire."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from kit.rpc.convert import instant_to_proto
from protos.settlement.v1 import ledger_pb2 as pb
from services.settlement.convert.money import amount
from services.settlement.domain.ledger.transfers import TransferState
from services.settlement.tables.ledger import LedgerBalanceRow, LedgerTransferRow

_TRANSFER_STATES: Final[dict[str, pb.LedgerTransferState.ValueType]] = {
    TransferState.PENDING: pb.LEDGER_TRANSFER_STATE_PENDING,
    TransferState.POSTED: pb.LEDGER_TRANSFER_STATE_POSTED,
    TransferState.VOIDED: pb.LEDGER_TRANSFER_STATE_VOIDED,
}


def transfer_to_proto(row: LedgerTransferRow) -> pb.LedgerTransfer:
    """A transfer on the wire."""
    return pb.LedgerTransfer(
        transfer_number=row.transfer_number,
        debit_ledger_account=row.debit_ledger_account,
        credit_ledger_account=row.credit_ledger_account,
        amount=amount(row.amount_minor, row.currency),
        state=_TRANSFER_STATES[row.state],
        transfer_kind=row.transfer_kind,
        earning_id=row.earning_id,
        refers_to_transfer_number=row.refers_to_transfer_number or 0,
        recorded_at=instant_to_proto(row.recorded_at),
        memo=row.memo,
    )


def balances_to_proto(rows: Sequence[LedgerBalanceRow]) -> list[pb.LedgerBalance]:
    """Balances on the wire: credits less debits, and what of it is pending."""
    return [
        pb.LedgerBalance(
            ledger_account=row.ledger_account,
            posted=amount(row.posted_minor, row.currency),
            pending=amount(row.pending_credit_minor - row.pending_debit_minor, row.currency),
        )
        for row in rows
    ]
