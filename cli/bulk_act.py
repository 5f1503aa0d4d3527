"""Doing one verb to many from a terminal: looked at, ordered, waited for."""

from __future__ import annotations

import json
import time as clock
from typing import Any, Final

from rich.console import RenderableType

from cli.api import Refused, part
from cli.output import facts, screen, table, tell, text, time
from cli.verb import api, asked
from protos.cases.v1 import bulk_acts_pb2
from services.gateway.words import word

_LOOK_EVERY_SECONDS: Final = 0.5
#: So many refusals are shown; the rest is counted.
_SHOWN: Final = 20


def look(which: dict[str, Any], verb: str, to: str = "", *, alone: bool = False) -> int:
    """Show what a verb would be done to, and what would be refused.

    Args:
        alone: nothing follows, so this is the answer.

    Returns:
        To how many it would be done.
    """
    preview = api().plain("POST", "/bulk-acts/preview", {**which, "verb": verb, "to": to})
    if alone and asked().as_json:
        print(json.dumps(preview, ensure_ascii=False, indent=2))
    else:
        _show(preview, verb)
    return len(preview["targets"])


def do(which: dict[str, Any], verb: str, count: int, to: str = "", comment: str = "") -> None:
    """Have it done to what was looked at, and tell how it went once it is over; Ctrl-C stops waiting,
    not the acts.

    Args:
        count: to how many, as was shown.
    """
    body = {"which": which, "verb": verb, "to": to, "comment": comment, "target_count": count}
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
    rows = table("case", "what", "title", "refused")
    for each in [*({"target": target} for target in targets), *refusals][:_SHOWN]:
        target = each["target"]
        refused = f"[red]{each['reason']}[/] {text(each['message'])}" if "reason" in each else ""
        rows.add_row(
            target["case_id"],
            target["user_task_id"] or target["incident_id"],
            text(target["title"]),
            refused,
        )
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
    failures = table("case", "what", "title", "reason", "message")
    for failure in done.failures:
        failures.add_row(
            failure.target.case_id,
            failure.target.user_task_id or failure.target.incident_id,
            text(failure.target.title),
            failure.reason,
            text(failure.message),
        )
    return [head, failures] if done.failures else [head]
