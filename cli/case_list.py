"""`gongdan case list`: cases by what people know of them."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from cli.case_show import cases_table
from cli.output import tell
from cli.pages import everything, first_page
from cli.times import end, instant
from protos.cases.v1 import cases_pb2


class State(StrEnum):
    """The states of cases; open are those that go on."""

    OPEN = "open"
    RUNNING = "running"
    INCIDENT = "incident"
    COMPLETED = "completed"
    CANCELLED = "cancelled"
    FAILED = "failed"


class Sort(StrEnum):
    """What comes first: the newest, the longest waiting, the last changed …"""

    NEWEST = "newest"
    OLDEST = "oldest"
    DUE = "due"
    WAITING = "waiting"
    CHANGED = "changed"


Flow = Annotated[str, typer.Option(help="Only of this flow")]
Node = Annotated[str, typer.Option(help="Only at this node of the flow")]
Stage = Annotated[str, typer.Option(help="presale, install, aftersale or the flow's own")]
Overdue = Annotated[bool, typer.Option("--overdue", help="Only what has missed a deadline")]
DueBefore = Annotated[str, typer.Option(metavar="TIME", help="Only what is due before")]
Everything = Annotated[bool, typer.Option("--all", help="Every page, not just the first")]


def list_cases(
    search: Annotated[
        str, typer.Argument(metavar="[WORDS]", help="In the title, or a case's or customer's id")
    ] = "",
    flow: Flow = "",
    version: Annotated[int, typer.Option(help="Only of this version of the flow", min=0)] = 0,
    state: Annotated[State | None, typer.Option(help="open: running or at an incident")] = None,
    stage: Stage = "",
    region: Annotated[str, typer.Option(metavar="ADCODE", help="With all that is in it")] = "",
    customer: Annotated[str, typer.Option(help="Only of this customer")] = "",
    priority: Annotated[str, typer.Option(help="Only of this priority, one of the flow's")] = "",
    by: Annotated[str, typer.Option(metavar="PERSON", help="Who started it")] = "",
    waits_on: Annotated[str, typer.Option(metavar="PERSON", help="Whose move it is")] = "",
    node: Node = "",
    overdue: Overdue = False,
    due_before: DueBefore = "",
    since: Annotated[str, typer.Option(metavar="TIME", help="Started at or after")] = "",
    until: Annotated[
        str, typer.Option(metavar="TIME", help="Started before; of a day, its end")
    ] = "",
    ended_since: Annotated[str, typer.Option(metavar="TIME", help="Ended at or after")] = "",
    ended_until: Annotated[str, typer.Option(metavar="TIME", help="Ended before")] = "",
    sort: Annotated[Sort, typer.Option(help="What comes first")] = Sort.NEWEST,
    all_pages: Everything = False,
) -> None:
    """Cases by any combination of filters, newest first."""
    query = {
        "words": search,
        "flow_code": flow,
        "flow_version": version,
        "open": "true" if state is State.OPEN else "",
        "state": f"CASE_STATE_{state.upper()}" if state and state is not State.OPEN else "",
        "stage": stage,
        "region_adcode": region,
        "customer_id": customer,
        "priority_id": priority,
        "started_by_person_id": by,
        "waits_on_person_id": waits_on,
        "node": node,
        "overdue": "true" if overdue else "",
        "due_before": due_before and instant(due_before).isoformat(),
        "started_from": since and instant(since).isoformat(),
        "started_before": until and end(until).isoformat(),
        "ended_from": ended_since and instant(ended_since).isoformat(),
        "ended_before": ended_until and end(ended_until).isoformat(),
        "sort_by": "" if sort is Sort.NEWEST else f"CASE_ORDER_{sort.upper()}",
        "counted": "true",
    }
    read = everything if all_pages else first_page
    tell(read("/cases", cases_pb2.ListCasesResponse, "cases", query), cases_table)
