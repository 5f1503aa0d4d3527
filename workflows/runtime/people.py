"""Who a user task is for."""

from __future__ import annotations

from workflows.compiler.plan import PlanAssignee
from workflows.runtime.run import Run


def known_people(run: Run, rule: PlanAssignee) -> tuple[str, ...] | None:
    """The people a rule names without asking anybody; None when the directory must be asked.

    Raises:
        EvaluationError: the rule's expression has no value for this case.
    """
    match rule.rule:
        case "role" | "leader":
            return None
        case "previous":
            handler = run.handler_of(rule.previous)
            return (handler,) if handler else ()
        case "person" | "customer":
            person = rule.person.run(run.data) if rule.person else ""
            return (person,) if person else ()
