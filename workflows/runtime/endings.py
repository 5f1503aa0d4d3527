"""When a run is over, and what it leaves behind."""

from __future__ import annotations

from kit.errors import ServiceError
from workflows.compiler.plan import Code, ForEachNode, SubflowNode
from workflows.language.failure import EvaluationError
from workflows.language.values import Json
from workflows.runtime.commands import EndCase
from workflows.runtime.run import CaseRun, InnerRun, Run
from workflows.runtime.state import CaseStatus, Phase, Trouble


def end_if_done(run: Run) -> None:
    """End a run that has no token left or has been taken back. A case waits for all that it has
    started; an inner run does not hold the run around it up."""
    if run.status is CaseStatus.CANCELLING:
        if not run.unwinding:
            _conclude(run, CaseStatus.CANCELLED, {})
    elif run.running and _is_done(run) and not (run is run.case and is_under_way(run)):
        _complete(run)


def refuse(case: CaseRun, refusal: ServiceError) -> None:
    """End a child case that cannot start."""
    case.reason = refusal.reason
    _conclude(case, CaseStatus.FAILED, {}, refusal.message)


def conclude_with(run: Run, node: str, result: Json) -> None:
    """End a run at a node with what operations say that it leaves behind."""
    run.end_visit(node)
    _conclude(run, CaseStatus.COMPLETED, result)


def is_under_way(run: Run) -> bool:
    """True while something that the run has started may still end."""
    return bool(run.calls or run.children or run.unwinding or run.inner)


def _is_done(run: Run) -> bool:
    coming = run.agenda or any(unwind.goal for unwind in run.unwinding)
    return bool(run.end_node) and not (run.tokens or run.joined or coming)


def _complete(run: Run) -> None:
    if run.reason:
        _conclude(run, CaseStatus.FAILED, {})
        return
    try:
        result = _result(run)
    except EvaluationError as error:
        node = run.graph.by_id[run.end_node]
        token = run.place_token(node, Phase.STUCK)
        run.raise_incident(
            Trouble.ENDING, node.id, token.visit, error.reason, f"{node.id}: {error.message}"
        )
        return
    _conclude(run, CaseStatus.COMPLETED, result)


def _result(run: Run) -> Json:
    if not isinstance(run, InnerRun):
        return _computed(run, run.plan.outputs)
    node = run.outer.graph.by_id[run.node]
    if isinstance(node, ForEachNode):
        return node.collect.run(run.data) if node.collect else None
    assert isinstance(node, SubflowNode)
    return _computed(run, node.output)


def _computed(run: Run, outputs: tuple[tuple[str, Code], ...]) -> dict[str, Json]:
    return {name: code.run(run.data) for name, code in outputs}


def _conclude(run: Run, status: CaseStatus, result: Json, message: str = "") -> None:
    run.status = status
    if isinstance(run, InnerRun):
        run.result = result
    elif isinstance(run, CaseRun):
        run.outcome = status.value
        run.ended_at = run.at
        run.emit(EndCase(run.outcome, run.end_node, run.reason, message, result))
