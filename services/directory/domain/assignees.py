"""How it is asked who can take a user task, and who of a role's holders is nearest to a place."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple, Protocol

from kit.errors import InvalidArgument


class Holder(NamedTuple):
    """Who holds a role, and where; no region means everywhere."""

    person_id: str
    region_adcodes: Sequence[str] = ()


class Question(Protocol):
    """Who is asked for; a field that is empty was not given."""

    role: str
    region_adcode: str
    outlet_id: str
    leader_of_person_id: str
    levels: int

    @property
    def person_ids(self) -> Sequence[str]:
        """These people."""


def check_question(question: Question) -> None:
    """Refuse a question that does not ask by exactly one rule.

    Raises:
        InvalidArgument: ``ASSIGNEE_RULE_INVALID``.
    """
    rules = ("role", "leader_of_person_id", "person_ids")
    given = [rule for rule in rules if getattr(question, rule)]
    if len(given) != 1:
        raise _invalid(f"ask by exactly one of {', '.join(rules)}", given[1] if given else "role")
    if question.region_adcode and not question.role:
        raise _invalid("only a role is narrowed by a region", "region_adcode")
    if question.outlet_id and not question.role:
        raise _invalid("only a role is narrowed by an outlet", "outlet_id")
    if question.levels < 0:
        raise _invalid("1 is the direct leader, 2 the leader of that one", "levels")


def _invalid(message: str, field: str) -> InvalidArgument:
    return InvalidArgument("ASSIGNEE_RULE_INVALID", message, field=field)


def rank_assignees(holders: Iterable[Holder], path: Sequence[str]) -> list[str]:
    """The ids of those whose regions cover a place, whoever is nearest to it first.

    Args:
        holders: who holds the role.
        path: the place's codes, finest first; empty asks for everybody.
    """
    everywhere = len(path)
    ranked: list[tuple[int, str]] = []
    for holder in holders:
        depths = [path.index(code) for code in holder.region_adcodes if code in path]
        if depths:
            ranked.append((min(depths), holder.person_id))
        elif not holder.region_adcodes or not path:
            ranked.append((everywhere, holder.person_id))
    return [person_id for _, person_id in sorted(ranked)]
