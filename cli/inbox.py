"""`gongdan inbox`: what waits for me, what I did, started or was copied to."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from cli.case_list import DueBefore, Everything, Flow, Node, Overdue, Stage
from cli.case_show import cases_table, counts_table, user_tasks_table
from cli.output import tell
from cli.pages import everything, first_page
from cli.times import instant
from cli.verb import api
from protos.cases.v1 import cases_pb2


class Sort(StrEnum):
    """What comes first."""

    DUE = "due"
    OLDEST = "oldest"
    NEWEST = "newest"


def inbox(
    person: Annotated[str, typer.Option(help="Whose; default: of whoever asks")] = "",
    everybody: Annotated[bool, typer.Option("--everybody", help="Everybody's")] = False,
    done: Annotated[bool, typer.Option("--done", help="Cases acted in 已办")] = False,
    copied: Annotated[bool, typer.Option("--copied", help="Cases copied to 抄送")] = False,
    started: Annotated[bool, typer.Option("--started", help="Cases started 发起")] = False,
    flow: Flow = "",
    node: Node = "",
    stage: Stage = "",
    kind: Annotated[str, typer.Option(help="form, approval, confirm, offer, visit")] = "",
    overdue: Overdue = False,
    due_before: DueBefore = "",
    held: Annotated[
        bool | None, typer.Option("--claimed/--unclaimed", help="Whether somebody holds it")
    ] = None,
    count: Annotated[bool, typer.Option("--count", help="How many there are, by node")] = False,
    sort: Annotated[Sort, typer.Option(help="What comes first")] = Sort.DUE,
    all_pages: Everything = False,
) -> None:
    """What waits for a person 待办, nearest deadline first; or the cases they have to do with."""
    involvement = "ACTED" if done else "COPIED" if copied else "STARTED" if started else ""
    if not person and not everybody:
        me = api().plain("GET", "/session")
        # The administrator of the stack holds no user tasks: show them everybody's.
        person = "" if "admin" in me["roles"] and not involvement else me["person_id"]
    if count:
        counts = api().get("/user-tasks/counts", cases_pb2.UserTaskCounts, person_id=person)
        tell(counts, counts_table)
        return
    read = everything if all_pages else first_page
    query = {
        "person_id": person,
        "flow_code": flow,
        "node": node,
        "stage": stage,
        "overdue": "true" if overdue else "",
        "due_before": due_before and instant(due_before).isoformat(),
        "counted": "true",
    }
    if involvement:
        query["involvement"] = f"CASE_INVOLVEMENT_{involvement}"
        tell(read("/cases", cases_pb2.ListCasesResponse, "cases", query), cases_table)
        return
    order = "" if sort is Sort.DUE else f"USER_TASK_ORDER_{sort.upper()}"
    query |= {"user_task_kind": kind, "sort_by": order}
    query |= {} if held is None else {"claimed" if held else "unclaimed": "true"}
    found = read("/user-tasks", cases_pb2.ListUserTasksResponse, "user_tasks", query)
    tell(found, user_tasks_table)
