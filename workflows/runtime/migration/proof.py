"""What may go wrong with a case from where it would stand under the new version: a run that cannot
end, a value that is read and not there."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from workflows.compiler.plan import Plan, PlanGraph, PlanNode
from workflows.compiler.soundness import Flaw, Problem
from workflows.language.types import Type
from workflows.language.values import Json, ValueMismatch
from workflows.runtime.marking import prospects
from workflows.runtime.migration.assignment import Assignment
from workflows.runtime.migration.reads import Path, reads_of, unset_paths
from workflows.runtime.migration.values import (
    fitted,
    inputs_type,
    result_type,
    same_body_result,
    variables_type,
)
from workflows.runtime.migration.verdict import Finding
from workflows.runtime.places import body_of, layered
from workflows.runtime.state import CaseState, RunState

#: What a node needed when a token came, and does not need any more.
_ON_ENTRY: Final = frozenset({"assignee", "request", "items", "boundary"})


def doubts(state: CaseState, old: Plan, new: Plan) -> Iterator[Finding]:
    """What may go wrong with a case that stands so under the new version."""
    yield from _Look(new).into("", state, old, new, frozenset(), state.data)


@dataclass(frozen=True, slots=True)
class _Look:
    plan: Plan

    def into(
        self,
        path: str,
        run: RunState,
        old: PlanGraph | None,
        new: PlanGraph,
        around: frozenset[Path],
        data: Mapping[str, Json],
    ) -> Iterator[Finding]:
        """Look at a run, then at those inside it.

        Args:
            around: what may be unset around it in every run of a body, when it begins.
            data: what expressions read there.
        """
        yield from _endless(path, run, new)
        variables = {("data", name) for name, _ in self.plan.variables}
        given = {("data", name) for name, _ in self.plan.defaults}
        assignment = Assignment(new, (around | variables) - given)
        everything = assignment.settable | around | variables
        unset = frozenset(p for p in everything if not _is_set(p, data))
        steps = [*run.tokens, *(unwind.goal for unwind in run.unwinding if unwind.goal)]
        here = assignment.from_here(unset, steps, run.joined)
        ordinary = assignment.from_start
        read: set[Path] = set()
        for node in here:
            found = self._reads(new.by_id[node], run, here, assignment)
            read |= found
            guaranteed = here[node] - ordinary.get(node, frozenset())
            for lacking in sorted(unset_paths(found) & guaranteed):
                yield _unset(path, new.by_id[node], lacking)
        if not path:
            read |= reads_of_outputs(self.plan)
        yield from self._misfits(path, read, old, new, data)
        for key, inner in run.inner.items():
            if inner.status.over:
                continue
            owner = new.by_id[inner.node]
            before = getattr(old.by_id.get(inner.node), "body", None) if old else None
            outside = ordinary.get(owner.id, frozenset()) | around
            inside = layered(data, inner.data)
            body = body_of(owner)
            yield from self.into(f"{path}{key}:", inner, before, body, outside, inside)

    def _reads(
        self,
        node: PlanNode,
        run: RunState,
        here: Mapping[str, object],
        assignment: Assignment,
    ) -> frozenset[Path]:
        """What may still be read for a node."""
        if node.id not in run.tokens or assignment.comes_again(node.id, here):
            return reads_of(node)
        return reads_of(node.model_copy(update=dict.fromkeys(_ON_ENTRY)))

    def _misfits(
        self,
        path: str,
        read: set[Path],
        old: PlanGraph | None,
        new: PlanGraph,
        data: Mapping[str, Json],
    ) -> Iterator[Finding]:
        """Values that are not what the new version would have put there."""
        for root, names in _by_root(read).items():
            value, kind = data.get(root), self._type(root, new)
            if value is None or root == "case":
                continue
            if kind is not None:
                yield from _misfit(path, root, value, kind, names)
                continue
            was, now = (graph.by_id.get(root) if graph else None for graph in (old, new))
            if was and now and was != now and not same_body_result(was, now):
                yield _other(path, root, root, "its body computes it in another way")

    def _type(self, root: str, graph: PlanGraph) -> Type | None:
        if root == "inputs":
            return inputs_type(self.plan)
        if root == "data":
            return variables_type(self.plan)
        node = graph.by_id.get(root)
        return result_type(node) if node is not None else None


def _by_root(read: Iterable[Path]) -> dict[str, frozenset[str] | None]:
    """The fields that are read of each root; None: the whole of it."""
    fields: dict[str, set[str]] = defaultdict(set)
    whole = {path[0] for path in read if len(path) == 1}
    for root, *rest in sorted(read):
        fields[root].update(rest)
    return {root: None if root in whole else frozenset(names) for root, names in fields.items()}


def _misfit(
    path: str, root: str, value: Json, kind: Type, fields: frozenset[str] | None
) -> Iterator[Finding]:
    try:
        fits = fitted(value, kind, fields, root)
    except ValueMismatch as mismatch:
        yield _other(path, root, mismatch.path, mismatch.message)
    else:
        if fits != value:
            yield _other(path, root, root, "it is written in another way")


def reads_of_outputs(plan: Plan) -> frozenset[Path]:
    """What the case reads to say what it leaves behind."""
    found = (reads_of(code) for _, code in plan.outputs)
    return frozenset().union(*found)


def _is_set(path: Path, data: Mapping[str, Json]) -> bool:
    if path[0] == "data":
        return path[1] in data.get("data", {})
    return path[0] in data


# -- in words


def _endless(path: str, run: RunState, graph: PlanGraph) -> Iterator[Finding]:
    verdict = prospects(run, graph)
    for problem in verdict.problems[:1]:
        names = [graph.by_id[step].name for step in problem.steps]
        names_en = [repr(step) for step in problem.steps]
        zh, en = _FLAWS[problem.flaw]
        way = _way(problem, graph)
        yield Finding(
            "MIGRATION_CANNOT_END",
            path + (problem.steps[0] if problem.steps else ""),
            zh.format("、".join(names)) + (f"（例如：{way[0]}）" if way[0] else ""),
            en.format(", ".join(names_en)) + (f" (for example {way[1]})" if way[1] else ""),
        )


_FLAWS: Final = {
    Flaw.SECOND_TOKEN: (
        "从这里走下去，「{}」会在还没做完时又来一次",
        "from here, {} can be entered a second time while it is under way",
    ),
    Flaw.SAME_END_TWICE: (
        "从这里走下去，会两次走到结束「{}」",
        "from here, two branches can come to {}",
    ),
    Flaw.DEADLOCK: (
        "从这里走下去，会永远停在「{}」",
        "from here, the case can stand still for ever at {}",
    ),
    Flaw.LEFT_TOKEN: (
        "从这里走下去，「{}」会永远等不齐",
        "from here, something can be left waiting for ever at {}",
    ),
    Flaw.CANNOT_FINISH: (
        "从这里走下去，会在「{}」一直绕下去、不能结束",
        "from here, the case can go on for ever at {}",
    ),
    Flaw.UNDECIDED: (
        "分支太多，不能证明从这里走下去能结束",
        "there are too many branches to prove that the case can end from here",
    ),
}


def _way(problem: Problem, graph: PlanGraph) -> tuple[str, str]:
    """The run that fails, node by node."""
    steps = [firing.step for firing in problem.trace if firing.how != "enters"]
    return " → ".join(graph.by_id[step].name for step in steps), " → ".join(steps)


def _unset(path: str, node: PlanNode, lacking: Path) -> Finding:
    name = ".".join(lacking)
    return Finding(
        "MIGRATION_VALUE_UNSET",
        path + node.id,
        f"「{node.name}」要用 {name}，而这个个案没有经过给出它的步骤",
        f"{node.id!r} reads {name}, and this case has not come through what sets it",
    )


def _other(path: str, root: str, where: str, message: str) -> Finding:
    return Finding(
        "MIGRATION_VALUE_UNFIT",
        path if root in ("inputs", "data") else path + root,
        f"{where} 的值不合新版本：{message}",
        f"{where} is not what the version reads: {message}",
    )
