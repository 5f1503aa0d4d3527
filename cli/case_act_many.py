"""`gongdan case act-many`: one verb on many cases, looked at first."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from cli.api import Refused
from cli.bulk_act import do, look
from cli.case_list import DueBefore, Flow, Node, Overdue, Stage
from cli.times import instant
from services.gateway.words import word


def act_many(
    what: Annotated[
        str,
        typer.Argument(
            metavar="VERB",
            help="transfer, claim, release, complete, pause, resume, urge; cancel or comment a case",
        ),
    ],
    cases: Annotated[list[str] | None, typer.Argument(metavar="[CASE]…")] = None,
    to: Annotated[str, typer.Option(help="Whom to transfer to, or a pause's reason")] = "",
    comment: Annotated[str, typer.Option(help="For the record")] = "",
    flow: Flow = "",
    node: Node = "",
    stage: Stage = "",
    person: Annotated[str, typer.Option(help="Only what waits for this person")] = "",
    overdue: Overdue = False,
    due_before: DueBefore = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be done")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask")] = False,
) -> None:
    """Do one verb to many 批量操作: to the cases that are named, or to all that fit.

    First says to how many, and what would be refused; then waits until it is done. Ctrl-C stops
    waiting, not the acts.
    """
    filters = {
        "flow_code": flow,
        "node": node,
        "stage": stage,
        "waits_on_person_id": person,
        "overdue": overdue,
        "due_before": due_before and instant(due_before).isoformat(),
    }
    wanted = {name: value for name, value in filters.items() if value}
    if bool(cases) == bool(wanted):
        raise Refused("name the cases, or filters such as --flow, not both", "BULK_TARGETS_MISSING")
    which: dict[str, Any] = {"case_ids": cases} if cases else {"cases": wanted}
    count = look(which, what, to, alone=dry_run)
    if dry_run or not count:
        return
    if not yes:
        typer.confirm(f"{word(what)} {what}?", abort=True, err=True)
    do(which, what, count, to, comment)
