"""How flows, verdicts and differences look on the screen."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rich.console import RenderableType

from cli.api import Reply
from cli.flow_check import VERDICTS, shown
from cli.output import facts, table, tell, text, time
from protos.flow.v1 import flow_pb2

_SOUND = {flow_pb2.SOUNDNESS_SOUND: True, flow_pb2.SOUNDNESS_UNSOUND: False}
_KINDS = {
    "added": "[green]+[/]",
    "removed": "[red]-[/]",
    "changed": "[yellow]~[/]",
    "moved": "[cyan]⇅[/]",
}


def card(flow: flow_pb2.FlowVersion) -> RenderableType:
    """A version in a few lines."""
    return facts(
        ("flow", flow.flow_code),
        ("name", text(flow.name)),
        ("version", str(flow.version)),
        ("plan", flow.plan_hash),
        ("calendar", flow.calendar_code),
        ("published", f"{time(flow.published_at)} by {flow.published_by_person_id}"),
    )


def version_rows(versions: Iterable[flow_pb2.FlowVersion]) -> RenderableType:
    """Versions, one a row."""
    rows = table("flow", "name", "version", "published", "by", "plan")
    for flow in versions:
        rows.add_row(
            flow.flow_code,
            text(flow.name),
            str(flow.version),
            time(flow.published_at),
            flow.published_by_person_id,
            flow.plan_hash[:12],
        )
    return rows


def tell_check(reply: Reply[flow_pb2.CheckFlowResponse]) -> None:
    """Everything the compiler on the server found."""
    tell(reply, check_lines)


def check_lines(answer: flow_pb2.CheckFlowResponse) -> list[RenderableType]:
    """Every finding with its place and what to do, and whether the flow can be published."""
    lines: list[RenderableType] = [
        line for found in answer.diagnostics for line in shown(_plain(found))
    ]
    publishable = (
        "[green]publishable 可以发布[/]"
        if answer.publishable
        else "[red]not publishable 不能发布[/]"
    )
    return [*lines, f"{VERDICTS[_SOUND.get(answer.soundness)]}, {publishable}"]


def _plain(found: flow_pb2.Diagnostic) -> dict[str, Any]:
    return {
        "code": found.code,
        "severity": "error" if found.severity == flow_pb2.SEVERITY_ERROR else "warning",
        "node": found.node,
        "field": found.field,
        "line": found.line,
        "message": found.message,
        "hint": found.hint,
        "trace": [
            {"node": firing.node, "by": firing.by, "takes": list(firing.takes)}
            for firing in found.trace
        ],
    }


def differences(rows: Iterable[tuple[str, str]]) -> RenderableType:
    """What is not the same, a line each; says so when nothing is."""
    lines = [f"{_KINDS[kind]} {text(words)}" for kind, words in rows]
    return "\n".join(lines) or "no difference 没有差异"
