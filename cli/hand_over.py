"""`gongdan person hand-over`: a leaver's open user tasks go to somebody else."""

from __future__ import annotations

import time as clock
from typing import Annotated, Final

import typer
from rich.console import RenderableType

from cli.api import Refused, Reply, part
from cli.output import facts, table, tell, text, time
from cli.verb import api
from protos.cases.v1 import cases_pb2

_LOOK_EVERY_SECONDS: Final = 0.2


def hand_over(
    person: Annotated[str, typer.Argument(metavar="FROM", help="Who leaves")],
    to: Annotated[str, typer.Option(help="Who takes the open user tasks")],
) -> None:
    """Give all open user tasks of a person to another 离职交接, and wait until it is done.

    Ctrl-C stops waiting, not the hand-over.
    """
    body = {"from_person_id": person, "to_person_id": to}
    ordered = api().change("POST", "/hand-overs", body)
    path = f"/hand-overs/{part(ordered['hand_over_id'])}"
    while (ended := _ended(path)) is None:
        clock.sleep(_LOOK_EVERY_SECONDS)
    tell(ended, _card)


def _ended(path: str) -> Reply[cases_pb2.HandOver] | None:
    """How a hand-over ended; None: it is under way, or not told of yet."""
    try:
        reply = api().get(path, cases_pb2.HandOver)
    except Refused as refused:
        if refused.reason == "HAND_OVER_UNKNOWN":
            return None
        raise
    return reply if reply.message.HasField("ended_at") else None


def _card(hand_over: cases_pb2.HandOver) -> list[RenderableType]:
    head = facts(
        ("hand-over", hand_over.hand_over_id),
        ("from", hand_over.from_person_id),
        ("to", hand_over.to_person_id),
        ("handed over", str(hand_over.handed_over_count)),
        ("failed", str(len(hand_over.failures))),
        ("ended", time(hand_over.ended_at)),
    )
    failures = table("case", "user task", "title", "reason", "message")
    for failure in hand_over.failures:
        failures.add_row(
            failure.case_id,
            failure.user_task_id,
            text(failure.title),
            failure.reason,
            text(failure.message),
        )
    return [head, failures] if hand_over.failures else [head]
