"""What goes through the door to cases."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class CaseStart:
    """What a case is started with.

    Attributes:
        flow_code: which flow.
        inputs: the flow's inputs, as a form gives them.
        started_by: the person.
        start_key: the client's key; the same key starts one case. Empty: every call starts one.
        version: of the flow; 0: the newest.
        title: for people; empty: the flow's name.
        customer_id: whose case it is.
        region_adcode: where it is, for lists and search.
    """

    flow_code: str
    inputs: dict[str, Any]
    started_by: str
    start_key: str = ""
    version: int = 0
    title: str = ""
    customer_id: str = ""
    region_adcode: str = ""


@dataclass(frozen=True, slots=True)
class StartedCase:
    """A case that runs."""

    case_id: str
    workflow_id: str
    run_id: str
    flow_code: str
    flow_version: int


@dataclass(frozen=True, slots=True)
class CaseDescription:
    """A case or field work as Temporal knows it.

    Attributes:
        status: Temporal's, such as "RUNNING".
        standing: the workflow's own account, in the words of ``cases.v1.Case``.
    """

    workflow_id: str
    run_id: str
    flow_code: str
    status: str
    started_at: datetime
    closed_at: datetime | None
    standing: dict[str, Any]


@dataclass(frozen=True, slots=True)
class MoveTarget:
    """A node to which a token may be moved."""

    node: str
    name: str
    name_en: str = ""
