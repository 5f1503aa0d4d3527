"""Whom a rule finds. The directory is asked even about people who are named: it knows who is away,
who has left, and who takes their place. Customers it is not asked about: nobody stands in for one.
"""

from __future__ import annotations

from typing import Any, Final

from workflows.compiler.plan import ConfirmNode, PlanAssignee, PlanNode
from workflows.language.values import Json
from workflows.runtime.commands import Purpose
from workflows.runtime.run import Run
from workflows.runtime.search import Search, Step
from workflows.runtime.state import PendingCall

RESOLVE_ASSIGNEES: Final = "directory.v1.DirectoryService/ResolveAssignees"


def look_for(
    run: Run,
    node: PlanNode,
    visit: int,
    detail: str,
    rule: PlanAssignee,
    search: Search,
    *,
    beside: bool = False,
) -> Search | None:
    """Whom a rule finds; None when the directory has been asked, whose answer comes later.

    Args:
        detail: what they are wanted for: the task itself, or one of its alarms.
        search: what is known; its step says what is wanted now.
        beside: the answer is wanted even when the task is closed meanwhile.

    Raises:
        EvaluationError: the rule's expression has no value for this case.
    """
    if search.step is Step.RULE and rule.rule != "role":
        named = _named(run, rule)
        if not named or _are_customers(run, rule):
            return Search(people=named)
        request: dict[str, Json] = (
            {"leader_of_person_id": named[0], "levels": rule.levels}
            if rule.rule == "leader"
            else {"person_ids": list(named)}
        )
    else:
        request = _request(run, rule, search)
    if search.led:
        request["exclude_person_ids"] = [run.case.started_by]
    ask(run, node, visit, detail, request, search, beside=beside)
    return None


def ask(
    run: Run,
    node: PlanNode,
    visit: int,
    detail: str,
    request: dict[str, Json],
    search: Search,
    *,
    beside: bool = False,
) -> None:
    """Ask the directory; the answer comes with the search that is handed in."""
    which = f"{search.step}-{search.weight + 1}" if search.step is Step.VOTES else search.step
    call = PendingCall(
        f"{node.id}/{visit}/{detail}/{which}",
        node.id,
        visit,
        Purpose.ASSIGN,
        detail=detail,
        search=search,
        beside=beside,
    )
    run.call(
        call,
        RESOLVE_ASSIGNEES,
        request,
        quick=True,
        mutating=False,
        summary=f"{run.name(node)}：查找 {_sought(request)}",
    )


def answer_of(response: dict[str, Any]) -> Search:
    """The people of the directory's reply."""
    on_behalf_of: dict[str, tuple[str, ...]] = {}
    for each in response.get("substitutions") or ():
        person = str(each["person_id"])
        whom = str(each["on_behalf_of_person_id"])
        on_behalf_of[person] = (*on_behalf_of.get(person, ()), whom)
    people = tuple(str(person) for person in response.get("person_ids") or ())
    return Search(people=people, on_behalf_of=on_behalf_of)


def in_words(rule: PlanAssignee) -> str:
    """What a rule looks for."""
    match rule.rule:
        case "role":
            return f"role {rule.role}"
        case "leader":
            return "the leader of the person it names"
        case "previous":
            return f"the handler of {rule.previous}"
        case "person" | "customer":
            return f"the {rule.rule} it names"


def _named(run: Run, rule: PlanAssignee) -> tuple[str, ...]:
    if rule.rule == "previous":
        handler = run.handler_of(rule.previous)
        return (handler,) if handler else ()
    value = rule.person.run(run.data) if rule.person else None
    people = value if isinstance(value, list) else [value]
    return tuple(dict.fromkeys(str(person) for person in people if person))


def _are_customers(run: Run, rule: PlanAssignee) -> bool:
    if rule.rule == "previous":
        return isinstance(run.node_named(rule.previous), ConfirmNode)
    return rule.rule == "customer"


def _request(run: Run, rule: PlanAssignee, search: Search) -> dict[str, Json]:
    if search.step is Step.NOBODY:
        return {"role": rule.nobody}
    if search.step is Step.LEADER:
        return {"leader_of_person_id": run.case.started_by, "levels": 1}
    request: dict[str, Json] = {"role": rule.role}
    if rule.region is not None:
        request["region_adcode"] = rule.region.run(run.data)
    if rule.outlet is not None:
        request["outlet_id"] = rule.outlet.run(run.data)
    return request


def _sought(request: dict[str, Json]) -> str:
    if "role" in request:
        return str(request["role"])
    if "leader_of_person_id" in request:
        return f"{request['leader_of_person_id']} 的上级"
    return "、".join(request["person_ids"])
