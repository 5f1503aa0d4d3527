"""What `gongdan flow` does with the compiler on this machine."""

from __future__ import annotations

import json

from google.protobuf import json_format
from rich.console import RenderableType

from cli.api import Reply
from cli.output import table, text
from protos.flow.v1 import flow_pb2
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


def check(source: str) -> Reply[flow_pb2.CheckFlowResponse]:
    """The same check by the compiler on this machine; needs no gateway."""
    compiled = compile_flow(source, load_catalog())
    found = [
        {**each.to_json(), "severity": f"SEVERITY_{each.severity.name}"}
        for each in compiled.diagnostics
    ]
    plain = {"publishable": compiled.plan is not None, "diagnostics": found}
    return Reply(plain, json_format.ParseDict(plain, flow_pb2.CheckFlowResponse()))


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
