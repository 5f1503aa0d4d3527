"""Earnings on the wire, as far as each viewer may see them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from kit.errors import InvalidArgument
from kit.money import Money
from kit.rpc.convert import instant_to_proto, money_from_proto, money_to_proto
from protos.settlement.v1 import settlement_pb2 as pb
from services.settlement.convert.money import amount
from services.settlement.domain.earnings.earning import (
    EarningFacts,
    EarningLine,
    Promise,
    SettlementLine,
    Share,
    shares_of_whole,
)
from services.settlement.domain.earnings.revision import (
    ChangeKind,
    Revision,
    leg_of_revision,
    totals_of,
)
from services.settlement.domain.earnings.state import EarningState
from services.settlement.domain.earnings.view import Viewer, own_technician
from services.settlement.domain.splits.rule import Contract, SplitRule
from services.settlement.domain.splits.scheme import Dealing
from services.settlement.domain.splits.split import PartyKind
from services.settlement.tables.earnings import (
    EarningChangeRow,
    EarningLineRow,
    EarningRevisionRow,
    EarningRow,
    EarningShareRevisionRow,
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
_CHANGE_KINDS: Final[dict[str, pb.EarningChangeKind.ValueType]] = {
    ChangeKind.SCOPE_CHANGE: pb.EARNING_CHANGE_KIND_SCOPE_CHANGE,
    ChangeKind.APPROVED_EXTRA: pb.EARNING_CHANGE_KIND_APPROVED_EXTRA,
    ChangeKind.FEE_EVENT: pb.EARNING_CHANGE_KIND_FEE_EVENT,
    ChangeKind.PARTS_COST: pb.EARNING_CHANGE_KIND_PARTS_COST,
    ChangeKind.REWORK: pb.EARNING_CHANGE_KIND_REWORK,
    ChangeKind.REFUND: pb.EARNING_CHANGE_KIND_REFUND,
    ChangeKind.DISPUTE_OUTCOME: pb.EARNING_CHANGE_KIND_DISPUTE_OUTCOME,
    ChangeKind.CREW: pb.EARNING_CHANGE_KIND_CREW,
}
_CHANGE_NAMES: Final = {number: ChangeKind(name) for name, number in _CHANGE_KINDS.items()}
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
        lines=lines_from_proto(message.lines, "facts.lines"),
        team_id=message.team_id,
        franchisee_id=message.franchisee_id,
        region_adcode=message.region_adcode,
    )


def lines_from_proto(
    messages: Sequence[pb.SettlementLine], field: str
) -> tuple[SettlementLine, ...]:
    """Settlement lines."""
    return tuple(
        SettlementLine(
            line_kind=line.line_kind,
            label=line.label,
            amount=money_from_proto(line.amount, f"{field}[{i}].amount"),
            rule_id=line.rule_id,
            explanation=line.explanation,
        )
        for i, line in enumerate(messages)
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


def change_kind(number: pb.EarningChangeKind.ValueType) -> ChangeKind:
    """What a caller says that has happened; sharing with a crew has a call of its own.

    Raises:
        InvalidArgument: ``SETTLEMENT_CHANGE_KIND_UNKNOWN``.
    """
    kind = _CHANGE_NAMES.get(number)
    if kind is None or kind is ChangeKind.CREW:
        raise InvalidArgument(
            "SETTLEMENT_CHANGE_KIND_UNKNOWN",
            "say what happened: a promise changes only by a listed event",
            field="change_kind",
        )
    return kind


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
        region_adcode=facts.region_adcode,
        review_required=rule.review_required,
        reviewed_by_person_id="",
        lines=[line_row(line, number) for number, line in enumerate(promise.lines, 1)],
        shares=[
            EarningShareRow(
                position=i + 1,
                party_kind=share.party_kind.value,
                party_id=share.party_id,
                amount_minor=share.amount.amount_minor,
                commission_minor=promise.dealing.shares[i],
                exact_parts=promise.dealing.exact_parts[i],
                leg=share.leg,
            )
            for i, share in enumerate(promise.shares)
        ],
        revisions=[],
        changes=[],
    )


def line_row(line: EarningLine, number: int, revision_number: int = 0) -> EarningLineRow:
    """The row of a line, of the promise or of a revision."""
    return EarningLineRow(
        line_number=number,
        line_kind=line.line_kind,
        label=line.label,
        settlement_amount_minor=line.settlement_amount.amount_minor,
        amount_minor=line.amount.amount_minor,
        rule_id=line.rule_id,
        explanation=line.explanation,
        revision_number=revision_number,
    )


def settlement_lines_of(row: EarningRow) -> tuple[SettlementLine, ...]:
    """All settlement lines of an earning so far."""
    return tuple(
        SettlementLine(
            line.line_kind,
            line.label,
            Money(row.currency, line.settlement_amount_minor),
            line.rule_id,
            line.explanation,
        )
        for line in row.lines
    )


def dealing_of(row: EarningRow) -> Dealing:
    """How an earning's commission base is dealt, as recorded."""
    return Dealing(
        tuple(share.commission_minor for share in row.shares),
        tuple(share.exact_parts for share in row.shares),
    )


def shares_of(row: EarningRow) -> list[Share]:
    """The shares an earning recorded, in the rule's order."""
    return [
        Share(
            PartyKind(share.party_kind),
            share.party_id,
            Money(row.currency, share.amount_minor),
            share.leg,
        )
        for share in row.shares
    ]


def facts_of(row: EarningRow) -> EarningFacts:
    """What an earning was computed from, with its settlement lines so far."""
    party = {
        share.party_kind: share.party_id for share in row.shares if share.leg == share.party_kind
    }
    return EarningFacts(
        case_id=row.case_id,
        work_order_id=row.work_order_id,
        technician_id=row.technician_id,
        outlet_id=row.outlet_id,
        agent_id=party.get(PartyKind.AGENT, ""),
        cooperation_mode=row.cooperation_mode,
        quote_id=row.quote_id,
        lines=settlement_lines_of(row),
        team_id=party.get(PartyKind.TEAM, ""),
        franchisee_id=party.get(PartyKind.FRANCHISEE, ""),
        region_adcode=row.region_adcode,
    )


def revision_rows(
    row: EarningRow,
    made: Revision,
    kind: ChangeKind,
    evidence_reference: str,
    reason: str,
    at: datetime,
    acting_person_id: str,
) -> tuple[EarningRevisionRow, list[EarningLineRow], list[EarningShareRevisionRow]]:
    """The rows of a change, not stored yet."""
    number, own, whole = len(row.revisions) + 1, *totals_of(made.lines)
    lines = [line_row(line, len(row.lines) + i, number) for i, line in enumerate(made.lines, 1)]
    for line in lines:
        line.earning_id = row.earning_id
    return (
        EarningRevisionRow(
            earning_id=row.earning_id,
            revision_number=number,
            change_kind=kind.value,
            evidence_reference=evidence_reference,
            reason=reason,
            previous_total_minor=row.total_minor,
            new_total_minor=row.total_minor + own,
            previous_settlement_total_minor=row.settlement_total_minor,
            new_settlement_total_minor=row.settlement_total_minor + whole,
            changed_at=at,
            acting_person_id=acting_person_id,
        ),
        lines,
        [
            EarningShareRevisionRow(
                earning_id=row.earning_id,
                revision_number=number,
                position=share.position,
                previous_minor=share.amount_minor,
                amount_minor=made.amounts[i],
                commission_minor=made.dealing.shares[i],
                exact_parts=made.dealing.exact_parts[i],
                leg=leg_of_revision(share.leg, number),
            )
            for i, share in enumerate(row.shares)
        ],
    )


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
    points = shares_of_whole([line.settlement_amount_minor for line in row.lines])
    message = pb.Earning(
        earning_id=row.earning_id,
        revision=row.revision,
        case_id=row.case_id,
        work_order_id=row.work_order_id,
        technician_id=row.technician_id,
        outlet_id=row.outlet_id,
        state=_STATES[row.state],
        lines=[
            _line_to_proto(line, row.currency, share)
            for line, share in zip(row.lines, points, strict=True)
        ],
        total=amount(row.total_minor, row.currency),
        shares=[
            pb.EarningShare(
                party_kind=share.party_kind,
                party_id=share.party_id,
                amount=money_to_proto(share.amount),
            )
            for share in shares_of(row)
            if viewer.may_see_share(
                share.party_kind, share.party_id, row.technician_id, row.outlet_id
            )
        ],
        quote_id=row.quote_id,
        split_rule_code=row.split_rule_code,
        split_rule_version=row.split_rule_version,
        changes=[_change_to_proto(change) for change in row.changes],
        promised_at=instant_to_proto(row.promised_at),
        payout_reference=row.payout_reference,
        revisions=[_revision_to_proto(each, row.currency, viewer) for each in row.revisions],
        region_adcode=row.region_adcode,
        review_required=row.review_required,
        reviewed_at=instant_to_proto(row.reviewed_at),
        reviewed_by_person_id=row.reviewed_by_person_id,
    )
    if viewer.sees_all:
        message.settlement_total.CopyFrom(amount(row.settlement_total_minor, row.currency))
    return message


def _revision_to_proto(
    row: EarningRevisionRow, currency: str, viewer: Viewer
) -> pb.EarningRevision:
    message = pb.EarningRevision(
        revision_number=row.revision_number,
        change_kind=_CHANGE_KINDS[row.change_kind],
        reason=row.reason,
        evidence_reference=row.evidence_reference,
        previous_total=amount(row.previous_total_minor, currency),
        new_total=amount(row.new_total_minor, currency),
        changed_at=instant_to_proto(row.changed_at),
        acting_person_id=row.acting_person_id,
    )
    if viewer.sees_all:
        previous, new = row.previous_settlement_total_minor, row.new_settlement_total_minor
        message.previous_settlement_total.CopyFrom(amount(previous, currency))
        message.new_settlement_total.CopyFrom(amount(new, currency))
    return message


def _line_to_proto(row: EarningLineRow, currency: str, share_basis_points: int) -> pb.EarningLine:
    return pb.EarningLine(
        line_number=row.line_number,
        line_kind=row.line_kind,
        label=row.label,
        amount=amount(row.amount_minor, currency),
        rule_id=row.rule_id,
        share_basis_points=share_basis_points,
        explanation=row.explanation,
        revision_number=row.revision_number,
    )


def _change_to_proto(row: EarningChangeRow) -> pb.EarningChange:
    return pb.EarningChange(
        changed_at=instant_to_proto(row.changed_at),
        previous_state=_STATES[row.previous_state],
        new_state=_STATES[row.new_state],
        reason=row.reason,
        acting_person_id=row.acting_person_id,
    )
