"""Intake rules: what a work order is like says how urgent it is and which team has it.

They are tried in their order; the first that says something of the priority gives it, the first that
says something of the team gives that. So each outcome has one rule and one reason, and what stacks
with what is never a question.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from kit.errors import InvalidArgument
from kit.grams import normal
from services.workorder.domain.orders.intake import Stage
from services.workorder.domain.registry.skill import is_skill_code

_MOST_RULES: Final = 200


@dataclass(frozen=True, slots=True)
class Facts:
    """What rules look at."""

    stage: str
    item_codes: frozenset[str]
    customer_level: str
    source: str
    in_warranty: bool
    age: timedelta
    #: Title and notes.
    text: str


@dataclass(frozen=True, slots=True)
class Condition:
    """What a work order must be like; what is empty does not matter, of several one is enough."""

    stages: frozenset[str] = frozenset()
    item_codes: frozenset[str] = frozenset()
    customer_levels: frozenset[str] = frozenset()
    sources: frozenset[str] = frozenset()
    keywords: tuple[str, ...] = ()
    in_warranty: bool = False
    least_age_minutes: int = 0

    def holds(self, facts: Facts) -> bool:
        """Whether a work order is like this."""
        text = normal(facts.text)
        return (
            _among(facts.stage, self.stages)
            and (not self.item_codes or not self.item_codes.isdisjoint(facts.item_codes))
            and _among(facts.customer_level, self.customer_levels)
            and _among(facts.source, self.sources)
            and (not self.keywords or any(normal(word) in text for word in self.keywords))
            and (facts.in_warranty or not self.in_warranty)
            and facts.age >= timedelta(minutes=self.least_age_minutes)
        )


@dataclass(frozen=True, slots=True)
class Rule:
    """What follows from a condition: a priority (0: none), a team (empty: none), or both."""

    code: str
    reason: str
    condition: Condition
    priority: int = 0
    team_id: str = ""


def priority_by(rules: Iterable[Rule], facts: Facts) -> Rule | None:
    """The rule that gives a work order its priority."""
    return _first(rules, lambda rule: rule.priority > 0 and rule.condition.holds(facts))


def team_by(rules: Iterable[Rule], facts: Facts) -> Rule | None:
    """The rule that says whose a work order is."""
    return _first(rules, lambda rule: rule.team_id != "" and rule.condition.holds(facts))


def require_rules(rules: Sequence[Rule]) -> None:
    """Rules that say something, each under a code of its own, with a reason to show.

    Raises:
        InvalidArgument: ``INTAKE_RULE_INVALID``, naming the rule and the field.
    """
    if len(rules) > _MOST_RULES:
        raise _invalid(f"at most {_MOST_RULES} rules", "rules")
    codes: set[str] = set()
    for position, rule in enumerate(rules):
        fault = _fault_of(rule, codes)
        if fault is not None:
            field, message = fault
            raise _invalid(message, f"rules.rules[{position}].{field}")
        codes.add(rule.code)


def _fault_of(rule: Rule, codes: Collection[str]) -> tuple[str, str] | None:
    if not is_skill_code(rule.code) or rule.code in codes:
        return "rule_code", f"{rule.code!r} must be a lower-case code that stands here once"
    if not rule.reason.strip():
        return "reason", "say why; it is shown with every work order that the rule decides on"
    if not 0 <= rule.priority <= 5:
        return "priority", "priority is 1 (most urgent) to 5, or 0 when the rule says nothing of it"
    if not rule.priority and not rule.team_id:
        return "priority", "a rule says something of the priority, of the team, or of both"
    if rule.condition.least_age_minutes < 0:
        return "condition.least_age_minutes", "an age is not negative"
    if unknown := rule.condition.stages - set(Stage):
        return "condition.stages", f"unknown: {', '.join(sorted(unknown))}"
    return None


def _among(value: str, wanted: Collection[str]) -> bool:
    return not wanted or value in wanted


def _first(rules: Iterable[Rule], fits: Callable[[Rule], bool]) -> Rule | None:
    return next((rule for rule in rules if fits(rule)), None)


def _invalid(message: str, field: str) -> InvalidArgument:
    return InvalidArgument("INTAKE_RULE_INVALID", message, field=field)
