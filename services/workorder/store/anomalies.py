"""Rules of anomalies in versions, and anomalies with their evidence."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Text, cast, func, select
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.ext.asyncio import AsyncSession

from kit.errors import NotFound
from kit.ids import new_id
from services.workorder.domain.access import Scope
from services.workorder.domain.anomalies import anomaly
from services.workorder.domain.anomalies.facts import (
    Evidence,
    Finding,
    Key,
    Subject,
    SubjectKind,
)
from services.workorder.domain.anomalies.rule import Kind, Rule, Severity
from services.workorder.store.scopes import within
from services.workorder.tables.anomalies import AnomalyEvidenceRow, AnomalyRow, AnomalyRuleRow
from services.workorder.tables.work_orders import WorkOrderRow


@dataclass(frozen=True, slots=True)
class WantedAnomalies:
    """Which anomalies a list shows; empty fields limit nothing.

    Attributes:
        region_codes: the regions that the actor may know of.
    """

    region_codes: tuple[str, ...] = ()
    kind: str = ""
    state: str = ""
    severity: str = ""
    technician_id: str = ""
    region_code: str = ""
    raised_since: datetime | None = None


def rule_of(row: AnomalyRuleRow) -> Rule:
    """A version as what looks by it."""
    return Rule(
        Kind(row.kind),
        row.version,
        row.window_hours,
        row.threshold,
        row.least,
        Severity(row.severity),
        row.freeze_hours,
        row.freezes_at_once,
        row.enabled,
    )


async def one_at_a_time(session: AsyncSession, what: str) -> None:
    """Let nobody else do the same until the transaction ends."""
    lock = func.pg_advisory_xact_lock(func.hashtextextended(what, 0))
    await session.execute(select(lock))


async def rules_in_force(session: AsyncSession) -> Sequence[AnomalyRuleRow]:
    """The newest version of each kind, by kind."""
    rows = await session.scalars(
        select(AnomalyRuleRow)
        .distinct(AnomalyRuleRow.kind)
        .order_by(AnomalyRuleRow.kind, AnomalyRuleRow.version.desc())
    )
    return rows.all()


async def versions(
    session: AsyncSession, kind: Kind, before: int | None, limit: int
) -> Sequence[AnomalyRuleRow]:
    """The versions of a kind, the newest first, before one of them."""
    query = select(AnomalyRuleRow).where(AnomalyRuleRow.kind == kind)
    if before is not None:
        query = query.where(AnomalyRuleRow.version < before)
    ordered = query.order_by(AnomalyRuleRow.version.desc()).limit(limit)
    return (await session.scalars(ordered)).all()


async def put_rule(
    session: AsyncSession, rule: Rule, now: datetime, person_id: str
) -> AnomalyRuleRow:
    """Keep the next version of a kind."""
    await one_at_a_time(session, f"anomaly rule {rule.kind}")
    newest = await versions(session, rule.kind, None, 1)
    row = AnomalyRuleRow(
        kind=rule.kind,
        version=newest[0].version + 1 if newest else 1,
        window_hours=rule.window_hours,
        threshold=rule.threshold,
        least=rule.least,
        severity=rule.severity,
        freeze_hours=rule.freeze_hours,
        freezes_at_once=rule.freezes_at_once,
        enabled=rule.enabled,
        put_at=now,
        put_by_person_id=person_id,
    )
    session.add(row)
    await session.flush()
    return row


async def raise_found(
    session: AsyncSession, rule: Rule, found: Collection[Finding], now: datetime
) -> list[AnomalyRow]:
    """Raise findings, each once, and add what is new to their evidence; gives those that are new.

    However many there are, it takes four statements, or so many for each thousand.
    """
    if not found:
        return []
    places = await _places(session, {each.evidence[-1].fact.work_order_id for each in found})
    raised = await session.scalars(
        insert(AnomalyRow).on_conflict_do_nothing().returning(AnomalyRow),
        [_anomaly(rule, each, places, now) for each in found],
    )
    rows = sorted(raised.all(), key=lambda row: row.anomaly_id)
    known = await _named(session, rule.kind, found)
    await session.execute(
        insert(AnomalyEvidenceRow).on_conflict_do_nothing(),
        [_evidence(known[one.key], each) for one in found for each in one.evidence],
    )
    return rows


async def _places(session: AsyncSession, work_order_ids: Collection[str]) -> dict[str, list[str]]:
    """Every code that some work orders lie in."""
    rows = await session.scalars(
        select(WorkOrderRow).where(WorkOrderRow.work_order_id.in_(work_order_ids))
    )
    return {row.work_order_id: sorted(row.place_codes()) for row in rows}


def _anomaly(
    rule: Rule, found: Finding, places: Mapping[str, list[str]], now: datetime
) -> dict[str, object]:
    last, key = found.evidence[-1].fact, found.key
    return {
        "anomaly_id": new_id("an", now),
        "kind": key.kind,
        "rule_version": rule.version,
        "subject_kind": key.subject.kind,
        "subject_id": key.subject.id,
        "bucket_at": key.bucket,
        "severity": rule.severity,
        "state": anomaly.State.OPEN,
        "technician_id": last.technician_id,
        "place_code": last.place_code,
        "place_codes": places.get(last.work_order_id, [last.place_code]),
        "raised_at": now,
        "frozen_until": anomaly.raised_freeze(rule, now) if last.place_code else None,
    }


async def _named(session: AsyncSession, kind: Kind, found: Collection[Finding]) -> dict[Key, str]:
    """The anomalies of findings, by what is found once."""
    rows = await session.execute(
        select(
            AnomalyRow.anomaly_id,
            AnomalyRow.subject_kind,
            AnomalyRow.subject_id,
            AnomalyRow.bucket_at,
        ).where(
            AnomalyRow.kind == kind,
            AnomalyRow.subject_id.in_({each.key.subject.id for each in found}),
            AnomalyRow.bucket_at.in_({each.key.bucket for each in found}),
        )
    )
    return {
        Key(kind, Subject(SubjectKind(of), subject_id), bucket): anomaly_id
        for anomaly_id, of, subject_id, bucket in rows
    }


def evidence_rows(anomaly_id: str, found: Finding) -> list[AnomalyEvidenceRow]:
    """The evidence of a finding as it would be kept."""
    return [AnomalyEvidenceRow(**_evidence(anomaly_id, each)) for each in found.evidence]


def _evidence(anomaly_id: str, each: Evidence) -> dict[str, object]:
    fact = each.fact
    return {
        "anomaly_id": anomaly_id,
        "fact_id": fact.fact_id,
        "happened_at": fact.at,
        "work_order_id": fact.work_order_id,
        "technician_id": fact.technician_id,
        "place_code": fact.place_code,
        "what": fact.what,
        "fact_value": fact.value,
        "measured": each.measured,
        "measured_against": each.limit,
        "baseline": each.baseline,
        "other_fact_id": each.other_fact_id,
    }


async def evidence_of(session: AsyncSession, anomaly_id: str) -> Sequence[AnomalyEvidenceRow]:
    """The evidence of an anomaly, as it happened."""
    rows = await session.scalars(
        select(AnomalyEvidenceRow)
        .where(AnomalyEvidenceRow.anomaly_id == anomaly_id)
        .order_by(AnomalyEvidenceRow.happened_at, AnomalyEvidenceRow.fact_id)
    )
    return rows.all()


async def read(
    session: AsyncSession, anomaly_id: str, region_codes: Collection[str], *, lock: bool = False
) -> AnomalyRow:
    """An anomaly of some regions; of no region, of all.

    Raises:
        NotFound: ``ANOMALY_UNKNOWN``.
    """
    row = await session.get(AnomalyRow, anomaly_id, with_for_update=lock or None)
    if row is None or (region_codes and set(region_codes).isdisjoint(row.place_codes)):
        raise NotFound("ANOMALY_UNKNOWN", f"there is no anomaly {anomaly_id!r}", field="anomaly_id")
    return row


async def hours_of(session: AsyncSession, row: AnomalyRow) -> int:
    """For how long the rule that raised an anomaly freezes."""
    rule = await session.get_one(AnomalyRuleRow, (row.kind, row.rule_version))
    return rule.freeze_hours


async def page(
    session: AsyncSession, wanted: WantedAnomalies, before: str, size: int
) -> Sequence[AnomalyRow]:
    """Anomalies, newest first, from the one raised before ``before`` on (empty: from the newest)."""
    query = select(AnomalyRow).order_by(AnomalyRow.anomaly_id.desc()).limit(size)
    if before:
        query = query.where(AnomalyRow.anomaly_id < before)
    for name in ("kind", "state", "severity", "technician_id"):
        if value := getattr(wanted, name):
            query = query.where(getattr(AnomalyRow, name) == value)
    if wanted.region_codes:
        theirs = cast(list(wanted.region_codes), ARRAY(Text))
        query = query.where(AnomalyRow.place_codes.overlap(theirs))
    if wanted.region_code:
        query = query.where(AnomalyRow.place_codes.any(wanted.region_code))  # type: ignore[arg-type]
    if wanted.raised_since:
        query = query.where(AnomalyRow.raised_at >= wanted.raised_since)
    return (await session.scalars(query)).all()


async def within_regions(
    session: AsyncSession, found: Collection[Finding], region_codes: Collection[str]
) -> set[Key]:
    """Those whose last work order lies in one of some regions."""
    last = {each.evidence[-1].fact.work_order_id for each in found}
    rows = await session.scalars(
        select(WorkOrderRow.work_order_id).where(
            WorkOrderRow.work_order_id.in_(last),
            *within(Scope(region_codes=tuple(region_codes))),
        )
    )
    lying = set(rows.all())
    return {each.key for each in found if each.evidence[-1].fact.work_order_id in lying}
