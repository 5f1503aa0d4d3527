"""Who may see what of a case, and do what. Pure.

A case's data holds what its nodes computed, the company's inner money among it: that is for those
who answer for money. Technicians and customers see their own tasks, not the case's data.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from kit.authn import Actor
from protos.cases.v1 import cases_pb2
from workflows.runtime.verbs import Allowance, Verb, possible_verbs

#: Roles that may look at any case.
OFFICE_ROLES: Final = (
    "admin",
    "agent",
    "customer_service",
    "designer",
    "dispatcher",
    "finance",
    "hq",
    "marketing",
    "ops",
    "outlet_manager",
    "pricing_manager",
    "sales",
    "shop_manager",
    "supervisor",
    "technical_director",
    "warehouse",
)
#: Roles that may look at anybody's inbox.
INBOX_ROLES: Final = ("admin", "customer_service", "dispatcher", "hq", "ops", "supervisor")
#: Roles that may have a leaver's user tasks handed over.
HAND_OVER_ROLES: Final = ("admin", "hq", "ops", "supervisor")
#: Roles that may have running cases moved to another version.
MIGRATION_ROLES: Final = ("admin", "hq", "ops")
#: Roles that may give one verb to many cases at once.
BULK_ROLES: Final = ("admin", "customer_service", "dispatcher", "hq", "ops", "supervisor")
#: What makes sense for many user tasks alike: what moves, nudges or stops them, and what a form or a
#: decision of each one's own is not needed for.
BULK_TASK_VERBS: Final = ("transfer", "claim", "release", "complete", "pause", "resume", "urge")
#: What makes sense for many cases alike.
BULK_CASE_VERBS: Final = ("cancel", "comment")
#: What makes sense for many incidents alike.
BULK_INCIDENT_VERBS: Final = ("retry",)
#: Roles that may search what anybody has done, in all cases.
AUDIT_ROLES: Final = ("admin", "hq", "ops", "supervisor")
#: Roles that may look at what stands still.
INCIDENT_ROLES: Final = AUDIT_ROLES
#: Roles that may see settlement prices and what others earn.
MONEY_ROLES: Final = ("admin", "finance", "hq", "ops", "pricing_manager")

_INNER_MONEY: Final = frozenset(
    {
        "earning_total",
        "settlement_amount",
        "settlement_price",
        "settlement_steps",
        "settlement_total",
        "shares",
    }
)


def open_verbs(told: Iterable[cases_pb2.Allowance], actor: Actor) -> tuple[Verb, ...]:
    """The verbs that are open to this person, in the order in which they are offered."""
    allowances = (
        Allowance(
            tuple(Verb(verb) for verb in each.verbs),
            tuple(each.person_ids),
            tuple(each.roles),
            each.anybody,
        )
        for each in told
    )
    return possible_verbs(allowances, actor.person_id, actor.roles)


def task_verbs(task: cases_pb2.UserTask, actor: Actor) -> tuple[str, ...]:
    """The verbs on a user task that are open to this person. A field work's tasks are open to
    those for whom they are, and to nobody else."""
    if task.allowances:
        return open_verbs(task.allowances, actor)
    theirs = (task.assignee_person_id,) if task.assignee_person_id else task.candidate_person_ids
    return tuple(task.verbs) if actor.person_id in theirs else ()


def visible_data(data: dict[str, Any], actor: Actor) -> dict[str, Any]:
    """A case's data as this person may see it."""
    if not actor.has_role(*OFFICE_ROLES):
        return {}
    if actor.has_role(*MONEY_ROLES):
        return data
    masked: dict[str, Any] = _without_inner_money(data)
    return masked


def _without_inner_money(plain: Any) -> Any:
    match plain:
        case dict():
            return {
                key: _without_inner_money(value)
                for key, value in plain.items()
                if key not in _INNER_MONEY
            }
        case list():
            return [_without_inner_money(value) for value in plain]
        case _:
            return plain
