"""Adjustments on the wire and as rows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any, Final

from kit.errors import InvalidArgument
from kit.money import Money
from kit.rpc.convert import instant_from_proto, instant_to_proto
from protos.settlement.v1 import adjustment_pb2 as pb
from services.settlement.convert.money import amount
from services.settlement.domain.adjustments.adjustment import (
    AdjustmentKind,
    AdjustmentState,
    Evidence,
    PartyShare,
    Proposal,
)
from services.settlement.domain.adjustments.penalty import Interval
from services.settlement.domain.earnings.view import Viewer, own_technician
from services.settlement.tables.adjustments import (
    AdjustmentRow,
    AdjustmentShareRow,
)

_KINDS: Final[dict[str, pb.AdjustmentKind.ValueType]] = {
    "": pb.ADJUSTMENT_KIND_UNSPECIFIED,
    AdjustmentKind.SUBSIDY: pb.ADJUSTMENT_KIND_SUBSIDY,
    AdjustmentKind.DEDUCTION: pb.ADJUSTMENT_KIND_DEDUCTION,
    AdjustmentKind.PERFORMANCE: pb.ADJUSTMENT_KIND_PERFORMANCE,
    AdjustmentKind.SLA_PENALTY: pb.ADJUSTMENT_KIND_SLA_PENALTY,
    AdjustmentKind.CLAW_BACK: pb.ADJUSTMENT_KIND_CLAW_BACK,
    AdjustmentKind.EARLY_RELEASE: pb.ADJUSTMENT_KIND_EARLY_RELEASE,
    AdjustmentKind.FORFEITURE: pb.ADJUSTMENT_KIND_FORFEITURE,
    AdjustmentKind.DEBT_OFFSET: pb.ADJUSTMENT_KIND_DEBT_OFFSET,
}
_STATES: Final[dict[str, pb.AdjustmentState.ValueType]] = {
    "": pb.ADJUSTMENT_STATE_UNSPECIFIED,
    AdjustmentState.PROPOSED: pb.ADJUSTMENT_STATE_PROPOSED,
    AdjustmentState.APPROVED: pb.ADJUSTMENT_STATE_APPROVED,
    AdjustmentState.POSTED: pb.ADJUSTMENT_STATE_POSTED,
    AdjustmentState.REJECTED: pb.ADJUSTMENT_STATE_REJECTED,
    AdjustmentState.REVERSED: pb.ADJUSTMENT_STATE_REVERSED,
}
#: Whose parts an outlet's manager sees of its earnings.
_OF_THE_OUTLET: Final = ("technician", "team")


def kind_name(number: pb.AdjustmentKind.ValueType) -> str:
    """A kind as rows know it; empty for unspecified (``SETTLEMENT_ADJUSTMENT_INVALID``)."""
    return _named(_KINDS, number, "kind")


def state_name(number: pb.AdjustmentState.ValueType) -> str:
    """A state as rows know it; empty for unspecified (``SETTLEMENT_ADJUSTMENT_INVALID``)."""
    return _named(_STATES, number, "state")


def evidence_from_proto(messages: Iterable[pb.AdjustmentEvidence]) -> tuple[Evidence, ...]:
    """What a proposal rests on."""
    return tuple(Evidence(m.evidence_kind, m.reference, m.note) for m in messages)


def intervals_from_proto(messages: Iterable[pb.BlockedInterval]) -> list[Interval]:
    """Times in which parties kept work waiting."""
    return [
        Interval(
            m.party_kind,
            m.party_id,
            instant_from_proto(m.blocked_from, f"intervals[{i}].blocked_from"),
            instant_from_proto(m.blocked_to, f"intervals[{i}].blocked_to"),
            m.reason,
            m.reference,
        )
        for i, m in enumerate(messages)
    ]


def interval_to_facts(interval: Interval) -> dict[str, str]:
    """An interval as it is kept."""
    return {
        **asdict(interval),
        "blocked_from": interval.blocked_from.isoformat(),
        "blocked_to": interval.blocked_to.isoformat(),
    }


def interval_from_facts(facts: dict[str, str]) -> Interval:
    """An interval that was kept."""
    return Interval(
        facts["party_kind"],
        facts["party_id"],
        datetime.fromisoformat(facts["blocked_from"]),
        datetime.fromisoformat(facts["blocked_to"]),
        facts["reason"],
        facts["reference"],
    )


def adjustment_row(
    adjustment_id: str,
    proposal: Proposal,
    outlet_id: str,
    refunded_minor: int,
    proposed_at: datetime,
    person_id: str,
    approved_by: str,
) -> AdjustmentRow:
    """The row of a proposal, not stored yet; approved already when ``approved_by`` is not empty."""
    return AdjustmentRow(
        adjustment_id=adjustment_id,
        revision=1,
        kind=proposal.kind.value,
        state=(AdjustmentState.APPROVED if approved_by else AdjustmentState.PROPOSED).value,
        earning_id=proposal.earning_id or None,
        case_id=proposal.case_id,
        work_order_id=proposal.work_order_id,
        outlet_id=outlet_id,
        month=proposal.month,
        holdback_id=proposal.holdback_id or None,
        currency=proposal.amount.currency,
        amount_minor=proposal.amount.amount_minor,
        rule_code=proposal.rule_code or None,
        rule_version=proposal.rule_version or None,
        cause_reference=proposal.cause_reference,
        refunded_minor=refunded_minor,
        evidence=[asdict(each) for each in proposal.evidence],
        reason=proposal.reason,
        explanation=proposal.explanation,
        automatic=bool(approved_by),
        proposed_at=proposed_at,
        proposed_by_person_id=person_id,
        approved_by_person_id=approved_by,
        posted_at=None,
        reversed_by_person_id="",
        shares=_share_rows(proposal.shares),
        changes=[],
    )


def adjustment_to_proto(row: AdjustmentRow, viewer: Viewer) -> pb.Adjustment:
    """An adjustment as somebody may see it: with the parts of those who are in sight, and their sum."""
    shares = [share for share in row.shares if _visible(share, row.outlet_id, viewer)]
    return pb.Adjustment(
        adjustment_id=row.adjustment_id,
        revision=row.revision,
        kind=_KINDS[row.kind],
        state=_STATES[row.state],
        earning_id=row.earning_id or "",
        case_id=row.case_id,
        work_order_id=row.work_order_id,
        month=row.month,
        holdback_id=row.holdback_id or "",
        amount=amount(sum(share.amount_minor for share in shares), row.currency),
        shares=[
            pb.AdjustmentShare(
                party_kind=share.party_kind,
                party_id=share.party_id,
                amount=amount(share.amount_minor, row.currency),
                debt=amount(share.debt_minor, row.currency) if share.debt_minor else None,
            )
            for share in shares
        ],
        rule_code=row.rule_code or "",
        rule_version=row.rule_version or 0,
        evidence=[pb.AdjustmentEvidence(**each) for each in row.evidence],
        reason=row.reason,
        explanation=row.explanation,
        proposed_at=instant_to_proto(row.proposed_at),
        proposed_by_person_id=row.proposed_by_person_id,
        approved_by_person_id=row.approved_by_person_id,
        automatic=row.automatic,
        posted_at=instant_to_proto(row.posted_at),
        changes=[
            pb.AdjustmentChange(
                changed_at=instant_to_proto(change.changed_at),
                previous_state=_STATES[change.previous_state],
                new_state=_STATES[change.new_state],
                reason=change.reason,
                acting_person_id=change.acting_person_id,
            )
            for change in row.changes
        ],
        cause_reference=row.cause_reference,
    )


def event_of(row: AdjustmentRow, previous_state: str) -> pb.AdjustmentChanged:
    """The event that an adjustment moved on: no more than its technician may see, if it has one."""
    technician = next((s.party_id for s in row.shares if s.party_kind == "technician"), "")
    everything = Viewer(sees_all=True, technician_id="", outlet_id="")
    viewer = own_technician(technician) if technician else everything
    return pb.AdjustmentChanged(
        adjustment=adjustment_to_proto(row, viewer), previous_state=_STATES[previous_state]
    )


def money_or_none(message: Any, given: bool, field: str) -> Money | None:
    """An amount if one was given; above zero or not is for others to say."""
    if not given:
        return None
    try:
        return Money(message.currency, message.amount_minor)
    except InvalidArgument as error:
        raise InvalidArgument(error.reason, error.message, field=f"{field}.currency") from error


def _share_rows(shares: Sequence[PartyShare]) -> list[AdjustmentShareRow]:
    return [
        AdjustmentShareRow(
            position=position,
            party_kind=share.party_kind,
            party_id=share.party_id,
            amount_minor=share.amount.amount_minor,
            debt_minor=0,
        )
        for position, share in enumerate(shares, 1)
    ]


def _visible(share: AdjustmentShareRow, outlet_id: str, viewer: Viewer) -> bool:
    if viewer.sees_all:
        return True
    if viewer.technician_id and share.party_id == viewer.technician_id:
        return True
    if not viewer.outlet_id:
        return False
    if share.party_kind == "outlet":
        return share.party_id == viewer.outlet_id
    return outlet_id == viewer.outlet_id and share.party_kind in _OF_THE_OUTLET


def _named(names: dict[str, Any], number: int, field: str) -> str:
    for name, each in names.items():
        if each == number:
            return name
    raise InvalidArgument(
        "SETTLEMENT_ADJUSTMENT_INVALID", f"no {field} has the number {number}", field=field
    )
