"""The only door to cases for the rest of the product: start, act, describe, read their payloads."""

from workflows.activities.deployment import Deployment
from workflows.cases.sight import (
    AUDIT_ROLES,
    BULK_CASE_VERBS,
    BULK_ROLES,
    BULK_TASK_VERBS,
    HAND_OVER_ROLES,
    INCIDENT_ROLES,
    MIGRATION_ROLES,
    OFFICE_ROLES,
)
from workflows.client.cases import Cases
from workflows.client.migrations import WantedMigration
from workflows.client.payloads import Decoded, Payloads
from workflows.client.temporal import (
    TASK_QUEUE,
    case_workflow_id,
    connect_temporal,
    field_work_id,
)
from workflows.client.values import CaseDescription, CaseStart, MoveTarget, StartedCase
from workflows.runtime.events import Act
from workflows.runtime.payloads import ActReply, Refusal
from workflows.runtime.verbs import OPS_ROLES, Verb
from workflows.system.bulk_act import Target

__all__ = [
    "AUDIT_ROLES",
    "BULK_CASE_VERBS",
    "BULK_ROLES",
    "BULK_TASK_VERBS",
    "HAND_OVER_ROLES",
    "INCIDENT_ROLES",
    "MIGRATION_ROLES",
    "OFFICE_ROLES",
    "OPS_ROLES",
    "TASK_QUEUE",
    "Act",
    "ActReply",
    "CaseDescription",
    "CaseStart",
    "Cases",
    "Decoded",
    "Deployment",
    "MoveTarget",
    "Payloads",
    "Refusal",
    "StartedCase",
    "Target",
    "Verb",
    "WantedMigration",
    "case_workflow_id",
    "connect_temporal",
    "field_work_id",
]
