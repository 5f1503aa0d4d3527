"""`gongdan case act` and its kin: what people do to user tasks and cases."""

from __future__ import annotations

import json
from typing import Annotated, Any, Final

import typer

from cli.api import Refused, part
from cli.output import screen, text
from cli.values import Values, read_values
from cli.verb import api, asked
from services.gateway.words import word

_Case = Annotated[str, typer.Argument(metavar="CASE")]
#: Verbs that take the form's values.
_WITH_FORM: Final = ("complete", "approve", "oppose")
_Comment = Annotated[str, typer.Option(help="For the record")]


def act(
    case: _Case,
    task: Annotated[
        str, typer.Argument(metavar="USER_TASK", help="Its id, or the node's when it is unique")
    ],
    what: Annotated[str, typer.Argument(metavar="VERB", help="complete, approve, delegate, …")],
    values: Values = None,
    to: Annotated[
        str, typer.Option(help="Whom to give it to, the node to send back to, why it is paused")
    ] = "",
    people: Annotated[
        list[str] | None, typer.Option("--person", help="Signers to add or remove; may be repeated")
    ] = None,
    comment: _Comment = "",
) -> None:
    """Do something to an open user task."""
    user_task = _find(api().plain("GET", f"/cases/{part(case)}"), task)
    context = user_task["context"]
    schema = context.get("forms", {}).get(what) or json.loads(user_task["form_schema_json"] or "{}")
    defaults = context.get("defaults", {}) if what in _WITH_FORM else {}
    body = {
        "user_task_id": user_task["user_task_id"],
        "verb": what,
        "revision": user_task["revision"],
        "form": defaults | read_values(values or [], schema),
        "to": to,
        "people": people or [],
        "comment": comment,
    }
    _act(case, user_task["title"], body)


def withdraw(case: _Case, comment: _Comment = "") -> None:
    """Call a case back that you started 撤回: to the last node that you did, or altogether."""
    _act(case, case, {"verb": "withdraw", "comment": comment})


def take_back(
    case: _Case,
    node: Annotated[str, typer.Argument(help="Which you did, and nobody has gone on with")],
    comment: _Comment = "",
) -> None:
    """Take a node back 拿回 while nobody has acted on what followed."""
    _act(case, node, {"verb": "take_back", "to": node, "comment": comment})


def copy_to(
    case: _Case, people: Annotated[list[str], typer.Argument()], comment: _Comment = ""
) -> None:
    """Let people read a case, and tell them 抄送."""
    _act(case, case, {"verb": "copy_to", "people": people, "comment": comment})


def cancel(case: _Case, comment: _Comment = "") -> None:
    """End a case 取消: what it did is undone where it can be."""
    _act(case, case, {"verb": "cancel", "comment": comment})


def pause(
    case: _Case,
    reason: Annotated[str, typer.Option(help="One that the flow declares")] = "",
    comment: _Comment = "",
) -> None:
    """Let all clocks of a case stand 挂起: deadlines, reminders, boundaries and waits."""
    _act(case, case, {"verb": "pause", "to": reason, "comment": comment})


def resume(case: _Case, comment: _Comment = "") -> None:
    """Let the clocks of a case go on 恢复, with the time that they had left."""
    _act(case, case, {"verb": "resume", "comment": comment})


def priority(
    case: _Case,
    to: Annotated[str, typer.Argument(metavar="PRIORITY", help="One that its flow declares")],
    comment: _Comment = "",
) -> None:
    """Make a case more or less urgent 定优先级: its open deadlines are computed again."""
    _act(case, case, {"verb": "prioritise", "to": to, "comment": comment})


def _act(case: str, on: str, body: dict[str, Any]) -> None:
    done = api().change("POST", f"/cases/{part(case)}/acts", body)
    if asked().as_json:
        print(json.dumps(done, ensure_ascii=False, indent=2))
    else:
        screen().print(f"{text(on)}: {word(body['verb'])} ✓")


def _find(case: dict[str, Any], wanted: str) -> dict[str, Any]:
    """The open user task of that id, or the only one of that node."""
    tasks: list[dict[str, Any]] = case["user_tasks"]
    found = [task for task in tasks if wanted in (task["user_task_id"], task["node"])]
    if len(found) == 1:
        return found[0]
    names = ", ".join(task["user_task_id"] for task in tasks) or "none"
    raise Refused(
        f"{wanted!r} is no open user task of this case; open: {names}", "CASE_TASK_CLOSED", "task"
    )
