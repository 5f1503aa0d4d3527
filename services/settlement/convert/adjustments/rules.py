"""Adjustment rules on the wire and as rows."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Final

from google.protobuf.message import Message

from kit.errors import InvalidArgument
from kit.money import Money
from kit.rpc.convert import instant_to_proto, money_to_proto
from protos.settlement.v1 import adjustment_pb2 as pb
from services.settlement.domain.adjustments.rule import AdjustmentRule, RuleKind, RuleState
from services.settlement.domain.adjustments.trial import Trial
from services.settlement.tables.adjustments import AdjustmentRuleVersionRow

_STATES: Final[dict[str, pb.AdjustmentRuleState.ValueType]] = {
    RuleState.PROPOSED: pb.ADJUSTMENT_RULE_STATE_PROPOSED,
    RuleState.APPROVED: pb.ADJUSTMENT_RULE_STATE_APPROVED,
    RuleState.REJECTED: pb.ADJUSTMENT_RULE_STATE_REJECTED,
}
_TERMS: Final[dict[str, type[Message]]] = {
    RuleKind.SUBSIDY: pb.FlatTerms,
    RuleKind.DEDUCTION: pb.FlatTerms,
    RuleKind.SLA_PENALTY: pb.PenaltyTerms,
    RuleKind.HOLDBACK: pb.HoldbackTerms,
    RuleKind.CLAW_BACK: pb.ClawBackTerms,
}


def rule_from_proto(message: pb.AdjustmentRule, version: int, person_id: str) -> AdjustmentRule:
    """A rule that somebody proposes.

    Raises:
        InvalidArgument: ``SETTLEMENT_ADJUSTMENT_RULE_INVALID`` without terms; ``DAY_MALFORMED``.
    """
    kind = message.WhichOneof("terms")
    if kind is None:
        raise InvalidArgument(
            "SETTLEMENT_ADJUSTMENT_RULE_INVALID",
            f"say what the rule makes, one of: {', '.join(RuleKind)}",
            field="rule",
        )
    return AdjustmentRule(
        rule_code=message.rule_code,
        version=version,
        rule_kind=RuleKind(kind),
        label=message.label,
        currency=message.currency or "CNY",
        effective_from=day_from_proto(message.effective_from, "rule.effective_from"),
        automatic_limit_minor=message.automatic_limit_minor,
        terms=_terms(getattr(message, kind)),
        put_by_person_id=person_id,
    )


def day_from_proto(text: str, field: str) -> date:
    """A day such as ``2026-11-01`` (``DAY_MALFORMED``)."""
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise InvalidArgument(
            "DAY_MALFORMED", f"{text!r} is no day; write 2026-11-30", field=field
        ) from error


def rule_row(rule: AdjustmentRule, put_at: datetime) -> AdjustmentRuleVersionRow:
    """The row of a proposed version."""
    return AdjustmentRuleVersionRow(
        rule_code=rule.rule_code,
        version=rule.version,
        rule_kind=rule.rule_kind.value,
        label=rule.label,
        currency=rule.currency,
        effective_from=rule.effective_from,
        automatic_limit_minor=rule.automatic_limit_minor,
        terms=dict(rule.terms),
        state=rule.state.value,
        put_at=put_at,
        put_by_person_id=rule.put_by_person_id,
        decided_at=None,
        decided_by_person_id="",
        decision_reason="",
    )


def rule_to_proto(row: AdjustmentRuleVersionRow) -> pb.AdjustmentRule:
    """A version with who put and who decided it."""
    return pb.AdjustmentRule(
        rule_code=row.rule_code,
        version=row.version,
        label=row.label,
        currency=row.currency,
        effective_from=row.effective_from.isoformat(),
        automatic_limit_minor=row.automatic_limit_minor,
        state=_STATES[row.state],
        put_at=instant_to_proto(row.put_at),
        put_by_person_id=row.put_by_person_id,
        decided_by_person_id=row.decided_by_person_id,
        decision_reason=row.decision_reason,
        **{row.rule_kind: _terms_to_proto(row.rule_kind, row.terms)},
    )


def trial_to_proto(trial: Trial) -> pb.AdjustmentTrial:
    """What a rule would have given once."""
    return pb.AdjustmentTrial(
        party_kind=trial.party_kind,
        party_id=trial.party_id,
        earning_id=trial.earning_id,
        work_order_id=trial.work_order_id,
        would_give=money_to_proto(trial.amount),
        explanation=trial.explanation,
    )


def trials_to_proto(
    trials: list[Trial], tried: int, currency: str, first: date, last: date, shown: int
) -> pb.TryAdjustmentRuleResponse:
    """What a rule would have given, the largest amounts first."""
    largest = sorted(trials, key=lambda trial: -abs(trial.amount.amount_minor))
    total = sum(trial.amount.amount_minor for trial in trials)
    return pb.TryAdjustmentRuleResponse(
        first_day=first.isoformat(),
        last_day=last.isoformat(),
        tried_count=tried,
        given_count=len(trials),
        total=money_to_proto(Money(currency, total)),
        trials=[trial_to_proto(trial) for trial in largest[:shown]],
    )


def _terms(message: Any) -> dict[str, Any]:
    if isinstance(message, pb.PerformanceTerms):
        return {"bands": [_scalars(band) for band in message.bands]}
    return _scalars(message)


def _scalars(message: Message) -> dict[str, Any]:
    return {field.name: getattr(message, field.name) for field in message.DESCRIPTOR.fields}


def _terms_to_proto(kind: str, terms: dict[str, Any]) -> Any:
    if kind == RuleKind.PERFORMANCE:
        return pb.PerformanceTerms(bands=[pb.PerformanceBand(**band) for band in terms["bands"]])
    return _TERMS[kind](**terms)
