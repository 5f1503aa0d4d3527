"""Service and field-work nodes: their requests against the contracts, and how they are undone."""

from __future__ import annotations

from typing import Any, Final

from workflows.compiler import code
from workflows.compiler.catalog import RpcSpec
from workflows.compiler.context import Context
from workflows.compiler.field_work import FIELD_WORK_INPUT, FIELD_WORK_OUTPUT
from workflows.compiler.lower_retry import lower_retry
from workflows.compiler.plan import Code, FieldWorkNode, PlanCompensation, ServiceNode
from workflows.compiler.report import Spot
from workflows.language.nearest import did_you_mean
from workflows.language.nodes import Compensation, FieldWork, Service
from workflows.language.types import STRING, Field, Record, assignable, to_json

#: A request's field that says why something is undone; the runtime fills it in.
REASON: Final = "reason"
_NO_REQUEST: Final = Code(source="", code=["record", []])


def lower_service(
    node: Service, common: dict[str, Any], context: Context, spot: Spot
) -> ServiceNode:
    """Check a call against its contract."""
    spec = _spec(node.rpc, context, spot / "rpc")
    if spec is None:
        return ServiceNode(
            **common, rpc=node.rpc, quick=False, mutating=True, request=_NO_REQUEST,
            response=to_json(Record(())),
        )  # fmt: skip
    scope = context.scopes.entering(node.id)
    request = code.value(node.input, spec.request, scope, context.report, spot / "input")
    return ServiceNode(
        **common,
        rpc=spec.name,
        quick=spec.quick,
        mutating=spec.mutating,
        barrier=node.id in context.flow.late_writes,
        request=request or _NO_REQUEST,
        response=to_json(spec.response),
        compensation=_compensation(node, spec, context, spot),
        retry=lower_retry(node.retry, context, spot / "retry"),
    )


def _spec(name: str, context: Context, spot: Spot) -> RpcSpec | None:
    spec = context.catalog.find(name)
    if spec is None:
        palette = [known.name for known in context.catalog.palette()]
        context.report.error(
            "FLOW_RPC_UNKNOWN", f"there is no RPC {name!r}", spot, did_you_mean(name, palette)
        )
    elif not spec.palette:
        context.report.error(
            "FLOW_RPC_NOT_A_NODE",
            f"{name!r} is not offered to flows",
            spot,
            "its contract would carry option (flow.v1.node)",
        )
        return None
    return spec


def _compensation(
    node: Service, spec: RpcSpec, context: Context, spot: Spot
) -> PlanCompensation | None:
    if node.compensation == "none":
        return None
    if isinstance(node.compensation, Compensation):
        return _written_compensation(node, node.compensation, context, spot / "compensation")
    if not spec.compensate_with:
        return None
    undo = context.catalog.find(spec.compensate_with)
    if undo is None:
        context.report.error(
            "FLOW_RPC_UNKNOWN", f"{spec.compensate_with!r} would undo this, but is no RPC", spot
        )
        return None
    parts: list[list[Any]] = []
    for field in undo.request.fields:
        source = _same_field(field, spec)
        if source is not None:
            parts.append([field.name, ["get", ["root", source], field.name, ""]])
        elif not field.optional:
            context.report.error(
                "FLOW_COMPENSATION_INPUT",
                f"{undo.name} needs {field.name!r}, which {spec.name} does not give",
                spot,
                "write the compensation with its input",
            )
    request = Code(source=undo.name, code=["record", parts])
    return PlanCompensation(
        rpc=undo.name, quick=undo.quick, request=request, takes_reason=_takes_reason(undo, parts)
    )


def _same_field(wanted: Field, spec: RpcSpec) -> str | None:
    """Where a field of the same name and type stands: in the reply, else in the request. The roots
    are no names that an expression could say."""
    for source, record in (("$reply", spec.response), ("$request", spec.request)):
        found = record.field(wanted.name)
        if found and assignable(found.type, wanted.type):
            return source
    return None


def _written_compensation(
    node: Service, written: Compensation, context: Context, spot: Spot
) -> PlanCompensation | None:
    undo = _spec(written.rpc, context, spot / "rpc")
    if undo is None:
        return None
    scope = context.scopes.leaving(node.id)
    wanted = undo.request
    if REASON not in written.input:
        # The runtime says why; a flow need not.
        parts = (
            Field(f.name, f.type, optional=f.optional or f.name == REASON) for f in wanted.fields
        )
        wanted = Record(tuple(parts), wanted.name)
    request = code.value(written.input, wanted, scope, context.report, spot / "input")
    if request is None:
        return None
    return PlanCompensation(
        rpc=undo.name,
        quick=undo.quick,
        request=request,
        takes_reason=_takes_reason(undo, [[name] for name in written.input]),
    )


def _takes_reason(undo: RpcSpec, given: list[list[Any]]) -> bool:
    field = undo.request.field(REASON)
    return field is not None and field.type == STRING and all(p[0] != REASON for p in given)


def lower_field_work(
    node: FieldWork, common: dict[str, Any], context: Context, spot: Spot
) -> FieldWorkNode:
    """Check what the child workflow is given."""
    scope = context.scopes.entering(node.id)
    request = code.value(node.input, FIELD_WORK_INPUT, scope, context.report, spot / "input")
    return FieldWorkNode(
        **common, request=request or _NO_REQUEST, response=to_json(FIELD_WORK_OUTPUT)
    )
