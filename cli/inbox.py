"""`gongdan inbox`: what waits for me."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import RenderableType

from cli.output import table, tell, text, time
from cli.verb import api
from protos.cases.v1 import cases_pb2
from services.gateway.words import word


def inbox(
    person: Annotated[str, typer.Option(help="Whose; default: of whoever asks")] = "",
    everybody: Annotated[bool, typer.Option("--all", help="Everybody's")] = False,
) -> None:
    """What waits for a person 待办, nearest deadline first."""
    if not person and not everybody:
        me = api().plain("GET", "/session")
        # The administrator of the stack holds no user tasks: show them everybody's.
        person = "" if "admin" in me["roles"] else me["person_id"]
    query = {"person_id": person, "page_size": 200}
    tell(api().get("/user-tasks", cases_pb2.ListUserTasksResponse, **query), user_tasks_table)


def user_tasks_table(answer: cases_pb2.ListUserTasksResponse) -> RenderableType:
    """User tasks as a list, with what can be done."""
    rows = table("case", "user task", "title", "for", "due", "verbs")
    for task in answer.user_tasks:
        held = task.assignee_person_id or ", ".join(task.candidate_person_ids)
        due = time(task.respond_due_at) or time(task.complete_due_at)
        rows.add_row(
            task.case_id,
            task.user_task_id,
            text(task.title),
            held or word(task.candidate_role),
            due + (" [dim](provisional)[/]" if task.due_provisional else ""),
            " ".join(task.verbs),
        )
    return rows
