"""What stands in the way of a whole case, whatever it is doing: another flow, a worker too old …"""

from __future__ import annotations

from collections.abc import Iterator

from workflows.compiler.plan import Plan
from workflows.language.types import assignable, from_json
from workflows.runtime.migration.verdict import Finding, MigrationOrder
from workflows.runtime.state import CaseState, CaseStatus


def counts_by_another(old: Plan, new: Plan) -> bool:
    """Whether a case that moves counts working time by another calendar from then on."""
    return new.calendar not in ("", old.calendar)


def about_case(
    state: CaseState,
    old: Plan,
    new: Plan,
    order: MigrationOrder,
    interpreter: int,
    *,
    is_child: bool,
) -> Iterator[Finding]:
    """What is wrong with the whole: another flow, no such calendar, a worker too old …"""
    if old.flow != new.flow:
        yield Finding(
            "MIGRATION_OTHER_FLOW",
            "",
            f"个案属于流程 {old.flow}，不能移到 {new.flow}",
            f"the case is of flow {old.flow}, not of {new.flow}",
        )
    if state.status is not CaseStatus.RUNNING or not state.case_id:
        yield Finding(
            "MIGRATION_CASE_OVER",
            "",
            "个案已结束、正在取消或还没有开始",
            "the case is over, being cancelled, or has not begun",
        )
    if new.interpreter > interpreter:
        yield Finding(
            "MIGRATION_INTERPRETER_OLD",
            "",
            f"新版本需要解释器 {new.interpreter}，本工作进程是 {interpreter}：先升级工作进程",
            f"the version needs interpreter {new.interpreter}, the worker has {interpreter}; upgrade "
            "the workers first",
        )
    brought = order.calendar.code if order.calendar else ""
    if counts_by_another(old, new) and brought != new.calendar:
        yield Finding(
            "MIGRATION_CALENDAR_MISSING",
            "",
            f"新版本改用工作日历 {new.calendar}，而公司没有这个日历：先建好它",
            f"the version counts by calendar {new.calendar}, which is not there; create it first",
        )
    if is_child and not assignable(from_json(old.response), from_json(new.response)):
        yield Finding(
            "MIGRATION_OUTPUT_CHANGED",
            "",
            "另一个个案在等它的结果，新版本的结果不合那边的要求",
            "another case waits for what this one leaves behind, and the version leaves something else",
        )
    if state.priority and state.priority not in {priority.id for priority in new.priorities}:
        yield Finding(
            "MIGRATION_PRIORITY_GONE",
            "",
            f"新版本没有优先级 {state.priority}：先改个案的优先级",
            f"the version has no priority {state.priority}; give the case another one first",
        )
