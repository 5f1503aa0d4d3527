"""The ledger on the wire."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from kit.errors import InvalidArgument
from kit.rpc.convert import instant_from_proto, instant_to_proto, money_from_proto
from protos.settlement.v1 import ledger_pb2 as pb
from services.settlement.convert.money import amount
from services.settlement.domain.ledger.transfers import (
    AccountBalance,
    LedgerAccount,
    Transfer,
    TransferKind,
    TransferState,
    check_word,
)
from services.settlement.tables.ledger import NamedTransfer, OpenAccount

_TRANSFER_STATES: Final[dict[str, pb.LedgerTransferState.ValueType]] = {
    TransferState.PENDING: pb.LEDGER_TRANSFER_STATE_PENDING,
    TransferState.POSTED: pb.LEDGER_TRANSFER_STATE_POSTED,
    TransferState.VOIDED: pb.LEDGER_TRANSFER_STATE_VOIDED,
}
_STATE_NAMES: Final = {value: name for name, value in _TRANSFER_STATES.items()} | {
    pb.LEDGER_TRANSFER_STATE_UNSPECIFIED: ""
}


def state_name(state: pb.LedgerTransferState.ValueType) -> str:
    """A state as the store knows it; empty: any.

    Raises:
        InvalidArgument: ``SETTLEMENT_STATE_UNKNOWN``.
    """
    name = _STATE_NAMES.get(state)
    if name is None:
        raise InvalidArgument("SETTLEMENT_STATE_UNKNOWN", "there is no such state", field="state")
    return str(name)


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
        refers_to_transfer_number=row.refers_to_transfer_number or 0,
        recorded_at=instant_to_proto(row.recorded_at),
        memo=row.memo,
        document_kind=row.document_kind,
        document_id=row.document_id,
        leg=row.leg,
        effective_at=instant_to_proto(row.effective_at),
        rule_id=row.rule_id,
    )


def account_to_proto(found: OpenAccount) -> pb.LedgerAccount:
    """An account on the wire, and where it stands."""
    account, stands = found
    pending = stands.pending_credit_minor - stands.pending_debit_minor
    return pb.LedgerAccount(
        ledger_account=account.ledger_account,
        currency=account.currency,
        party_kind=account.party_kind,
        party_id=account.party_id,
        account_kind=account.account_kind,
        may_be_negative=account.may_be_negative,
        opened_at=instant_to_proto(account.opened_at),
        posted=amount(stands.posted_minor, account.currency),
        pending=amount(pending, account.currency),
        transfer_count=stands.transfer_count,
        closed_before=instant_to_proto(stands.closed_before),
    )


def new_transfer(message: pb.NewLedgerTransfer, rule_id: str, place: str) -> Transfer:
    """A movement to post, from the wire.

    Raises:
        InvalidArgument: naming the field at fault.
    """
    name = "debit_ledger_account"
    debit = LedgerAccount.of_code(message.debit_ledger_account, f"{place}.{name}")
    name = "credit_ledger_account"
    credit = LedgerAccount.of_code(message.credit_ledger_account, f"{place}.{name}")
    if debit == credit:
        raise InvalidArgument(
            "SETTLEMENT_TRANSFER_WRONG", "money moves between two accounts", field=f"{place}.{name}"
        )
    if message.amount.amount_minor <= 0:
        raise InvalidArgument(
            "SETTLEMENT_TRANSFER_WRONG", "an amount is above zero", field=f"{place}.amount"
        )
    check_word(message.transfer_kind, f"{place}.transfer_kind")
    if message.transfer_kind == TransferKind.REVERSAL:
        raise InvalidArgument(
            "SETTLEMENT_TRANSFER_WRONG",
            "a reversal is not posted by hand; reverse the document",
            field=f"{place}.transfer_kind",
        )
    effective = message.HasField("effective_at")
    return Transfer(
        debit=debit,
        credit=credit,
        amount=money_from_proto(message.amount, f"{place}.amount"),
        transfer_kind=message.transfer_kind,
        leg=message.leg,
        effective_at=(
            instant_from_proto(message.effective_at, f"{place}.effective_at") if effective else None
        ),
        rule_id=rule_id,
        memo=message.memo,
    )


def posted(numbers: Sequence[int], recorded_at: datetime) -> bytes:
    """The answer to who posted, as it is stored."""
    return pb.PostTransfersResponse(
        transfer_numbers=numbers, recorded_at=instant_to_proto(recorded_at)
    ).SerializeToString()


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
