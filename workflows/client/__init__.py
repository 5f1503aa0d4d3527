"""The only door to cases for the rest of the product: start, act, describe, read their payloads."""

from workflows.cases.sight import HAND_OVER_ROLES
from workflows.client.cases import Cases
from workflows.client.payloads import Decoded, Payloads
from workflows.client.temporal import TASK_QUEUE, case_workflow_id, connect_temporal
from workflows.client.values import CaseDescription, CaseStart, StartedCase
from workflows.runtime.events import Act
from workflows.runtime.payloads import ActReply, Refusal
from workflows.runtime.verbs import Verb

__all__ = [
    "HAND_OVER_ROLES",
    "TASK_QUEUE",
    "Act",
    "ActReply",
    "CaseDescription",
    "CaseStart",
    "Cases",
    "Decoded",
    "Payloads",
    "Refusal",
    "StartedCase",
    "Verb",
    "case_workflow_id",
    "connect_temporal",
]
