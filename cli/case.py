"""`gongdan case`: start one, see where it stands, act on it, watch it."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import RenderableType

from cli.api import Refused, part
from cli.inbox import user_tasks_table
from cli.links import Links
from cli.output import facts, local, screen, state, table, tell, text, time
from cli.verb import api, asked, noun, verb
from protos.cases.v1 import cases_pb2
from protos.flow.v1 import flow_pb2
from services.gateway.forms import values_from_texts
from services.gateway.words import word

app = noun("case", "Cases 个案: start, look at, act, watch.")

_Case = Annotated[str, typer.Argument(metavar="CASE")]
_Values = Annotated[
    list[str] | None,
    typer.Option("--input", "-i", help="A JSON file, or name=value; may be given again"),
]


@verb(app)
def start(
    flow: Annotated[str, typer.Argument(metavar="FLOW")],
    values: _Values = None,
    version: Annotated[int, typer.Option(help="Default: the latest", min=0)] = 0,
) -> None:
    """Start a case of a published flow."""
    path = f"/flows/{part(flow)}"
    published = api().get(path, flow_pb2.FlowVersion, version=version).message
    body = {
        "flow_code": flow,
        "flow_version": version,
        "inputs": read_values(values or [], json.loads(published.inputs_schema_json)),
    }
    started = api().change("POST", "/cases", body)
    if asked().as_json:
        print(json.dumps(started, ensure_ascii=False, indent=2))
        return
    screen().print(
        facts(
            ("case", started["case_id"]),
            ("flow", f"{started['flow_code']} v{started['flow_version']}"),
            ("Temporal", Links.ask(api()).workflow(started["workflow_id"])),
        )
    )


@verb(app, "list")
def list_cases(
    flow: Annotated[str, typer.Option(help="Only of this flow")] = "",
    state_is: Annotated[
        str, typer.Option("--state", help="running, completed, cancelled or incident")
    ] = "",
) -> None:
    """Cases, newest first."""

    def shown(answer: cases_pb2.ListCasesResponse) -> RenderableType:
        rows = table("case", "title", "flow", "stage", "state", "waiting for", "changed")
        for case in answer.cases:
            rows.add_row(
                case.case_id,
                text(case.title),
                f"{case.flow_code} v{case.flow_version}",
                word(case.stage),
                state(case),
                text(waiting(case)),
                time(case.changed_at),
            )
        return rows

    wanted = f"CASE_STATE_{state_is.upper()}" if state_is else ""
    query = {"flow_code": flow, "state": wanted}
    tell(api().get("/cases", cases_pb2.ListCasesResponse, **query), shown)


@verb(app)
def show(case: _Case) -> None:
    """Where one case stands, and what it waits for."""
    tell(api().get(f"/cases/{part(case)}", cases_pb2.Case), card)


@verb(app)
def acts(case: _Case) -> None:
    """Who did what, in order."""

    def shown(answer: cases_pb2.ListActsResponse) -> RenderableType:
        rows = table("when", "who", "verb", "node", "from", "comment")
        for act in answer.acts:
            rows.add_row(
                time(act.acted_at),
                act.acting_person_id,
                word(act.verb),
                act.node,
                act.origin,
                text(act.comment),
            )
        return rows

    tell(api().get(f"/cases/{part(case)}/acts", cases_pb2.ListActsResponse), shown)


@verb(app)
def act(
    case: _Case,
    task: Annotated[
        str, typer.Argument(metavar="USER_TASK", help="Its id, or the node's when it is unique")
    ],
    what: Annotated[str, typer.Argument(metavar="VERB", help="complete, approve, reject, …")],
    values: _Values = None,
    to: Annotated[str, typer.Option(help="Whom to transfer to, or the node to send back to")] = "",
    comment: Annotated[str, typer.Option(help="For the record")] = "",
) -> None:
    """Do something to an open user task."""
    user_task = _find(api().plain("GET", f"/cases/{part(case)}"), task)
    context = user_task["context"]
    schema = context.get("forms", {}).get(what) or json.loads(user_task["form_schema_json"] or "{}")
    defaults = context.get("defaults", {}) if what in ("complete", "approve") else {}
    body = {
        "user_task_id": user_task["user_task_id"],
        "verb": what,
        "revision": user_task["revision"],
        "form": defaults | read_values(values or [], schema),
        "to": to,
        "comment": comment,
    }
    done = api().change("POST", f"/cases/{part(case)}/acts", body)
    if asked().as_json:
        print(json.dumps(done, ensure_ascii=False, indent=2))
    else:
        screen().print(f"{text(user_task['title'])}: {word(what)} ✓")


@verb(app)
def watch(case: _Case) -> None:
    """Follow a case until it ends; Ctrl-C stops watching, not the case."""
    for plain in api().stream(f"/cases/{part(case)}/events"):
        if asked().as_json:
            print(json.dumps(plain, ensure_ascii=False), flush=True)
        else:
            at = local(datetime.fromisoformat(plain["changed_at"]))
            standing = f"{word(plain['state'])} {word(plain['stage'])}"
            screen().print(f"[dim]{at}[/] {standing}  {text(_waiting_plain(plain))}")


def card(case: cases_pb2.Case) -> list[RenderableType]:
    """A case as its people read it."""
    head = facts(
        ("case", case.case_id),
        ("title", text(case.title)),
        ("flow", f"{case.flow_code} v{case.flow_version}  [dim]plan {case.plan_hash[:12]}[/]"),
        ("stage", word(case.stage)),
        ("state", state(case)),
        ("waiting for", text("; ".join(case.waiting_for))),
        ("incident", f"[red]{text(case.incident)}[/]" if case.incident else ""),
        ("started", f"{time(case.started_at)} by {case.started_by_person_id}"),
        ("ended", time(case.ended_at)),
        ("Temporal", Links.ask(api()).workflow(case.workflow_id)),
    )
    nodes = table("node", "title", "progress", "entered", "left")
    for node in case.nodes:
        nodes.add_row(
            node.node,
            text(node.title),
            state(node, "progress"),
            time(node.entered_at),
            time(node.left_at),
        )
    tasks = user_tasks_table(cases_pb2.ListUserTasksResponse(user_tasks=case.user_tasks))
    return [head, nodes, tasks] if case.user_tasks else [head, nodes]


def waiting(case: cases_pb2.Case) -> str:
    """For whom or what a case waits, in a few words."""
    people = [
        f"{task.title}: {task.assignee_person_id or ', '.join(task.candidate_person_ids)}"
        for task in case.user_tasks
    ]
    return "; ".join([*people, *case.waiting_for])


def read_values(given: list[str], schema: dict[str, Any]) -> dict[str, Any]:
    """The values of a form or of a case's inputs, from files and ``name=value`` pairs."""
    values: dict[str, Any] = {}
    texts: dict[str, str] = {}
    for piece in given:
        name, equals, value = piece.partition("=")
        if equals and not Path(piece).exists():
            texts[name.strip()] = value
        else:
            values |= _read_file(Path(piece))
    return values | values_from_texts(schema, texts)


def _read_file(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise Refused(f"{path} cannot be read as JSON: {error}", "INPUT_FILE_UNREADABLE") from error
    if not isinstance(content, dict):
        raise Refused(f"{path} must hold a JSON object", "INPUT_FILE_UNREADABLE")
    return content


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


def _waiting_plain(plain: dict[str, Any]) -> str:
    people = [
        f"{task['title']}: {task['assignee_person_id'] or ', '.join(task['candidate_person_ids'])}"
        for task in plain["user_tasks"]
    ]
    return "; ".join([*people, *plain["waiting_for"]])
