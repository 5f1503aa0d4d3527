"""What `gongdan flow` does with the compiler on this machine."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.console import RenderableType

from cli.api import Refused
from cli.flow_check import library_beside, read
from cli.output import table, text
from protos.flow.v1 import flow_pb2
from services.gateway.drawing import svg
from services.gateway.mermaid import mermaid
from services.gateway.words import word
from workflows.catalog import load_catalog
from workflows.compiler.compile import compile_flow
from workflows.compiler.plan import (
    ApprovalNode,
    ConfirmNode,
    FormNode,
    Plan,
    PlanNode,
    ServiceNode,
)
from workflows.language.difference import differences
from workflows.language.model import FlowDefinition


def draw_file(file: Path, language: str) -> dict[str, str]:
    """A flow's file as pictures, by their form.

    Raises:
        Refused: ``FLOW_NOT_PUBLISHABLE``.
    """
    compiled = compile_flow(read(file), load_catalog(), library_beside(file))
    if compiled.plan is None:
        raise Refused(
            f"{file} has errors; gongdan flow check tells them all", "FLOW_NOT_PUBLISHABLE"
        )
    return {"svg": svg(compiled.plan, language), "mermaid": mermaid(compiled.plan, language)}


def compare(old: str, new: str) -> list[dict[str, Any]]:
    """What is not the same in two sources.

    Raises:
        Refused: ``FLOW_FILE_MALFORMED``.
    """
    before, after = FlowDefinition.read(old), FlowDefinition.read(new)
    if before is None or after is None:
        raise Refused(
            "one of the files is no flow; gongdan flow check says why", "FLOW_FILE_MALFORMED"
        )
    return [asdict(difference) for difference in differences(before, after)]


def outline(flow: flow_pb2.FlowVersion) -> list[RenderableType]:
    """A version with its nodes in order."""
    plan = Plan.from_bytes(flow.plan_json.encode())
    rows = table("stage", "node", "name", "kind", "who or what", "next")
    for node in plan.nodes:
        rows.add_row(
            word(node.stage),
            node.id,
            text(node.name),
            word(node.kind),
            text(_who(node)),
            ", ".join(edge.to for edge in node.next),
        )
    inputs = table("input", "name", "type", "required")
    schema = json.loads(flow.inputs_schema_json)
    for name, field in schema["properties"].items():
        needed = "yes" if name in schema["required"] else ""
        inputs.add_row(name, text(field["title"]), field["x-kind"], needed)
    return [rows, inputs]


def _who(node: PlanNode) -> str:
    match node:
        case FormNode() | ApprovalNode() | ConfirmNode():
            rule = node.assignee
            return word(rule.role) if rule.role else rule.rule
        case ServiceNode():
            return node.rpc.rpartition(".")[2]
        case _:
            return ""
