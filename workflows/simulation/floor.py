"""Many cases at once, on one virtual clock, with the same people: a discrete-event simulation.

Each case is run by the same interpreter as in production. Cases come in, user tasks queue for the
people of their roles, chance says how long everything takes and how it goes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import accumulate
from random import Random  # noqa: TID251 - nothing here is replayed
from typing import Final

from kit.calendar import ROUND_THE_CLOCK, BusinessCalendar
from kit.errors import InvalidArgument
from workflows.compiler.plan import Plan
from workflows.simulation.agenda import Agenda
from workflows.simulation.crowd_case import CrowdCase, Floor
from workflows.simulation.model import Assumptions, every_node
from workflows.simulation.staff import Staff
from workflows.simulation.watched import Watch

#: More happenings than this for each case, and the flow goes round in circles.
_MOST_TURNS: Final = 2_000
_ASKS_EVERY: Final = 100


@dataclass(frozen=True, slots=True)
class Lived:
    """A simulation that has run."""

    plan: Plan
    assumptions: Assumptions
    watch: Watch
    staff: Staff
    warm_up: int


def live_together(
    plan: Plan,
    assumptions: Assumptions,
    now: datetime,
    *,
    calendar: BusinessCalendar | None = None,
    go_on: Callable[[], bool] = lambda: True,
) -> Lived:
    """Let many cases be lived through.

    Args:
        now: when the first may come, where the assumptions do not say.
        calendar: the flow's business calendar; None: what the assumptions say, else round the clock.
        go_on: asked now and then whether there is still time.

    Raises:
        InvalidArgument: ``SIMULATION_NAME_UNKNOWN`` when the assumptions name what the flow does not
            have, ``SIMULATION_TOO_LONG`` when more happens than may.
    """
    unknown = assumptions.unknown_names(plan)
    if unknown:
        raise InvalidArgument(
            "SIMULATION_NAME_UNKNOWN",
            f"flow {plan.flow} has no {', '.join(unknown)}",
            field=unknown[0],
        )
    business = calendar or (assumptions.calendar.calendar() if assumptions.calendar else None)
    begins = assumptions.starts_at or now
    arrivals = _arrivals(assumptions, begins, business or ROUND_THE_CLOCK)
    warm_up = len(arrivals) * assumptions.warm_up_percent // 100
    agenda = Agenda(begins)
    watch = Watch(agenda, arrivals[warm_up], arrivals[-1])
    roles = [role.id for role in plan.roles]
    pools = {role: assumptions.pool(role) for role in dict.fromkeys((*assumptions.people, *roles))}
    staff = Staff(agenda, pools, business, assumptions.queue)
    own = (business or ROUND_THE_CLOCK) if plan.calendar else None
    models = {node.id: assumptions.node(node) for node in every_node(plan)}
    floor = Floor(plan, assumptions, models, agenda, staff, watch, own)
    for number, at in enumerate(arrivals):
        agenda.at(at, CrowdCase(floor, number).begin)
    most = _MOST_TURNS * len(arrivals)
    turns = 0
    while agenda.turn():
        turns += 1
        if turns > most or (turns % _ASKS_EVERY == 0 and not go_on()):
            raise InvalidArgument(
                "SIMULATION_TOO_LONG", "too much happens; simulate fewer cases", field="runs"
            )
    return Lived(plan, assumptions, watch, staff, warm_up)


def _arrivals(
    assumptions: Assumptions, begins: datetime, calendar: BusinessCalendar
) -> list[datetime]:
    chance = Random(f"{assumptions.seed}/arrivals")
    every = assumptions.arrivals
    hours = calendar if every.calendar == "business" else ROUND_THE_CLOCK
    between = (every.every.draw(chance) for _ in range(assumptions.cases - 1))
    return list(
        accumulate(
            between, lambda at, later: hours.add(at, later).at, initial=_opening(hours, begins)
        )
    )


def _opening(hours: BusinessCalendar, at: datetime) -> datetime:
    moment = timedelta(microseconds=1)
    return hours.add(at, moment).at - moment
