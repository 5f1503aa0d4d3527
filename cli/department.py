"""`gongdan department`: the organisation as a tree."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Annotated

import typer
from rich.console import RenderableType

from cli.api import part
from cli.output import facts, table, tell, text
from cli.verb import api, noun, verb
from protos.directory.v1 import directory_pb2

app = noun("department", "Departments 部门: the organisation, and who leads it.")


@verb(app, "list")
def list_departments() -> None:
    """The tree of departments."""

    def shown(answer: directory_pb2.ListDepartmentsResponse) -> RenderableType:
        rows = table("department", "name", "leader")
        for depth, department in _tree(answer.departments):
            name = "  " * depth + text(department.name)
            rows.add_row(department.department_id, name, department.leader_person_id)
        return rows

    answer = api().get("/departments", directory_pb2.ListDepartmentsResponse, page_size=200)
    tell(answer, shown)


@verb(app)
def put(
    department: Annotated[str, typer.Argument(metavar="DEPARTMENT")],
    name: Annotated[str, typer.Option()],
    parent: Annotated[str, typer.Option(help="What it is part of; none at the top")] = "",
    leader: Annotated[str, typer.Option(help="Who leads it; nobody while it is vacant")] = "",
) -> None:
    """Create or change a department."""

    def shown(kept: directory_pb2.Department) -> RenderableType:
        return facts(
            ("department", kept.department_id),
            ("name", text(kept.name)),
            ("parent", kept.parent_id),
            ("leader", kept.leader_person_id),
        )

    body = {"name": name, "parent_id": parent, "leader_person_id": leader}
    path = f"/departments/{part(department)}"
    tell(api().send("PUT", path, directory_pb2.Department, body), shown)


def _tree(
    departments: Sequence[directory_pb2.Department],
) -> Iterator[tuple[int, directory_pb2.Department]]:
    """Each department with its depth, the parts of one right behind it."""
    known = {department.department_id for department in departments}
    parts = defaultdict(list)
    for department in departments:
        parts[department.parent_id if department.parent_id in known else ""].append(department)

    def below(department_id: str, depth: int) -> Iterator[tuple[int, directory_pb2.Department]]:
        for department in parts[department_id]:
            yield depth, department
            yield from below(department.department_id, depth + 1)

    yield from below("", 0)
