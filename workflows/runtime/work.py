"""What a node has done outside the case: one call, a work order lived through, a child case."""

from __future__ import annotations

from workflows.compiler.plan import FieldWorkNode, ServiceNode, SubflowNode
from workflows.language.values import Json
from workflows.runtime.commands import Purpose, StartFieldWork, StartSubflow
from workflows.runtime.run import Run
from workflows.runtime.state import Child, PendingCall, Phase


def begin(run: Run, node: ServiceNode | FieldWorkNode | SubflowNode, visit: int) -> None:
    """Ask for it.

    Raises:
        EvaluationError: the request has no value for this case.
    """
    request = node.request.run(run.data) if node.request else {}
    match node:
        case ServiceNode():
            run.place_token(node, Phase.CALL)
            _call(run, node, visit, request)
        case FieldWorkNode():
            run.place_token(node, Phase.FIELD_WORK)
            run.children[f"{node.id}/{visit}"] = Child(node.id, visit, node.kind)
            run.emit(StartFieldWork(node.id, visit, request, run.name(node)))
        case SubflowNode():
            run.place_token(node, Phase.SUBFLOW)
            run.children[f"{node.id}/{visit}"] = Child(node.id, visit, node.kind)
            run.emit(
                StartSubflow(
                    node.id,
                    visit,
                    node.flow,
                    node.version,
                    node.plan_hash,
                    request,
                    run.name(node),
                    run.case.priority,
                )
            )


def _call(run: Run, node: ServiceNode, visit: int, request: dict[str, Json]) -> None:
    run.call(
        PendingCall(f"{node.id}/{visit}", node.id, visit, Purpose.NODE),
        node.rpc,
        request,
        quick=node.quick,
        mutating=node.mutating,
        summary=run.name(node),
        barrier=node.barrier,
    )
