"""`gongdan case act-many`: one verb on many cases, looked at first."""

from __future__ import annotations

import json
import time as clock
from typing import Annotated, Any, Final

import typer
from rich.console import RenderableType

from cli.api import Refused, part
from cli.case_list import DueBefore, Flow, Node, Overdue, Stage
from cli.output import facts, screen, table, tell, text, time
from cli.times import instant
from cli.verb import api, asked
from protos.cases.v1 import bulk_acts_pb2
from services.gateway.words import word

_LOOK_EVERY_SECONDS: Final = 0.5
#: So many refusals are shown; the rest is counted.
_SHOWN: Final = 20


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
    preview = api().plain("POST", "/bulk-acts/preview", {**which, "verb": what, "to": to})
    if dry_run and asked().as_json:
        print(json.dumps(preview, ensure_ascii=False, indent=2))
        return
    _show(preview, what)
    if dry_run or not preview["targets"]:
        return
    if not yes:
        typer.confirm(f"{word(what)} {what}?", abort=True, err=True)
    body = {
        "which": which,
        "verb": what,
        "to": to,
        "comment": comment,
        "target_count": len(preview["targets"]),
    }
    ordered = api().change("POST", "/bulk-acts", body)
    _wait(ordered["bulk_act_id"])


def _wait(bulk_act_id: str) -> None:
    """Tell how it went, once it is over."""
    while True:
        clock.sleep(_LOOK_EVERY_SECONDS)
        try:
            reply = api().get(f"/bulk-acts/{part(bulk_act_id)}", bulk_acts_pb2.BulkAct)
        except Refused as refused:
            if refused.reason != "BULK_ACT_UNKNOWN":
                raise
            continue
        if reply.message.HasField("ended_at"):
            tell(reply, _card)
            return


def _show(preview: dict[str, Any], what: str) -> None:
    out = screen(errors=asked().as_json)
    targets, refusals = preview["targets"], preview["refusals"]
    rows = table("case", "user task", "title", "refused")
    for each in [*({"target": target} for target in targets), *refusals][:_SHOWN]:
        target = each["target"]
        refused = f"[red]{each['reason']}[/] {text(each['message'])}" if "reason" in each else ""
        rows.add_row(target["case_id"], target["user_task_id"], text(target["title"]), refused)
    out.print(rows)
    shown = f"; the first {_SHOWN} are shown" if len(targets) + len(refusals) > _SHOWN else ""
    out.print(f"{word(what)}: {len(targets)} to do, {len(refusals)} refused{shown}")


def _card(done: bulk_acts_pb2.BulkAct) -> list[RenderableType]:
    head = facts(
        ("bulk act", done.bulk_act_id),
        ("verb", word(done.verb)),
        ("to", done.to),
        ("done", f"{done.done_count} of {done.target_count}"),
        ("failed", str(len(done.failures))),
        ("ended", time(done.ended_at)),
    )
    failures = table("case", "user task", "title", "reason", "message")
    for failure in done.failures:
        failures.add_row(
            failure.target.case_id,
            failure.target.user_task_id,
            text(failure.target.title),
            failure.reason,
            text(failure.message),
        )
    return [head, failures] if done.failures else [head]
