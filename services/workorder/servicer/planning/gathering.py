"""What a day consists of, gathered from the records and the roster."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from kit.db.session import current_session
from kit.errors import FailedPrecondition
from services.workorder.convert.dispatch import decisions as decision_protos
from services.workorder.convert.registry.technicians import hours_of
from services.workorder.domain.dispatch import matching
from services.workorder.domain.dispatch.need import Need, Relations, Wishes
from services.workorder.domain.dispatch.policy import Policy
from services.workorder.domain.geo import Point
from services.workorder.domain.orders.work_order import State
from services.workorder.domain.planning.accepting import Planned
from services.workorder.domain.planning.building import Asked, Person
from services.workorder.domain.planning.calendar_day import CalendarDay
from services.workorder.domain.planning.day import Seconds
from services.workorder.domain.registry.working_hours import Absence
from services.workorder.servicer.dispatch.matching import MatchingRpcs, refresh
from services.workorder.store.dispatch import policies
from services.workorder.store.planning import days, planned_visits
from services.workorder.store.registry import teams
from services.workorder.tables.planning import PlannedVisitRow
from services.workorder.tables.technicians import TechnicianRow
from services.workorder.tables.work_orders import WorkOrderRow

#: What one plan takes: more is planned region by region.
MOST_VISITS = 1_000
MOST_PEOPLE = 2_000


@dataclass(frozen=True, slots=True)
class Whose:
    """Which technicians are planned for; empty: all."""

    outlet_id: str = ""
    team_id: str = ""


@dataclass(frozen=True, slots=True)
class Gathered:
    """A day as it is.

    Attributes:
        asked: the visits that can be planned.
        nowhere: work orders without a place on the map.
        standing: by work order what is planned.
    """

    asked: tuple[Asked, ...]
    people: tuple[Person, ...]
    nowhere: tuple[str, ...]
    standing: Mapping[str, Planned]
    policy: Policy


class GatheringRpcs(MatchingRpcs):
    """Reads a day."""

    async def _gather(
        self, day: CalendarDay, region_codes: Sequence[str], whose: Whose, *, only_agreed: bool
    ) -> Gathered:
        session = current_session()
        policy = policies.policy_of(await policies.in_force(session, self._clock.now()))
        service = timedelta(minutes=policy.service_minutes)
        found = await days.of_day(
            session,
            day.begins,
            day.ends,
            region_codes,
            only_agreed=only_agreed,
            most=MOST_VISITS,
        )
        if len(found) > MOST_VISITS:
            raise _too_many("visits", MOST_VISITS)
        able = await self._able(found, policy, whose)
        standing = await planned_visits.concerning(
            session, [row.work_order_id for row in found], (), day.begins, day.ends
        )
        ids = {each for who in able.values() for each in who}
        ids |= {_taker(row) for row in found} | {one.technician_id for one in standing.values()}
        present = await days.people(session, ids - {""})
        if len(present) > MOST_PEOPLE:
            raise _too_many("technicians", MOST_PEOPLE)
        others = await self._elsewhere(found, present, day)
        absences = await days.absences(session, present, day.begins, day.ends)
        people = await _people(present, absences, day, [*found, *others], service)
        rows = [row for row in (*found, *others) if row.state != State.IN_PROGRESS]
        asked = [
            _asked(row, able.get(row.work_order_id, frozenset()), standing, day, service)
            for row in rows
            if _point(row) is not None
        ]
        return Gathered(
            asked=tuple(asked),
            people=tuple(people),
            nowhere=tuple(row.work_order_id for row in rows if _point(row) is None),
            standing={each: _planned(row) for each, row in standing.items()},
            policy=policy,
        )

    async def _able(
        self, rows: Sequence[WorkOrderRow], policy: Policy, whose: Whose
    ) -> dict[str, frozenset[str]]:
        """Of each work order that nobody has taken, who passes the hard rules."""
        session, now = current_session(), self._clock.now()
        waiting = [row for row in rows if not _taker(row)]
        ids = [row.work_order_id for row in waiting]
        barred = await days.barred(session, ids, now)
        said_no = await days.said_no(session, ids)
        team = await teams.member_ids(session, whose.team_id) if whose.team_id else ()
        await refresh(self._index)
        # Nothing is waited for from here on, so that all of it is of one moment.
        answers: dict[Hashable, frozenset[str]] = {}
        able: dict[str, frozenset[str]] = {}
        for row in waiting:
            need = self._need(row, policy, whose, barred.get(row.work_order_id), team, now)
            alike = _alike(need)
            if alike not in answers:
                answers[alike] = frozenset(matching.qualified(self._index.roster, need, policy))
            able[row.work_order_id] = answers[alike] - said_no.get(row.work_order_id, frozenset())
        return able

    def _need(
        self,
        row: WorkOrderRow,
        policy: Policy,
        whose: Whose,
        barred: Relations | None,
        team: Collection[str],
        now: datetime,
    ) -> Need:
        wishes = Wishes(outlet_id=whose.outlet_id, team_id=whose.team_id)
        return decision_protos.need_of(row, wishes, barred or Relations(), {}, policy, now, team)

    async def _elsewhere(
        self,
        found: Sequence[WorkOrderRow],
        present: Mapping[str, TechnicianRow],
        day: CalendarDay,
    ) -> list[WorkOrderRow]:
        """What those who are planned for have taken beyond what is planned."""
        here = {row.work_order_id for row in found}
        taken = await days.taken_by(current_session(), present, day.begins, day.ends)
        return [row for row in taken if row.work_order_id not in here]


def _alike(need: Need) -> Hashable:
    """What the answer depends on of needs that are asked at one time of the same people."""
    return (
        need.place_codes,
        need.required_skills,
        need.barred_technician_ids,
        need.barred_outlet_ids,
    )


async def _people(
    present: Mapping[str, TechnicianRow],
    absences: Mapping[str, list[Absence]],
    day: CalendarDay,
    rows: Sequence[WorkOrderRow],
    service: timedelta,
) -> list[Person]:
    """Who is there, without those nobody knows where to find."""
    outlets = {row.outlet_id for row in present.values() if row.home_longitude is None} - {""}
    places = await days.outlet_places(current_session(), outlets)
    busy = {
        _taker(row): max(day.from_now, (row.checked_in_at or day.from_now) + service)
        for row in rows
        if row.state == State.IN_PROGRESS
    }
    people = []
    for technician_id, row in sorted(present.items()):
        away = list(absences.get(technician_id, ()))
        if technician_id in busy:
            away.append(Absence(day.from_now, busy[technician_id]))
        spans = day.spans(hours_of(row), away)
        home = _home(row, places)
        if spans and home is not None:
            people.append(Person(technician_id, home, spans, row.daily_capacity))
    return people


def _home(row: TechnicianRow, outlets: Mapping[str, tuple[float, float]]) -> Point | None:
    if row.home_longitude is not None and row.home_latitude is not None:
        return Point(row.home_longitude, row.home_latitude)
    return Point(*outlets[row.outlet_id]) if row.outlet_id in outlets else None


def _asked(
    row: WorkOrderRow,
    able: frozenset[str],
    standing: Mapping[str, PlannedVisitRow],
    day: CalendarDay,
    service: timedelta,
) -> Asked:
    agreed = (row.window_start, row.window_end)
    planned = standing.get(row.work_order_id)
    point = _point(row)
    assert point is not None, "only what has a place is asked"
    taker = _taker(row)
    return Asked(
        work_order_id=row.work_order_id,
        at=point,
        window=day.window(None if None in agreed else agreed, service),  # type: ignore[arg-type]  # both or none
        service_seconds=int(service.total_seconds()),
        priority=row.priority,
        able_technician_ids=able,
        taken_by=taker,
        planned_for=_standing(planned, day) if planned and not taker else None,
        pinned=planned is not None and planned.pinned_at is not None,
    )


def _standing(planned: PlannedVisitRow, day: CalendarDay) -> tuple[str, Seconds]:
    return planned.technician_id, day.seconds(planned.begins_at)


def _planned(row: PlannedVisitRow) -> Planned:
    return Planned(row.technician_id, row.begins_at, row.ends_at)


def _point(row: WorkOrderRow) -> Point | None:
    if row.longitude is None or row.latitude is None:
        return None
    return Point(row.longitude, row.latitude)


def _taker(row: WorkOrderRow) -> str:
    """Who has accepted it."""
    taken = row.accepted_offer()
    return taken.technician_id if taken else ""


def _too_many(what: str, most: int) -> FailedPrecondition:
    return FailedPrecondition(
        "DAY_PLAN_TOO_LARGE",
        f"the day has more than {most} {what}; plan it region by region",
        field="region_code",
    )
