"""Roles of the directory that a flow declares."""

from __future__ import annotations

from workflows.compiler.report import Report, Spot
from workflows.language.model import FlowHeader
from workflows.language.nearest import did_you_mean


def check_role(role: str, header: FlowHeader, report: Report, spot: Spot) -> str:
    """The role, told about when the flow does not declare it."""
    if role not in header.roles:
        report.error(
            "FLOW_ROLE_UNKNOWN",
            f"the flow has no role {role!r}",
            spot,
            did_you_mean(role, header.roles) or "declare it under roles",
        )
    return role
