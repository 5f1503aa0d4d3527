"""`gongdan inbox`: what waits for me, what I did, started or was copied to."""

from __future__ import annotations

from typing import Annotated

import typer

from cli.case_show import cases_table, user_tasks_table
from cli.output import tell
from cli.verb import api
from protos.cases.v1 import cases_pb2


def inbox(
    person: Annotated[str, typer.Option(help="Whose; default: of whoever asks")] = "",
    everybody: Annotated[bool, typer.Option("--all", help="Everybody's")] = False,
    done: Annotated[bool, typer.Option("--done", help="Cases acted in 已办")] = False,
    copied: Annotated[bool, typer.Option("--copied", help="Cases copied to 抄送")] = False,
    started: Annotated[bool, typer.Option("--started", help="Cases started 发起")] = False,
) -> None:
    """What waits for a person 待办, nearest deadline first; or the cases they have to do with."""
    involvement = "ACTED" if done else "COPIED" if copied else "STARTED" if started else ""
    if not person and not everybody:
        me = api().plain("GET", "/session")
        # The administrator of the stack holds no user tasks: show them everybody's.
        person = "" if "admin" in me["roles"] and not involvement else me["person_id"]
    query = {"person_id": person, "page_size": 200}
    if involvement:
        query["involvement"] = f"CASE_INVOLVEMENT_{involvement}"
        tell(api().get("/cases", cases_pb2.ListCasesResponse, **query), cases_table)
    else:
        tell(api().get("/user-tasks", cases_pb2.ListUserTasksResponse, **query), user_tasks_table)
