"""Moves a case's state to another version. Whether that is safe is ``judge``'s to say.

What stays goes on as it was, with its clocks under the new limits and by the new calendar; what begins
afresh enters its node when the next run of the case begins (``Resumed``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final

from workflows.compiler.plan import Plan, PlanGraph
from workflows.language.values import Json
from workflows.runtime import compensation
from workflows.runtime.commands import Command, RecordAct
from workflows.runtime.deadlines import count_by
from workflows.runtime.migration.clocks import refit
from workflows.runtime.migration.verdict import MigrationOrder
from workflows.runtime.migration.whole import counts_by_another
from workflows.runtime.places import body_of
from workflows.runtime.run import CaseRun, Run
from workflows.runtime.state import ActOutcome, CaseState, InnerState, RunState, Unwind

#: What the audit calls it.
MIGRATE: Final = "migrate"


def migrate(
    state: CaseState,
    old: Plan,
    new: Plan,
    moved: Mapping[str, str],
    order: MigrationOrder,
    at: datetime,
) -> tuple[CaseState, list[Command]]:
    """The case under another version of its flow, and what is to be carried out and written down.

    Args:
        moved: where tokens begin afresh, by the nodes they leave; with the runs around both.

    Raises:
        EvaluationError: what the new version waits for has no value for this case.
    """
    at = at.astimezone(UTC)
    if old.hash == new.hash and not moved:
        return state, []
    left = CaseRun(state, at, old)
    for run in left.all_inside():
        for node in [node for node in run.tokens if run.path + node in moved]:
            compensation.leave_early(run, node, order.reason or "流程版本迁移")
    case = CaseRun(_moved(left.finish(), state, new, moved, order), at, new)
    if counts_by_another(old, new) and order.calendar is not None:
        count_by(case, order.calendar)
    _set_defaults(case)
    _refit(case, old)
    case.emit(_record(state, case, old, new, moved, order))
    case.acts[order.order_key] = ActOutcome(
        order.order_key, "", MIGRATE, order.ordered_by, at, state.revision + 1, task_open=False
    )
    moved_state = replace(case.finish(), revision=state.revision + 1)
    return moved_state, [*left.commands, *case.commands]


def _moved(
    left: CaseState,
    before: CaseState,
    new: Plan,
    moved: Mapping[str, str],
    order: MigrationOrder,
) -> CaseState:
    stages = {stage.id for stage in new.stages}
    run: CaseState = _run(left, before, new, "", moved)
    return replace(
        run,
        flow_version=order.flow_version,
        plan_hash=new.hash,
        stage=left.stage if left.stage in stages else _stage(run, new),
        calendar=left.calendar if new.calendar else None,
    )


def _run(run: Any, before: RunState, new: PlanGraph, path: str, moved: Mapping[str, str]) -> Any:
    """A run without what goes by the names of nodes that there are no more; its visits are counted
    on, so that a node that comes back later does not repeat the keys of its calls."""
    known = new.by_id
    goals = [
        (node, moved[path + node].removeprefix(path))
        for node in before.tokens
        if path + node in moved
    ]
    inner = {
        key: _inner(state, before, new, f"{path}{key}:", moved)
        for key, state in run.inner.items()
        if state.node in known
    }
    return replace(
        run,
        handlers={node: who for node, who in run.handlers.items() if node in known},
        earlier={node: form for node, form in run.earlier.items() if node in known},
        kept_for={node: who for node, who in run.kept_for.items() if node in known},
        unwinding=(*run.unwinding, *(Unwind(goal, (), MIGRATE) for _, goal in goals)),
        inner=inner,
        end_node=run.end_node if run.end_node in known else _any_end(run, new),
    )


def _inner(
    state: InnerState, before: RunState, new: PlanGraph, path: str, moved: Mapping[str, str]
) -> InnerState:
    key = path[:-1].rpartition(":")[2]
    inner: InnerState = _run(state, before.inner[key], body_of(new.by_id[state.node]), path, moved)
    return inner


def _any_end(run: RunState, new: PlanGraph) -> str:
    """A run that has come to an end has come to one, whatever that was called."""
    ends = (node.id for node in new.nodes if node.kind == "end")
    return next(ends, "") if run.end_node else ""


def _stage(run: RunState, new: PlanGraph) -> str:
    """The stage of what the case does now."""
    standing = max(run.tokens, key=lambda node: run.standings[node].order, default="")
    return new.by_id[standing].stage if standing in new.by_id else ""


def _set_defaults(case: CaseRun) -> None:
    """Variables that are new have the values with which the version begins."""
    values: dict[str, Json] = {}
    for name, code in case.plan.defaults:
        if name not in case.data["data"]:
            values[name] = code.run(case.data)
    if values:
        case.set_variables(values)


def _refit(run: Run, old: PlanGraph) -> None:
    for token in run.tokens.values():
        refit(run, token, old)
    for key, state in list(run.inner.items()):
        if not state.status.over:
            _refit(run.open(key), body_of(old.by_id[state.node]))


def _record(
    before: CaseState,
    case: CaseRun,
    old: Plan,
    new: Plan,
    moved: Mapping[str, str],
    order: MigrationOrder,
) -> RecordAct:
    return RecordAct(
        at=case.at,
        act_key=order.order_key,
        task_id="",
        node="",
        verb=MIGRATE,
        person=order.ordered_by,
        origin=order.origin,
        comment=order.reason,
        before=_facts(before.flow_version, old, list(before.tokens)),
        after=_facts(order.flow_version, new, list(case.tokens)) | {"moved": dict(moved)},
    )


def _facts(version: int, plan: Plan, nodes: list[str]) -> dict[str, Any]:
    return {"flow_version": version, "plan_hash": plan.hash, "nodes": nodes}
