"""`gongdan work-order templates` and `rules`: what work orders are made from, how urgent they are."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer
from rich.console import RenderableType

from cli.api import part
from cli.output import table, tell, text
from cli.pages import first_page
from cli.verb import api
from protos.workorder.v1 import orders_pb2

_File = Annotated[Path, typer.Argument(metavar="FILE", help="JSON, as `… --json` prints it")]


def templates(
    stage: Annotated[str, typer.Option(help="presale, install or aftersale")] = "",
    retired: Annotated[bool, typer.Option("--retired", help="Those out of use, too")] = False,
) -> None:
    """Templates 工单模板 in their newest versions."""
    query = {"stage": stage, "include_retired": retired and "true"}
    path = "/work-order-templates"
    found = first_page(path, orders_pb2.ListWorkOrderTemplatesResponse, "templates", query)
    tell(found, lambda found: _templates(found.templates))


def put_template(template: Annotated[str, typer.Argument(metavar="TEMPLATE")], file: _File) -> None:
    """The next version of a template."""
    path, body = f"/work-order-templates/{part(template)}", json.loads(file.read_text())
    tell(
        api().send("PUT", path, orders_pb2.WorkOrderTemplate, body), lambda made: _templates([made])
    )


def rules() -> None:
    """The intake rules 受理规则 in force, in the order in which they are tried."""
    tell(api().get("/intake-rules", orders_pb2.IntakeRules), _rules)


def put_rules(file: _File) -> None:
    """All intake rules anew; the file says which version it was made from."""
    body = json.loads(file.read_text())
    tell(api().send("PUT", "/intake-rules", orders_pb2.IntakeRules, body), _rules)


def _templates(found: Iterable[orders_pb2.WorkOrderTemplate]) -> RenderableType:
    rows = table("template", "version", "label", "stage", "items", "required", "retired")
    for each in found:
        rows.add_row(
            each.template_code,
            str(each.template_version),
            text(each.label),
            each.stage,
            ", ".join(line.item_code for line in each.lines),
            ", ".join(each.required_fields),
            "yes" if each.retired else "",
        )
    return rows


def _rules(found: orders_pb2.IntakeRules) -> RenderableType:
    rows = table("rule", "priority", "team", "why", title=f"version {found.rules_version}")
    for each in found.rules:
        rows.add_row(each.rule_code, str(each.priority or ""), each.team_id, text(each.reason))
    return rows
