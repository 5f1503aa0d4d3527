"""What a simulation has shown, in figures: waiting, deadlines missed, how busy everybody was, cost.

What is measured case by case is given with its 95 % confidence interval, from the means of twenty
batches of cases in the order in which they came: cases that queue behind each other are no
independent samples, batches of many nearly are.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from statistics import fmean, stdev
from typing import Any, Final, TypeVar

from kit.calendar import BusinessCalendar
from workflows.simulation.floor import Lived
from workflows.simulation.model import assumed_in_words, every_node
from workflows.simulation.staff import Spell
from workflows.simulation.watched import Answered, CaseRecord, Waiting

_BATCHES: Final = 20
#: Student's t for 95 % with one less degree of freedom than there are batches.
_T95: Final = 2.093
_Sample = TypeVar("_Sample", CaseRecord, Waiting, Answered)


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean with how far it may be off, at 95 %; None: too few cases to say."""

    mean: float
    margin: float | None


@dataclass(frozen=True, slots=True)
class Spread:
    """How long something lasted, in seconds: the mean, half of all, nine tenths, the longest."""

    mean: Estimate
    p50: float
    p90: float
    most: float


@dataclass(frozen=True, slots=True)
class NodeFigures:
    """A node at which something is done.

    Attributes:
        visits: how often it was done for each case.
        waited: from when it was asked for until somebody began.
        worked: from then until it was done, closing hours included.
        queue: how many waited at a time, on average, and at most.
        respond_missed, complete_missed: the share that missed its deadline; None: it has none.
        cost: of all its visits for a case, in fen.
    """

    node: str
    name: str
    name_en: str
    visits: float
    waited: Spread
    worked: float
    queue: float
    queue_most: int
    respond_missed: Estimate | None
    complete_missed: Estimate | None
    cost: int


@dataclass(frozen=True, slots=True)
class RoleFigures:
    """The people of a role; how much of their working time they worked."""

    role: str
    name: str
    name_en: str
    people: int
    utilisation: float


@dataclass(frozen=True, slots=True)
class Figures:
    """A simulation.

    Attributes:
        cases: how many came; the first of them are not counted.
        since, until: the time over which queues and people were watched.
        ended: how the cases ended, or why they stand still.
        lasted: from coming in to the end.
        missed: the share of cases that missed a deadline.
        cost: of a case, in fen, with its margin.
        assumed: what was assumed because nobody had said it.
    """

    flow: str
    cases: int
    counted: int
    since: datetime
    until: datetime
    ended: dict[str, int]
    lasted: Spread
    missed: Estimate
    cost: int
    cost_margin: int | None
    nodes: tuple[NodeFigures, ...]
    roles: tuple[RoleFigures, ...]
    assumed: tuple[str, ...]


def figures_of(lived: Lived) -> Figures:
    """The figures of a simulation that has run."""
    watch = lived.watch
    cases = [case for case in watch.cases if case.number >= lived.warm_up]
    ended = [case for case in cases if case.ended_at is not None]
    batches = _Batches(lived.warm_up, len(watch.cases))
    cost = batches.estimate(cases, lambda case: case.cost)
    return Figures(
        flow=lived.plan.flow,
        cases=len(watch.cases),
        counted=len(cases),
        since=watch.since,
        until=watch.until,
        ended=dict(Counter(_ending(case) for case in cases).most_common()),
        lasted=batches.spread(ended, _lasted),
        missed=batches.estimate(cases, lambda case: case.missed > 0),
        cost=_whole_mean([case.cost for case in cases]),
        cost_margin=None if cost.margin is None else round(cost.margin),
        nodes=_nodes(lived, batches, len(cases)),
        roles=_roles(lived),
        assumed=tuple(assumed_in_words(lived.plan, lived.assumptions)),
    )


def _ending(case: CaseRecord) -> str:
    return case.ended or case.trouble or "running"


def _lasted(case: CaseRecord) -> float:
    assert case.ended_at is not None
    return (case.ended_at - case.started_at).total_seconds()


def _whole_mean(amounts: Sequence[int]) -> int:
    return (2 * sum(amounts) + len(amounts)) // (2 * len(amounts)) if amounts else 0


def _nodes(lived: Lived, batches: _Batches, cases: int) -> tuple[NodeFigures, ...]:
    waiting: dict[str, list[Waiting]] = defaultdict(list)
    answered: dict[str, list[Answered]] = defaultdict(list)
    for done in lived.watch.waiting:
        if done.number >= lived.warm_up:
            waiting[done.node].append(done)
    for closed in lived.watch.answered:
        if closed.number >= lived.warm_up:
            answered[closed.node].append(closed)
    found: list[NodeFigures] = []
    for node in every_node(lived.plan):
        times = waiting[node.id]
        if not times or not (node.id in lived.watch.queues or any(w.cost for w in times)):
            continue
        closings, level = answered[node.id], lived.watch.queue(node.id)
        found.append(
            NodeFigures(
                node=node.id,
                name=node.name,
                name_en=node.name_en,
                visits=len(times) / cases,
                waited=batches.spread(times, lambda each: each.waited),
                worked=fmean(each.worked for each in times),
                queue=level.mean(),
                queue_most=level.most,
                respond_missed=batches.share(closings, lambda each: each.respond_missed),
                complete_missed=batches.share(closings, lambda each: each.complete_missed),
                cost=(2 * sum(each.cost for each in times) + cases) // (2 * cases),
            )
        )
    return tuple(found)


def _roles(lived: Lived) -> tuple[RoleFigures, ...]:
    staff, watch = lived.staff, lived.watch
    names = {role.id: role for role in lived.plan.roles}
    found: list[RoleFigures] = []
    for role, pool in staff.pools.items():
        hours = staff.hours(role)
        there = hours.between(watch.since, watch.until) * pool.count
        busy = sum(
            (
                _within(spell, hours, watch.since, watch.until)
                for spell in staff.spells
                if spell.role == role
            ),
            timedelta(0),
        )
        known = names.get(role)
        found.append(
            RoleFigures(
                role=role,
                name=known.name if known else role,
                name_en=known.name_en if known else role,
                people=pool.count,
                utilisation=busy / there if there else 0.0,
            )
        )
    return tuple(found)


def _within(spell: Spell, hours: BusinessCalendar, since: datetime, until: datetime) -> timedelta:
    first, last = max(spell.since, since), min(spell.until, until)
    return hours.between(first, last) if first < last else timedelta(0)


class _Batches:
    """The cases that count, in batches by the order in which they came."""

    def __init__(self, first: int, end: int) -> None:
        self._first = first
        self._size = (end - first) / _BATCHES

    def estimate(self, samples: Sequence[_Sample], value: Callable[[_Sample], float]) -> Estimate:
        """The mean of a value over all samples, with its margin."""
        if not samples:
            return Estimate(0.0, None)
        batches: dict[int, list[float]] = defaultdict(list)
        for sample in samples:
            batches[int((sample.number - self._first) / self._size)].append(value(sample))
        mean = fmean(each for batch in batches.values() for each in batch)
        if self._size < 2 or len(batches) < _BATCHES:
            return Estimate(mean, None)
        apart = stdev(fmean(batch) for batch in batches.values())
        return Estimate(mean, _T95 * apart / math.sqrt(_BATCHES))

    def spread(self, samples: Sequence[_Sample], value: Callable[[_Sample], float]) -> Spread:
        """How a value is spread over all samples."""
        values = sorted(map(value, samples)) or [0.0]
        return Spread(
            self.estimate(samples, value), quantile(values, 0.5), quantile(values, 0.9), values[-1]
        )

    def share(
        self, samples: Iterable[Answered], missed: Callable[[Answered], bool | None]
    ) -> Estimate | None:
        """The share of those for which something may be so, and is; None: there are none."""
        asked = [sample for sample in samples if missed(sample) is not None]
        return self.estimate(asked, lambda each: bool(missed(each))) if asked else None


def quantile(values: Sequence[float], share: float) -> float:
    """The value that a share of all sorted values is no higher than."""
    return values[min(len(values) - 1, math.ceil(share * len(values)) - 1)]


def in_plain_figures(figures: Figures) -> dict[str, Any]:
    """The figures as plain JSON."""
    plain = asdict(figures)
    return plain | {"since": figures.since.isoformat(), "until": figures.until.isoformat()}
