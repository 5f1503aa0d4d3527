"""Earnings on the wire, as far as each viewer may see them."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from kit.errors import InvalidArgument
from kit.money import Money
from kit.rpc.convert import instant_to_proto, money_from_proto, money_to_proto
from protos.settlement.v1 import settlement_pb2 as pb
from services.settlement.convert.money import amount
from services.settlement.domain.earnings.earning import EarningFacts, Promise, SettlementLine, Share
from services.settlement.domain.earnings.state import EarningState
from services.settlement.domain.earnings.view import Viewer, own_technician
from services.settlement.domain.splits.rule import Contract, SplitRule
from services.settlement.domain.splits.split import PartyKind
from services.settlement.tables.earnings import (
    EarningChangeRow,
    EarningLineRow,
    EarningRow,
    EarningShareRow,
)

_STATES: Final[dict[str, pb.EarningState.ValueType]] = {
    "": pb.EARNING_STATE_UNSPECIFIED,
    EarningState.ESTIMATED: pb.EARNING_STATE_ESTIMATED,
    EarningState.LOCKED: pb.EARNING_STATE_LOCKED,
    EarningState.PAYABLE: pb.EARNING_STATE_PAYABLE,
    EarningState.PAYING: pb.EARNING_STATE_PAYING,
    EarningState.PAID: pb.EARNING_STATE_PAID,
    EarningState.CANCELLED: pb.EARNING_STATE_CANCELLED,
    EarningState.REVERSED: pb.EARNING_STATE_REVERSED,
}
_STATE_NAMES: Final = {number: name for name, number in _STATES.items()}


def facts_from_proto(message: pb.EarningFacts) -> EarningFacts:
    """The facts of an earning."""
    return EarningFacts(
        case_id=message.case_id,
        work_order_id=message.work_order_id,
        technician_id=message.technician_id,
        outlet_id=message.outlet_id,
        agent_id=message.agent_id,
        cooperation_mode=message.cooperation_mode,
        quote_id=message.quote_id,
        lines=tuple(
            SettlementLine(
                line_kind=line.line_kind,
                label=line.label,
                amount=money_from_proto(line.amount, f"facts.lines[{i}].amount"),
                rule_id=line.rule_id,
                explanation=line.explanation,
            )
            for i, line in enumerate(message.lines)
        ),
    )


def state_name(number: pb.EarningState.ValueType) -> str:
    """A state as rows know it; empty for unspecified.

    Raises:
        InvalidArgument: ``SETTLEMENT_STATE_UNKNOWN``.
    """
    name = _STATE_NAMES.get(number)
    if name is None:
        raise InvalidArgument(
            "SETTLEMENT_STATE_UNKNOWN", f"no earning state has the number {number}", field="state"
        )
    return name


def earning_row(
    earning_id: str, facts: EarningFacts, rule: SplitRule, promise: Promise, promised_at: datetime
) -> EarningRow:
    """The row of a promise, with its lines and shares, not stored yet."""
    return EarningRow(
        earning_id=earning_id,
        revision=1,
        state=EarningState.ESTIMATED.value,
        payout_reference="",
        case_id=facts.case_id,
        work_order_id=facts.work_order_id,
        technician_id=facts.technician_id,
        outlet_id=facts.outlet_id,
        cooperation_mode=facts.cooperation_mode,
        quote_id=facts.quote_id,
        currency=promise.total.currency,
        settlement_total_minor=promise.settlement_total.amount_minor,
        total_minor=promise.total.amount_minor,
        split_rule_code=rule.split_rule_code,
        split_rule_version=rule.version,
        promised_at=promised_at,
        lines=[
            EarningLineRow(
                line_number=number,
                line_kind=line.line_kind,
                label=line.label,
                settlement_amount_minor=line.settlement_amount.amount_minor,
                amount_minor=line.amount.amount_minor,
                rule_id=line.rule_id,
                share_basis_points=line.share_basis_points,
                explanation=line.explanation,
            )
            for number, line in enumerate(promise.lines, 1)
        ],
        shares=[
            EarningShareRow(
                position=position,
                party_kind=share.party_kind.value,
                party_id=share.party_id,
                amount_minor=share.amount.amount_minor,
            )
            for position, share in enumerate(promise.shares, 1)
        ],
        changes=[],
    )


def shares_of(row: EarningRow) -> list[Share]:
    """The shares an earning recorded, in the rule's order."""
    return [
        Share(PartyKind(share.party_kind), share.party_id, Money(row.currency, share.amount_minor))
        for share in row.shares
    ]


def contract_of(row: EarningRow) -> Contract:
    """The contract an earning was split under."""
    return Contract(
        row.split_rule_code,
        row.split_rule_version,
        row.currency,
        tuple(share.party_id for share in row.shares),
    )


def event_of(row: EarningRow, previous_state: str) -> pb.EarningChanged:
    """The event of an earning's change, fit for whoever follows it."""
    message = pb.EarningChanged(
        earning=earning_to_proto(row, own_technician(row.technician_id)),
        previous_state=_STATES[previous_state],
    )
    message.earning.ClearField("changes")
    return message


def earning_to_proto(row: EarningRow, viewer: Viewer) -> pb.Earning:
    """An earning as far as the viewer may see it."""
    visible = viewer.visible_parties(row.technician_id, row.outlet_id)
    message = pb.Earning(
        earning_id=row.earning_id,
        revision=row.revision,
        case_id=row.case_id,
        work_order_id=row.work_order_id,
        technician_id=row.technician_id,
        outlet_id=row.outlet_id,
        state=_STATES[row.state],
        lines=[_line_to_proto(line, row.currency) for line in row.lines],
        total=amount(row.total_minor, row.currency),
        shares=[
            pb.EarningShare(
                party_kind=share.party_kind,
                party_id=share.party_id,
                amount=money_to_proto(share.amount),
            )
            for share in shares_of(row)
            if share.party_kind in visible
        ],
        quote_id=row.quote_id,
        split_rule_code=row.split_rule_code,
        split_rule_version=row.split_rule_version,
        changes=[_change_to_proto(change) for change in row.changes],
        promised_at=instant_to_proto(row.promised_at),
        payout_reference=row.payout_reference,
    )
    if viewer.sees_all:
        message.settlement_total.CopyFrom(amount(row.settlement_total_minor, row.currency))
    return message


def _line_to_proto(row: EarningLineRow, currency: str) -> pb.EarningLine:
    return pb.EarningLine(
        line_number=row.line_number,
        line_kind=row.line_kind,
        label=row.label,
        amount=amount(row.amount_minor, currency),
        rule_id=row.rule_id,
        share_basis_points=row.share_basis_points,
        explanation=row.explanation,
    )


def _change_to_proto(row: EarningChangeRow) -> pb.EarningChange:
    return pb.EarningChange(
        changed_at=instant_to_proto(row.changed_at),
        previous_state=_STATES[row.previous_state],
        new_state=_STATES[row.new_state],
        reason=row.reason,
        acting_person_id=row.acting_person_id,
    )
