"""`gongdan case`: start one, see where it stands, act on it, watch it."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Annotated

import typer

from cli import case_act, case_migrate
from cli.api import part
from cli.case_act_many import act_many
from cli.case_list import list_cases
from cli.case_show import acts_table, card, waiting_plain
from cli.case_versions import versions
from cli.links import Links
from cli.output import facts, local, screen, tell, text
from cli.values import Values, read_values
from cli.verb import api, asked, noun, verb
from protos.cases.v1 import cases_pb2
from protos.flow.v1 import flow_pb2
from services.gateway.words import word

app = noun("case", "Cases 个案: start, look at, act, watch.")

_Case = Annotated[str, typer.Argument(metavar="CASE")]

for _act in (
    case_act.act,
    case_act.withdraw,
    case_act.take_back,
    case_act.copy_to,
    case_act.cancel,
    case_migrate.migrate,
    case_act.pause,
    case_act.resume,
    case_act.priority,
):
    verb(app)(_act)
verb(app, "list")(list_cases)
verb(app, "act-many")(act_many)


@verb(app)
def start(
    flow: Annotated[str, typer.Argument(metavar="FLOW")],
    values: Values = None,
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


@verb(app)
def show(case: _Case) -> None:
    """Where one case stands, what it waits for, and under which versions it runs."""
    found = api().get(f"/cases/{part(case)}", cases_pb2.Case)
    tell(found, lambda shown: [*card(shown), *versions(shown)])


@verb(app)
def acts(case: _Case) -> None:
    """Who did what, in order; and what the system did, with the rule by which it did."""
    tell(api().get(f"/cases/{part(case)}/acts", cases_pb2.ListActsResponse), acts_table)


@verb(app)
def watch(case: _Case) -> None:
    """Follow a case until it ends; Ctrl-C stops watching, not the case."""
    for plain in api().stream(f"/cases/{part(case)}/events"):
        if asked().as_json:
            print(json.dumps(plain, ensure_ascii=False), flush=True)
        else:
            at = local(datetime.fromisoformat(plain["changed_at"]))
            standing = f"{word(plain['state'])} {word(plain['stage'])}"
            screen().print(f"[dim]{at}[/] {standing}  {text(waiting_plain(plain))}")
