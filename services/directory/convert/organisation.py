"""Departments, between messages and rows."""

from __future__ import annotations

from protos.directory.v1 import directory_pb2 as pb
from services.directory.tables.people import DepartmentRow


def department_from_proto(message: pb.Department, department_id: str) -> DepartmentRow:
    """A department as it will be kept."""
    return DepartmentRow(
        department_id=department_id,
        name=message.name,
        parent_id=message.parent_id or None,
        leader_person_id=message.leader_person_id or None,
    )


def department_to_proto(row: DepartmentRow) -> pb.Department:
    """A department on the wire."""
    return pb.Department(
        department_id=row.department_id,
        name=row.name,
        parent_id=row.parent_id or "",
        leader_person_id=row.leader_person_id or "",
    )
