"""Bodies: the inner runs of a node, begun and gathered."""

from __future__ import annotations

from dataclasses import replace

from workflows.compiler.plan import ForEachNode, PlanNode, SubflowNode
from workflows.language.failure import EvaluationError
from workflows.runtime import compensation
from workflows.runtime.run import InnerRun, Run
from workflows.runtime.state import Phase, Rounds

#: More would not fit into what a case hands to its next run.
MOST_ELEMENTS = 200


def begin(run: Run, node: SubflowNode, visit: int) -> None:
    """Begin to live the body through, once."""
    run.place_token(node, Phase.BODY)
    run.begin_inner(node.id, visit, 1, {})


def begin_rounds(run: Run, node: ForEachNode, visit: int) -> bool:
    """Begin to live the body through for the elements of the list; True when it is empty.

    Raises:
        EvaluationError: the list has no value for this case, or is too long.
    """
    items = tuple(node.items.run(run.data) or ())
    if len(items) > MOST_ELEMENTS:
        raise EvaluationError(
            "FOR_EACH_TOO_MANY", f"{len(items)} elements, {MOST_ELEMENTS} are allowed"
        )
    run.place_token(node, Phase.BODY)
    run.rounds[node.id] = Rounds(node.id, visit, items)
    if not items:
        return _gather(run, node)
    for _ in items if node.mode == "together" else items[:1]:
        _begin_next(run, node)
    return False


def done(run: Run, node: PlanNode, inner: InnerRun) -> bool:
    """A run of the body is done; True when with it the node is.

    Raises:
        EvaluationError: whether it is enough has no value for this case.
    """
    if not isinstance(node, ForEachNode):
        run.set_result(node.id, inner.result)
        return True
    rounds = run.rounds[node.id]
    rounds = replace(rounds, results={**rounds.results, inner.number: inner.result})
    run.rounds[node.id] = rounds
    if len(rounds.results) == len(rounds.items) or _is_enough(run, node, rounds):
        return _gather(run, node)
    if node.mode == "one_by_one":
        _begin_next(run, node)
    return False


def look_again(run: Run, node: ForEachNode) -> bool:
    """See once more whether enough elements are done; True when with it the node is.

    Raises:
        EvaluationError: whether it is enough has no value for this case.
    """
    rounds = run.rounds[node.id]
    if len(rounds.results) == len(rounds.items) or _is_enough(run, node, rounds):
        return _gather(run, node)
    run.set_phase(node.id, Phase.BODY)
    if not any(inner.running for inner in run.inner_of(node.id, rounds.visit)):
        _begin_next(run, node)
    return False


def _begin_next(run: Run, node: ForEachNode) -> None:
    rounds = run.rounds[node.id]
    run.rounds[node.id] = replace(rounds, begun=rounds.begun + 1)
    element = rounds.items[rounds.begun]
    run.begin_inner(node.id, rounds.visit, rounds.begun + 1, {node.element: element})


def _is_enough(run: Run, node: ForEachNode, rounds: Rounds) -> bool:
    if node.enough is None:
        return False
    counts = {"done": len(rounds.results), "total": len(rounds.items)}
    return bool(node.enough.run({**run.data, **counts}))


def _gather(run: Run, node: ForEachNode) -> bool:
    rounds = run.rounds[node.id]
    if node.collect is not None:
        run.set_result(node.id, {"results": [rounds.results[n] for n in sorted(rounds.results)]})
    for inner in run.inner_of(node.id, rounds.visit):
        if inner.running:
            compensation.cancel(inner, f"{node.name}：已足够")
    return True
