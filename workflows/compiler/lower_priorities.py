"""Priorities: which there are, and which one a case starts with."""

from __future__ import annotations

from workflows.compiler import code
from workflows.compiler.check_ids import check_unique
from workflows.compiler.context import Context
from workflows.compiler.plan import PlanPriority
from workflows.compiler.report import Spot
from workflows.language.model import Priority
from workflows.language.typed import Scope

_PLACE = Spot(place=("priorities",))


def lower_priorities(context: Context) -> tuple[PlanPriority, ...]:
    """Check the flow's priorities: one is the default, each other may have a condition."""
    given, report = context.header.priorities, context.report
    if not given:
        return ()
    check_unique(
        ((each.id, _PLACE / index) for index, each in enumerate(given)), "priority", report
    )
    defaults = [index for index, priority in enumerate(given) if priority.default]
    if len(defaults) != 1:
        report.error(
            "FLOW_PRIORITY_RULE",
            f"{len(defaults)} priorities are the default",
            _PLACE / (defaults[1] if defaults else 0),
            "exactly one has default: true",
        )
    usual = defaults[0] if defaults else 0
    return tuple(
        _lower(priority, index - usual, context, _PLACE / index)
        for index, priority in enumerate(given)
    )


def _lower(priority: Priority, rank: int, context: Context, spot: Spot) -> PlanPriority:
    if priority.default and priority.when is not None:
        context.report.error(
            "FLOW_PRIORITY_RULE",
            "the default is for cases for which no condition holds",
            spot / "when",
            "remove the condition",
        )
    variables = context.scopes.variables
    start = Scope({name: variables[name] for name in ("inputs", "case")})
    when = None
    if priority.when is not None:
        when = code.condition(priority.when, start, context.report, spot / "when")
    return PlanPriority(
        id=priority.id, name=priority.name, name_en=priority.name_en, rank=rank, when=when
    )
