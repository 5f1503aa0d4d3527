"""Anomalies on the wire: rules, what was raised, and the evidence."""

from __future__ import annotations

from collections.abc import Iterable

from kit.errors import InvalidArgument
from kit.rpc.convert import instant_to_proto
from protos.workorder.v1 import anomaly_pb2 as pb
from services.workorder.convert.enums import enum_from_proto, enum_to_proto
from services.workorder.domain.anomalies.anomaly import State
from services.workorder.domain.anomalies.facts import Finding, SubjectKind
from services.workorder.domain.anomalies.rule import Kind, Rule, Severity, require_rule
from services.workorder.tables.anomalies import AnomalyEvidenceRow, AnomalyRow, AnomalyRuleRow


def kind_from_proto(number: int, field: str = "kind") -> Kind | None:
    """A kind; None: none is named."""
    return enum_from_proto(pb.AnomalyKind, Kind, number, field)


def state_from_proto(number: int) -> State | None:
    """A state; None: none is named."""
    return enum_from_proto(pb.AnomalyState, State, number, "state")


def severity_from_proto(number: int, field: str = "severity") -> Severity | None:
    """A severity; None: none is named."""
    return enum_from_proto(pb.AnomalySeverity, Severity, number, field)


def state_to_proto(state: State) -> pb.AnomalyState.ValueType:
    """A state on the wire."""
    wire: pb.AnomalyState.ValueType = enum_to_proto(pb.AnomalyState, state)
    return wire


def rule_from_proto(message: pb.AnomalyRule) -> Rule:
    """A rule as somebody gives it, without a version.

    Raises:
        InvalidArgument: ``ANOMALY_RULE_INVALID``, naming the field.
    """
    kind = kind_from_proto(message.kind, "rule.kind")
    severity = severity_from_proto(message.severity, "rule.severity")
    if kind is None:
        raise InvalidArgument("ANOMALY_RULE_INVALID", "say which kind", field="rule.kind")
    if severity is None:
        raise InvalidArgument("ANOMALY_RULE_INVALID", "say how severe", field="rule.severity")
    rule = Rule(
        kind,
        0,
        message.window_hours,
        message.threshold,
        message.least,
        severity,
        message.freeze_hours,
        message.freezes_at_once,
        message.enabled,
    )
    require_rule(rule)
    return rule


def rule_to_proto(row: AnomalyRuleRow) -> pb.AnomalyRule:
    """A version as it stands."""
    return pb.AnomalyRule(
        kind=enum_to_proto(pb.AnomalyKind, Kind(row.kind)),
        version=row.version,
        window_hours=row.window_hours,
        threshold=row.threshold,
        least=row.least,
        severity=enum_to_proto(pb.AnomalySeverity, Severity(row.severity)),
        freeze_hours=row.freeze_hours,
        freezes_at_once=row.freezes_at_once,
        enabled=row.enabled,
        put_at=instant_to_proto(row.put_at),
        put_by_person_id=row.put_by_person_id,
    )


def to_proto(row: AnomalyRow, evidence: Iterable[AnomalyEvidenceRow] = ()) -> pb.Anomaly:
    """An anomaly with its evidence, or some of it."""
    return pb.Anomaly(
        anomaly_id=row.anomaly_id,
        kind=enum_to_proto(pb.AnomalyKind, Kind(row.kind)),
        rule_version=row.rule_version,
        subject_kind=enum_to_proto(pb.AnomalySubjectKind, SubjectKind(row.subject_kind)),
        subject_id=row.subject_id,
        bucket_at=instant_to_proto(row.bucket_at),
        severity=enum_to_proto(pb.AnomalySeverity, Severity(row.severity)),
        state=state_to_proto(State(row.state)),
        technician_id=row.technician_id,
        place_code=row.place_code,
        raised_at=instant_to_proto(row.raised_at),
        acknowledged_at=instant_to_proto(row.acknowledged_at),
        acknowledged_by_person_id=row.acknowledged_by_person_id,
        decided_at=instant_to_proto(row.decided_at),
        decided_by_person_id=row.decided_by_person_id,
        reason=row.reason,
        frozen_until=instant_to_proto(row.frozen_until),
        evidence=map(evidence_to_proto, evidence),
    )


def tried_to_proto(
    rule: Rule, found: Finding, evidence: Iterable[AnomalyEvidenceRow]
) -> pb.Anomaly:
    """A finding of a rule that is only tried."""
    last = found.evidence[-1].fact
    return pb.Anomaly(
        kind=enum_to_proto(pb.AnomalyKind, found.key.kind),
        subject_kind=enum_to_proto(pb.AnomalySubjectKind, found.key.subject.kind),
        subject_id=found.key.subject.id,
        bucket_at=instant_to_proto(found.key.bucket),
        severity=enum_to_proto(pb.AnomalySeverity, rule.severity),
        technician_id=last.technician_id,
        place_code=last.place_code,
        evidence=map(evidence_to_proto, evidence),
    )


def evidence_to_proto(row: AnomalyEvidenceRow) -> pb.AnomalyEvidence:
    """One fact, and what was measured of it."""
    return pb.AnomalyEvidence(
        fact_id=row.fact_id,
        happened_at=instant_to_proto(row.happened_at),
        work_order_id=row.work_order_id,
        technician_id=row.technician_id,
        place_code=row.place_code,
        what=row.what,
        fact_value=row.fact_value,
        measured=row.measured,
        measured_against=row.measured_against,
        baseline=row.baseline,
        other_fact_id=row.other_fact_id,
    )
