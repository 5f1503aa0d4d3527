"""Rows of the case read model. Acts are append-only; the database says so."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Computed, SmallInteger, Text, func
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from kit.db.tables import INSTANT
from workflows.tables import Base

_TEXTS = ARRAY(Text)


class CaseRow(Base):
    """A case as it last came to wait, or as it ended."""

    __tablename__ = "case"

    case_id: Mapped[str] = mapped_column(primary_key=True)
    workflow_id: Mapped[str]
    run_id: Mapped[str]
    revision: Mapped[int] = mapped_column(BigInteger)
    flow_code: Mapped[str]
    flow_version: Mapped[int]
    plan_hash: Mapped[str]
    calendar_hash: Mapped[str]
    title: Mapped[str]
    stage: Mapped[str]
    state: Mapped[int] = mapped_column(SmallInteger)
    region_adcode: Mapped[str]
    customer_id: Mapped[str]
    started_at: Mapped[datetime] = mapped_column(INSTANT)
    started_by_person_id: Mapped[str]
    parent_case_id: Mapped[str]
    changed_at: Mapped[datetime] = mapped_column(INSTANT)
    ended_at: Mapped[datetime | None] = mapped_column(INSTANT)
    nodes: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    waiting_for: Mapped[list[str]] = mapped_column(_TEXTS)
    incident: Mapped[str]
    allowances: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    withdrawal_node: Mapped[str]
    priority: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    priorities: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    calendar_code: Mapped[str]
    calendar_version: Mapped[int]
    clock_since: Mapped[datetime | None] = mapped_column(INSTANT)
    clock_next_due_at: Mapped[datetime | None] = mapped_column(INSTANT)
    clock_until: Mapped[datetime | None] = mapped_column(INSTANT)
    data: Mapped[dict[str, Any]] = mapped_column(JSONB, deferred=True)
    # What lists are sorted and filtered by, from the case, its open user tasks and its acts.
    due_at: Mapped[datetime] = mapped_column(INSTANT)
    waiting_since: Mapped[datetime] = mapped_column(INSTANT)
    terms: Mapped[list[str]] = mapped_column(_TEXTS, deferred=True)
    standing: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, Computed(""), deferred=True)


class RecorderRow(Base):
    """A workflow that tells about a case: its own, or one of its field work."""

    __tablename__ = "case_recorder"

    workflow_id: Mapped[str] = mapped_column(primary_key=True)
    case_id: Mapped[str]
    told_in_task: Mapped[int] = mapped_column(BigInteger)
    told_in_history: Mapped[bool]
    revision: Mapped[int] = mapped_column(BigInteger)
    retried_calls: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)


class UserTaskRow(Base):
    """An open user task."""

    __tablename__ = "user_task"

    workflow_id: Mapped[str] = mapped_column(primary_key=True)
    user_task_id: Mapped[str] = mapped_column(primary_key=True)
    case_id: Mapped[str]
    node: Mapped[str]
    title: Mapped[str]
    stage: Mapped[str]
    user_task_kind: Mapped[str]
    assignee_person_id: Mapped[str]
    candidate_person_ids: Mapped[list[str]] = mapped_column(_TEXTS)
    candidate_role: Mapped[str]
    verbs: Mapped[list[str]] = mapped_column(_TEXTS)
    revision: Mapped[int] = mapped_column(BigInteger)
    opened_at: Mapped[datetime] = mapped_column(INSTANT)
    respond_due_at: Mapped[datetime | None] = mapped_column(INSTANT)
    complete_due_at: Mapped[datetime | None] = mapped_column(INSTANT)
    due_provisional: Mapped[bool]
    form_schema_json: Mapped[str]
    context: Mapped[dict[str, Any]] = mapped_column(JSONB)
    substitutions: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    delegations: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    signers: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    votes_needed: Mapped[int]
    pause: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    allowances: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    flow_code: Mapped[str]
    terms: Mapped[list[str]] = mapped_column(_TEXTS, deferred=True)
    priority: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    priority_rank: Mapped[int]
    open_to_person_ids: Mapped[list[str]] = mapped_column(_TEXTS, Computed(""))
    due_at: Mapped[datetime] = mapped_column(INSTANT, Computed(""))


class ActRow(Base):
    """One thing a person did, or the system."""

    __tablename__ = "act"

    act_number: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    case_id: Mapped[str]
    act_key: Mapped[str]
    node: Mapped[str]
    user_task_id: Mapped[str]
    verb: Mapped[str]
    acting_person_id: Mapped[str]
    acted_at: Mapped[datetime] = mapped_column(INSTANT)
    comment: Mapped[str]
    origin: Mapped[str]
    origin_detail: Mapped[str]
    before: Mapped[dict[str, Any]] = mapped_column(JSONB)
    after: Mapped[dict[str, Any]] = mapped_column(JSONB)
    named_person_ids: Mapped[list[str]] = mapped_column(_TEXTS)
    rule: Mapped[str]
    waited: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))


class HandOverRow(Base):
    """A leaver's user tasks on their way to somebody else."""

    __tablename__ = "hand_over"

    hand_over_id: Mapped[str] = mapped_column(primary_key=True)
    from_person_id: Mapped[str]
    to_person_id: Mapped[str]
    ordered_by_person_id: Mapped[str]
    started_at: Mapped[datetime] = mapped_column(INSTANT)
    ended_at: Mapped[datetime | None] = mapped_column(INSTANT)
    handed_over_count: Mapped[int]
    failures: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)


class BulkActRow(Base):
    """One verb on its way to many cases or user tasks."""

    __tablename__ = "bulk_act"

    bulk_act_id: Mapped[str] = mapped_column(primary_key=True)
    verb: Mapped[str]
    to: Mapped[str]
    comment: Mapped[str]
    ordered_by_person_id: Mapped[str]
    started_at: Mapped[datetime] = mapped_column(INSTANT)
    ended_at: Mapped[datetime | None] = mapped_column(INSTANT)
    target_count: Mapped[int]
    done_count: Mapped[int]
    failures: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)


class IncidentRow(Base):
    """Something that stands, or stood, still in a case."""

    __tablename__ = "incident"

    workflow_id: Mapped[str] = mapped_column(primary_key=True)
    incident_id: Mapped[str] = mapped_column(primary_key=True)
    raised_at: Mapped[datetime] = mapped_column(INSTANT, primary_key=True)
    case_id: Mapped[str]
    flow_code: Mapped[str]
    node: Mapped[str]
    node_title: Mapped[str]
    trouble: Mapped[str]
    reason: Mapped[str]
    message: Mapped[str]
    verbs: Mapped[list[str]] = mapped_column(_TEXTS)
    request: Mapped[dict[str, Any]] = mapped_column(JSONB)
    resolved_at: Mapped[datetime | None] = mapped_column(INSTANT)
    resolved_by_person_id: Mapped[str]
    resolved_with_verb: Mapped[str]
    comment: Mapped[str]


class MigrationRow(Base):
    """Cases on their way to another version of their flow."""

    __tablename__ = "migration"

    migration_id: Mapped[str] = mapped_column(primary_key=True)
    flow_code: Mapped[str]
    from_version: Mapped[int]
    to_version: Mapped[int]
    dry_run: Mapped[bool]
    choices: Mapped[dict[str, str]] = mapped_column(JSONB)
    reason: Mapped[str]
    ordered_by_person_id: Mapped[str]
    started_at: Mapped[datetime] = mapped_column(INSTANT)
    ended_at: Mapped[datetime | None] = mapped_column(INSTANT)
    case_count: Mapped[int]


class CaseMigrationRow(Base):
    """What became of one case in a migration; its first reason stands by itself, to be counted."""

    __tablename__ = "case_migration"

    migration_id: Mapped[str] = mapped_column(primary_key=True)
    case_id: Mapped[str] = mapped_column(primary_key=True)
    title: Mapped[str]
    flow_version: Mapped[int]
    outcome: Mapped[str]
    code: Mapped[str]
    node: Mapped[str]
    words: Mapped[str]
    words_en: Mapped[str]
    findings: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    questions: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)


class AwaitedEventRow(Base):
    """A domain event that a node of a case waits for; the relay looks here for whom to wake."""

    __tablename__ = "awaited_event"

    workflow_id: Mapped[str] = mapped_column(primary_key=True)
    node: Mapped[str] = mapped_column(primary_key=True)
    event_type: Mapped[str]
    key: Mapped[str]
    told_at: Mapped[datetime] = mapped_column(INSTANT, server_default=func.now())
