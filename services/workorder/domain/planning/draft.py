"""A plan in the making: visits are put where they cost least, taken out, and steps undone."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from services.workorder.domain.planning.day import Day, Seconds
from services.workorder.domain.planning.plan import Plan, plan_of, weight
from services.workorder.domain.planning.route import timetable
from services.workorder.domain.planning.standing import kept

#: More than all the driving of a day and all changes together.
_A_VISIT: Final = 10**10

#: What is added to the cost, the worker, and the place in the worker's order.
_Spot = tuple[Seconds, int, int]


class Draft:
    """Each worker's visits in their order.

    Attributes:
        cost: travel, changes of what stands, and above all what nobody makes.
        left_out: the visits that nobody makes, locked ones apart.
    """

    def __init__(self, day: Day) -> None:
        self.day = day
        locked = kept(day, [number for number, visit in enumerate(day.visits) if visit.locked])
        self.impossible = frozenset(locked.failed)
        self.orders = dict(locked.orders)
        self.worker_of = {visit: worker for worker, of in self.orders.items() for visit in of}
        self.left_out = {n for n, visit in enumerate(day.visits) if not visit.locked}
        self.cost = sum(self._travel(worker) for worker in self.orders)
        self.cost += sum(self._penalty(visit, None) for visit in self.left_out)
        self._before: dict[int, tuple[int, ...]] = {}
        self._cost_before = self.cost
        self._nearest = self._by_distance(self._closed(locked.failed))

    def keep_standing(self) -> None:
        """Put what stands where it stands, as far as that can be."""
        day = self.day
        asked = [n for n in self.left_out if day.visits[n].standing is not None]
        for worker, order in kept(day, [*self.worker_of, *asked]).orders.items():
            for visit in order:
                if visit in self.left_out and worker in self._nearest[visit]:
                    self._insert(visit, worker, self._place_by_time(visit, worker))
        self.commit()

    def put(self, visit: int) -> None:
        """Put a visit where it costs least, if there is a place."""
        spot = self._cheapest(visit)
        if spot is not None:
            self._insert(visit, spot[1], spot[2])

    def take(self, visit: int) -> None:
        """Take a visit out."""
        worker = self.worker_of.pop(visit)
        order = self.orders[worker]
        self._reorder(worker, tuple(each for each in order if each != visit))
        self.left_out.add(visit)
        self.cost += self._penalty(visit, None) - self._penalty(visit, worker)

    def commit(self) -> None:
        """Make it the state that ``undo`` returns to."""
        self._before.clear()
        self._cost_before = self.cost

    def undo(self) -> None:
        """Go back to the last state that was committed."""
        for worker in self._before:
            for visit in self.orders.get(worker, ()):
                self.left_out.add(self._forgotten(visit))
        for worker, order in self._before.items():
            self.orders.pop(worker, None)
            if order:
                self.orders[worker] = order
            self.left_out.difference_update(order)
            self.worker_of.update(dict.fromkeys(order, worker))
        self.cost = self._cost_before
        self._before.clear()

    def plan(self) -> Plan:
        """It, with its times."""
        return plan_of(self.day, self.orders, self.impossible)

    def _forgotten(self, visit: int) -> int:
        self.worker_of.pop(visit, None)
        return visit

    def _insert(self, visit: int, worker: int, place: int) -> None:
        order = self.orders.get(worker, ())
        self._reorder(worker, (*order[:place], visit, *order[place:]))
        self.worker_of[visit] = worker
        self.left_out.discard(visit)
        self.cost += self._penalty(visit, worker) - self._penalty(visit, None)

    def _reorder(self, worker: int, order: tuple[int, ...]) -> None:
        self._before.setdefault(worker, self.orders.get(worker, ()))
        self.cost -= self._travel(worker)
        self.orders.pop(worker, None)
        if order:
            self.orders[worker] = order
            self.cost += self._travel(worker)

    def _penalty(self, visit: int, worker: int | None) -> int:
        """What it costs, driving apart, that this worker makes a visit; None: nobody."""
        asked = self.day.visits[visit]
        left_out = weight(asked.priority) * _A_VISIT if worker is None else 0
        moved = asked.standing is not None and worker != self.day.standing_worker[visit]
        # Whoever it stands with may not be there: then it counts as moved whoever makes it.
        moved = moved or (asked.standing is not None and worker is None)
        return left_out + (self.day.move_seconds if moved else 0)

    def _travel(self, worker: int) -> Seconds:
        legs, home = self.day.legs, self.day.home(worker)
        here, total = home, 0
        for visit in self.orders.get(worker, ()):
            total += legs[here][visit]
            here = visit
        return total + legs[here][home] if here != home else 0

    def _cheapest(self, visit: int) -> _Spot | None:
        day, best = self.day, None
        keeper = day.standing_worker[visit]
        moving = day.move_seconds if day.visits[visit].standing is not None else 0
        if keeper is not None and keeper in self._nearest[visit]:
            best = self._spot(visit, keeper, 0, None)
        for worker, there_and_back in self._nearest[visit].items():
            # Of those still at home the nearest that can go is the best, so most are not asked.
            at_home = worker not in self.orders
            if at_home and best is not None and there_and_back + moving >= best[0]:
                continue
            if worker != keeper:
                best = self._spot(visit, worker, moving, best)
        return best

    def _spot(self, visit: int, worker: int, extra: Seconds, best: _Spot | None) -> _Spot | None:
        """The best place in a worker's day, if it is better than the best so far."""
        legs, home = self.day.legs, self.day.home(worker)
        order = self.orders.get(worker, ())
        here, to_visit = home, legs[visit]
        for place in range(len(order) + 1):
            there = order[place] if place < len(order) else home
            more = extra + legs[here][visit] + to_visit[there] - legs[here][there]
            if best is None or more < best[0]:
                tried = (*order[:place], visit, *order[place:])
                if timetable(self.day, worker, tried) is not None:
                    best = more, worker, place
            here = there
        return best

    def _place_by_time(self, visit: int, worker: int) -> int:
        begins = self._begins(visit)
        return sum(self._begins(each) < begins for each in self.orders.get(worker, ()))

    def _begins(self, visit: int) -> tuple[Seconds, int]:
        standing = self.day.visits[visit].standing
        return (0 if standing is None else standing.begins), visit

    def _closed(self, failed: Iterable[int]) -> frozenset[int]:
        """Who gets nothing new, for they are still expected where they can not keep it."""
        workers = (self.day.standing_worker[visit] for visit in failed)
        return frozenset(worker for worker in workers if worker is not None)

    def _by_distance(self, closed: frozenset[int]) -> list[dict[int, Seconds]]:
        """Of each visit who is able, the nearest home first, and how long the way there and back is."""
        day = self.day
        count = len(day.visits)
        nearest = []
        for number, visit in enumerate(day.visits):
            ways = [
                (day.legs[count + worker][number] + day.legs[number][count + worker], worker)
                for worker in visit.able - closed
            ]
            nearest.append({worker: way for way, worker in sorted(ways)})
        return nearest
