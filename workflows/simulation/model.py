"""The assumptions of a simulation (``simulation.yaml``): how many cases come, who is there to do the
work, how long it takes and how it goes. What is left out is assumed, and the assumption told.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Final, Literal

from pydantic import Field, NonNegativeInt, PositiveInt

from kit.calendar import ROUND_THE_CLOCK, BusinessCalendar
from workflows.compiler.plan import (
    ApprovalNode,
    ConfirmNode,
    FieldWorkNode,
    ForEachNode,
    FormNode,
    Plan,
    PlanGraph,
    PlanNode,
    SubflowNode,
    WaitNode,
)
from workflows.simulation.draws import Chance, Duration, Lognormal, Takes
from workflows.simulation.world import Opening, Part

_USER_TASK: Final = Duration(triangular=("5m", "15m", "1h"))
_CUSTOMER: Final = Duration(lognormal=Lognormal(median="2h", p90="12h"))
_FIELD_WORK: Final = Duration(triangular=("1h", "2h", "6h"))
_CHILD_CASE: Final = Duration(lognormal=Lognormal(median="3d", p90="10d"))
_EVENT: Final = Duration(lognormal=Lognormal(median="4h", p90="2d"))
_AT_ONCE: Final = Duration(constant="0s")
_SENDS_BACK: Final = 0.05
_FAILS: Final = 0.02
_PEOPLE: Final = 3

Amount = Annotated[Decimal, Field(ge=0, max_digits=12, decimal_places=2)]


class Arrivals(Part):
    """How cases come in: the time from one to the next, elapsed or while the flow's calendar is
    open."""

    every: Takes = Duration(exponential="30m")
    calendar: Literal["business", "natural"] = "business"


class Pool(Part):
    """The people of a role: how many, when they work, and what an hour of theirs costs, in yuan."""

    count: PositiveInt = _PEOPLE
    calendar: Literal["business", "natural"] | Opening = "business"
    cost_per_hour: Amount = Decimal(0)


class SentBack(Part):
    """How often a task is sent back, and where to; left out: to any of its targets."""

    chance: Chance
    to: str = ""


class Failure(Part):
    """How often a call fails, and for which reason; left out: one for which there is a path."""

    chance: Chance
    reason: str = ""


class Arriving(Part):
    """How often an event comes while a node waits that it may take away, and how long after."""

    chance: Chance
    after: Takes = _EVENT


class NodeModel(Part):
    """What is known of a node.

    Attributes:
        takes: how long the work takes, in the working time of whoever does it; of a call, field
            work, another flow or an event: until it is there.
        by: a role of ``people``, one of whom a call or field work keeps busy; empty: nobody.
        form: what people fill in, as far as it is known; the rest is guessed.
        reply: the same of a reply, or of an event's fields.
        opposes: how often a vote is against.
        comes: how often the event that a wait is for ever comes.
        events: the events that may take the node away, by their type.
        cost: of one visit beside the people's time, in yuan.
    """

    takes: Takes | None = None
    by: str = ""
    form: dict[str, Any] = Field(default_factory=dict)
    reply: dict[str, Any] = Field(default_factory=dict)
    sends_back: SentBack | None = None
    opposes: Chance = 0
    fails: Failure | None = None
    comes: Chance = 1
    events: dict[str, Arriving] = Field(default_factory=dict)
    cost: Amount = Decimal(0)


class Assumptions(Part):
    """A simulation's assumptions.

    Attributes:
        starts_at: when the first case may come; left out: a Monday morning of the present year.
        cases: how many come.
        warm_up_percent: of the cases, those that come first and are not counted, because they find
            nobody busy.
        calendar: the flow's business calendar, where nobody else gives it.
        queue: who is waited on first: whoever came first, or whoever is due first.
    """

    starts_at: datetime | None = None
    seed: NonNegativeInt = 1
    cases: Annotated[int, Field(ge=1, le=100_000)] = 1_000
    warm_up_percent: Annotated[int, Field(ge=0, le=90)] = 10
    calendar: Opening | None = None
    arrivals: Arrivals = Arrivals()
    inputs: dict[str, Any] = Field(default_factory=dict)
    people: dict[str, Pool] = Field(default_factory=dict)
    nodes: dict[str, NodeModel] = Field(default_factory=dict)
    queue: Literal["first_come", "first_due"] = "first_come"

    def pool(self, role: str) -> Pool:
        """The people of a role."""
        return self.people.get(role) or Pool()

    def node(self, node: PlanNode) -> NodeModel:
        """What is known or assumed of a node."""
        known = self.nodes.get(node.id) or NodeModel()
        assumed: dict[str, Any] = {}
        if known.takes is None:
            assumed["takes"] = usual_time(node)
        if known.sends_back is None:
            assumed["sends_back"] = SentBack(chance=_SENDS_BACK if may_send_back(node) else 0)
        if known.fails is None:
            paths = any(way.cause == "error" for way in node.boundary)
            assumed["fails"] = Failure(chance=_FAILS if paths else 0)
        return known.model_copy(update=assumed)

    def about(self, plan: Plan) -> Assumptions:
        """The same, as far as another flow has such nodes."""
        known = {node.id for node in every_node(plan)}
        return self.model_copy(
            update={"nodes": {id: model for id, model in self.nodes.items() if id in known}}
        )

    def unknown_names(self, plan: Plan) -> list[str]:
        """Names in here that the flow does not have."""
        nodes = {node.id for node in every_node(plan)}
        by = {model.by for model in self.nodes.values() if model.by}
        return [
            *(f"nodes.{name}" for name in self.nodes if name not in nodes),
            *(f"people.{name}" for name in sorted(by) if name not in self.people),
        ]


def usual_time(node: PlanNode) -> Duration:
    """How long a node takes when nobody says."""
    match node:
        case ConfirmNode():
            return _CUSTOMER
        case FormNode() | ApprovalNode():
            return _USER_TASK
        case FieldWorkNode():
            return _FIELD_WORK
        case SubflowNode():
            return _CHILD_CASE
        case WaitNode():
            return _EVENT
        case _:
            return _AT_ONCE


def may_send_back(node: PlanNode) -> bool:
    """Whether people look at what others did, and may not like it."""
    return isinstance(node, ApprovalNode | ConfirmNode) and bool(node.send_back)


def every_node(graph: PlanGraph) -> Iterator[PlanNode]:
    """The nodes of a graph, those of its bodies too."""
    for node in graph.nodes:
        yield node
        if isinstance(node, ForEachNode | SubflowNode) and node.body is not None:
            yield from every_node(node.body)


def assumed_in_words(plan: Plan, known: Assumptions) -> list[str]:
    """What is assumed because nobody has said it, in sentences."""
    told: list[str] = []
    if "arrivals" not in known.model_fields_set:
        told.append(f"a case comes every {known.arrivals.every.in_words()}")
    unsaid = [role.id for role in plan.roles if role.id not in known.people]
    if unsaid:
        told.append(f"{_PEOPLE} people each: {', '.join(unsaid)}")
    kinds: dict[str, list[str]] = {}
    for node in every_node(plan):
        if _lasts(node) and _unsaid(known, node, "takes"):
            kinds.setdefault(usual_time(node).in_words(), []).append(node.id)
    told += [f"{takes}: {', '.join(nodes)}" for takes, nodes in kinds.items()]
    sent = [n.id for n in every_node(plan) if may_send_back(n) and _unsaid(known, n, "sends_back")]
    if sent:
        told.append(f"sent back {_SENDS_BACK:.0%} of the times: {', '.join(sent)}")
    failing = [
        n.id
        for n in every_node(plan)
        if any(way.cause == "error" for way in n.boundary) and _unsaid(known, n, "fails")
    ]
    if failing:
        told.append(f"failed {_FAILS:.0%} of the times: {', '.join(failing)}")
    return told


def _unsaid(known: Assumptions, node: PlanNode, what: str) -> bool:
    return getattr(known.nodes.get(node.id), what, None) is None


def _lasts(node: PlanNode) -> bool:
    people = isinstance(node, FormNode | ApprovalNode | ConfirmNode | FieldWorkNode)
    return people or (isinstance(node, SubflowNode) and node.body is None)


def hours_of(pool: Pool, business: BusinessCalendar | None) -> BusinessCalendar:
    """When the people of a pool work."""
    if isinstance(pool.calendar, Opening):
        return pool.calendar.calendar()
    return (business if pool.calendar == "business" else None) or ROUND_THE_CLOCK
