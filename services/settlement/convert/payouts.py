"""Payouts on the wire."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

from kit.errors import InvalidArgument
from kit.money import Money
from kit.rpc.convert import instant_to_proto
from protos.settlement.v1 import payout_pb2 as pb
from services.settlement.convert.money import amount
from services.settlement.domain.payouts.draw import LeftOut, Limits
from services.settlement.domain.payouts.state import BatchState, PayoutState
from services.settlement.tables.payouts import (
    PayoutAccountRow,
    PayoutBatchRow,
    PayoutLimitsRow,
    PayoutRow,
)

_STATES: Final[dict[str, pb.PayoutState.ValueType]] = {
    "": pb.PAYOUT_STATE_UNSPECIFIED,
    **{state.value: pb.PayoutState.Value(f"PAYOUT_STATE_{state.name}") for state in PayoutState},
}
_BATCH_STATES: Final[dict[str, pb.PayoutBatchState.ValueType]] = {
    "": pb.PAYOUT_BATCH_STATE_UNSPECIFIED,
    **{
        state.value: pb.PayoutBatchState.Value(f"PAYOUT_BATCH_STATE_{state.name}")
        for state in BatchState
    },
}


def state_name(number: pb.PayoutState.ValueType) -> str:
    """A payout's state as rows know it; empty for unspecified (``SETTLEMENT_STATE_UNKNOWN``)."""
    return _named(_STATES, number)


def batch_state_name(number: pb.PayoutBatchState.ValueType) -> str:
    """A batch's state as rows know it; empty for unspecified (``SETTLEMENT_STATE_UNKNOWN``)."""
    return _named(_BATCH_STATES, number)


def account_to_proto(row: PayoutAccountRow) -> pb.PayoutAccount:
    """An account."""
    return pb.PayoutAccount(
        party_kind=row.party_kind,
        payee_id=row.payee_id,
        version=row.version,
        channel_code=row.channel_code,
        channel_payee=row.channel_payee,
        put_at=instant_to_proto(row.put_at),
        put_by_person_id=row.put_by_person_id,
    )


def limits_from_proto(message: pb.PayoutLimits) -> Limits:
    """Limits as decisions know them."""
    return Limits(
        least_minor=message.least_minor,
        per_payout_minor=message.per_payout_minor,
        per_batch_minor=message.per_batch_minor,
        per_day_minor=message.per_day_minor,
        per_payee_day_minor=message.per_payee_day_minor,
        payouts_per_batch=message.payouts_per_batch,
    )


def limits_to_proto(row: PayoutLimitsRow) -> pb.PayoutLimits:
    """Limits with their version."""
    return pb.PayoutLimits(
        version=row.version,
        least_minor=row.least_minor,
        per_payout_minor=row.per_payout_minor,
        per_batch_minor=row.per_batch_minor,
        per_day_minor=row.per_day_minor,
        per_payee_day_minor=row.per_payee_day_minor,
        payouts_per_batch=row.payouts_per_batch,
        put_at=instant_to_proto(row.put_at),
        put_by_person_id=row.put_by_person_id,
    )


def left_out_row(each: LeftOut, party_kind: str) -> dict[str, Any]:
    """What a batch keeps of something that was left out."""
    return {
        "party_kind": party_kind,
        "payee_id": each.payee_id,
        "earning_id": each.earning_id,
        "amount_minor": each.amount_minor,
        "reason": each.reason,
    }


def batch_to_proto(row: PayoutBatchRow, payouts: Iterable[PayoutRow] = ()) -> pb.PayoutBatch:
    """A batch; in lists and events without its payouts."""
    return pb.PayoutBatch(
        payout_batch_id=row.payout_batch_id,
        revision=row.revision,
        state=_BATCH_STATES[row.state],
        note=row.note,
        gross=amount(row.gross_minor, row.currency),
        payout_count=row.payout_count,
        drawn_at=instant_to_proto(row.drawn_at),
        drawn_by_person_id=row.drawn_by_person_id,
        approvals=[
            pb.PayoutApproval(
                person_id=each.person_id, approved_at=instant_to_proto(each.approved_at)
            )
            for each in row.approvals
        ],
        cancel_reason=row.cancel_reason,
        left_out=[
            pb.PayoutLeftOut(
                party_kind=each["party_kind"],
                payee_id=each["payee_id"],
                earning_id=each["earning_id"],
                amount=amount(each["amount_minor"], row.currency),
                reason=each["reason"],
            )
            for each in row.left_out
        ],
        payouts=[payout_to_proto(each) for each in payouts],
    )


def payout_to_proto(row: PayoutRow) -> pb.Payout:
    """A payout with what it is made of and its history."""
    known = row.net_minor is not None and row.tax_minor is not None
    return pb.Payout(
        payout_id=row.payout_id,
        revision=row.revision,
        payout_batch_id=row.payout_batch_id,
        state=_STATES[row.state],
        party_kind=row.party_kind,
        payee_id=row.payee_id,
        gross=amount(row.gross_minor, row.currency),
        tax=amount(row.tax_minor or 0, row.currency) if known else None,
        net=amount(row.net_minor or 0, row.currency) if known else None,
        channel_code=row.channel_code,
        channel_number=row.channel_number,
        channel_bill_number=row.channel_bill_number,
        confirmation_token=row.confirmation_token,
        fail_reason=row.fail_reason,
        retries_payout_id=row.retries_payout_id or "",
        drawn_at=instant_to_proto(row.drawn_at),
        submitted_at=instant_to_proto(row.submitted_at),
        ended_at=instant_to_proto(row.ended_at),
        items=[
            pb.PayoutItem(
                item_kind=item.item_kind,
                earning_id=item.earning_id or "",
                amount=amount(item.amount_minor, row.currency),
            )
            for item in row.items
        ],
        changes=[
            pb.PayoutChange(
                changed_at=instant_to_proto(change.changed_at),
                previous_state=_STATES[change.previous_state],
                new_state=_STATES[change.new_state],
                reason=change.reason,
                acting_person_id=change.acting_person_id,
            )
            for change in row.changes
        ],
    )


def event_of(row: PayoutRow, previous_state: str) -> pb.PayoutChanged:
    """The event of a change: what its payee may see, without who did what."""
    told = payout_to_proto(row)
    del told.changes[:]
    return pb.PayoutChanged(payout=told, previous_state=_STATES[previous_state])


def open_to_proto(rows: Sequence[PayoutRow]) -> list[pb.OpenPayout]:
    """What is under way, in a few words each."""
    return [
        pb.OpenPayout(
            payout_id=row.payout_id,
            state=_STATES[row.state],
            says=f"{row.payee_id} {Money(row.currency, row.gross_minor)}",
        )
        for row in rows
    ]


def _named(names: dict[str, Any], number: int) -> str:
    for name, each in names.items():
        if each == number:
            return name
    raise InvalidArgument(
        "SETTLEMENT_STATE_UNKNOWN", f"no state has the number {number}", field="state"
    )
