"""Proposals: a day is planned, and its rows are accepted as far as they still can be."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Final

from kit.authn import current_actor
from kit.clock import Clock
from kit.db.session import current_session
from kit.errors import FailedPrecondition, InvalidArgument, PermissionDenied
from kit.ids import new_id
from kit.rpc import events
from kit.rpc.convert import decode_page_token, page_info, page_size
from protos.workorder.v1 import day_plan_pb2 as pb
from services.workorder.convert import planning as protos
from services.workorder.domain import access
from services.workorder.domain.orders.work_order import State
from services.workorder.domain.planning.accepting import (
    Planned,
    Present,
    Refused,
    Wish,
    decide,
)
from services.workorder.domain.planning.affected import is_absent
from services.workorder.domain.planning.building import Terms
from services.workorder.domain.planning.calendar_day import (
    CalendarDay,
    calendar_day,
    rest_of,
    shown_day,
)
from services.workorder.domain.planning.proposing import ACCEPTABLE, Question
from services.workorder.domain.planning.regions import lies_within, region_prefixes
from services.workorder.index import DispatchIndex
from services.workorder.servicer.base import Context
from services.workorder.servicer.planning.gathering import GatheringRpcs, Whose
from services.workorder.servicer.planning.searching import Searching
from services.workorder.store.dispatch import facts, policies
from services.workorder.store.orders import work_orders
from services.workorder.store.planning import day_plans, days, planned_visits
from services.workorder.store.planning.planned_visits import By
from services.workorder.store.registry import technicians
from services.workorder.tables.planning import DayPlanLineRow, DayPlanRow, PlannedVisitRow

_STEPS: Final = 4_000
_MILLISECONDS: Final = 1_000
_MOST_MILLISECONDS: Final = 5_000
_OPEN: Final = (State.CREATED, State.OFFERED)


class ProposalRpcs(GatheringRpcs):
    """What is proposed for a day, and what of it is accepted."""

    def __init__(self, clock: Clock, index: DispatchIndex, searching: Searching) -> None:
        super().__init__(clock, index)
        self._searching = searching

    async def ProposeDayPlan(
        self, request: pb.ProposeDayPlanRequest, context: Context
    ) -> pb.DayPlan:
        actor, now = current_actor(), self._clock.now()
        actor.require_role(*access.DISPATCH)
        day, seconds = calendar_day(request.day, now), _seconds(request.search_milliseconds)
        rest = rest_of(request.break_minutes)
        whose = Whose(request.outlet_id, request.team_id)
        regions = _regions(request.region_code)
        gathered = await self._gather(day, regions, whose, only_agreed=request.only_agreed)
        factor = gathered.policy.road_factor_basis_points
        question = Question(
            asked=gathered.asked,
            people=gathered.people,
            terms=Terms(factor, rest, request.only_affected),
            seed=request.seed or 1,
            steps=_STEPS,
        )
        proposal = await self._searching.proposal(question, seconds)
        row = DayPlanRow(
            day_plan_id=new_id("dp", now),
            day=day.date,
            region_code=request.region_code,
            outlet_id=request.outlet_id,
            team_id=request.team_id,
            only_affected=request.only_affected,
            seed=question.seed,
            steps=proposal.steps,
            visit_count=len(question.asked) + len(gathered.nowhere),
            technician_count=len(question.people),
            greedy=protos.worth_to_json(proposal.before),
            proposed=protos.worth_to_json(proposal.after),
            proposed_at=now,
            proposed_by_person_id=actor.person_id,
        )
        lines = protos.line_rows(
            row.day_plan_id, day, question, proposal, gathered.standing, gathered.nowhere
        )
        await day_plans.add(current_session(), row, lines)
        return await self._plan_told(row, ())

    async def GetDayPlan(self, request: pb.GetDayPlanRequest, context: Context) -> pb.DayPlan:
        current_actor().require_role(*access.OFFICE)
        row = await day_plans.read(current_session(), request.day_plan_id)
        _check_theirs(row)
        return await self._shown(row)

    async def ListDayPlans(
        self, request: pb.ListDayPlansRequest, context: Context
    ) -> pb.ListDayPlansResponse:
        current_actor().require_role(*access.OFFICE)
        session, size = current_session(), page_size(request.page)
        (before,) = decode_page_token(request.page, 1) or ("",)
        day = day_from(request.day, date.min) if request.day else None
        actor = current_actor()
        whose = day_plans.Whose(actor.person_id, region_prefixes(actor.region_adcodes))
        rows = await day_plans.page(session, day, whose, before, size + 1)
        return pb.ListDayPlansResponse(
            day_plans=[await self._shown(row) for row in rows[:size]],
            page=page_info([row.day_plan_id for row in rows], size),
        )

    async def ListDayPlanRows(
        self, request: pb.ListDayPlanRowsRequest, context: Context
    ) -> pb.ListDayPlanRowsResponse:
        current_actor().require_role(*access.OFFICE)
        session, size = current_session(), page_size(request.page)
        _check_theirs(await day_plans.read(session, request.day_plan_id))
        (after,) = decode_page_token(request.page, 1) or ("",)
        rows = await day_plans.lines(
            session,
            request.day_plan_id,
            after,
            size + 1,
            changes=request.changes,
            technician_id=request.technician_id,
        )
        shown = rows[:size]
        names = await technicians.names(session, {row.technician_id for row in shown})
        titles = await work_orders.titles(session, {row.work_order_id for row in shown})
        return pb.ListDayPlanRowsResponse(
            rows=[protos.line_to_proto(row, names, titles) for row in shown],
            page=page_info([row.work_order_id for row in rows], size),
        )

    async def AcceptDayPlan(
        self, request: pb.AcceptDayPlanRequest, context: Context
    ) -> pb.AcceptDayPlanResponse:
        actor, session, now = current_actor(), current_session(), self._clock.now()
        actor.require_role(*access.DISPATCH)
        plan = await self._living(request.day_plan_id)
        lines = await day_plans.lines_of(session, plan.day_plan_id, request.work_order_ids)
        refused = dict.fromkeys(
            set(request.work_order_ids) - {line.work_order_id for line in lines},
            Refused.NOTHING_TO_DO,
        )
        fresh: list[DayPlanLineRow] = []
        for line in lines:
            if line.change not in ACCEPTABLE:
                refused[line.work_order_id] = Refused.NOTHING_TO_DO
            elif line.accepted_at is not None:
                refused[line.work_order_id] = Refused.ALREADY_ACCEPTED
            else:
                fresh.append(line)
        day = shown_day(plan.day, now)
        refused |= decide([_wish(line) for line in fresh], await self._present(fresh, day))
        done = [line for line in fresh if line.work_order_id not in refused]
        for line in done:
            line.accepted_at, line.accepted_by_person_id = now, actor.person_id
        await planned_visits.replace(
            session,
            [line.work_order_id for line in done],
            [_visit(line, By(actor.person_id, now)) for line in done if line.technician_id],
            f"day plan {plan.day_plan_id}",
            By(actor.person_id, now),
        )
        accepted = [line.work_order_id for line in done]
        if accepted:
            await self._plan_told(plan, accepted)
        return pb.AcceptDayPlanResponse(
            accepted_work_order_ids=accepted,
            refused=[
                pb.RefusedDayPlanRow(work_order_id=each, reason=reason)
                for each, reason in sorted(refused.items())
            ],
        )

    async def DiscardDayPlan(
        self, request: pb.DiscardDayPlanRequest, context: Context
    ) -> pb.DayPlan:
        actor = current_actor()
        actor.require_role(*access.DISPATCH)
        plan = await self._living(request.day_plan_id)
        plan.discarded_at, plan.discarded_by_person_id = self._clock.now(), actor.person_id
        await current_session().flush()
        return await self._plan_told(plan, ())

    async def _living(self, day_plan_id: str) -> DayPlanRow:
        """A proposal that was not discarded, locked."""
        row = await day_plans.read(current_session(), day_plan_id, lock=True)
        _check_theirs(row)
        if row.discarded_at is not None:
            raise FailedPrecondition(
                "DAY_PLAN_DISCARDED",
                f"day plan {day_plan_id} was discarded; propose the day again",
                field="day_plan_id",
            )
        return row

    async def _present(self, lines: Sequence[DayPlanLineRow], day: CalendarDay) -> Present:
        """How things stand for these rows; nobody else plans their technicians until the end."""
        session = current_session()
        ids = [line.work_order_id for line in lines]
        who = {line.technician_id for line in lines} | {line.before_technician_id for line in lines}
        who.discard("")
        rows = await work_orders.lock_all(session, ids)
        await facts.hold_workloads(session, who)
        standing = await planned_visits.concerning(session, ids, who, day.begins, day.ends)
        policy = policies.policy_of(await policies.in_force(session, self._clock.now()))
        able = await self._able(list(rows), policy, Whose())
        present = await days.people(session, who)
        absences = await days.absences(session, who, day.begins, day.ends)
        there = {
            line.work_order_id
            for line in lines
            if line.begins_at is not None
            and line.ends_at is not None
            and line.technician_id in present
            and not is_absent(
                Planned(line.technician_id, line.begins_at, line.ends_at),
                absences.get(line.technician_id, ()),
            )
        }
        return Present(
            open_ids=frozenset(row.work_order_id for row in rows if row.state in _OPEN),
            planned={
                each: Planned(row.technician_id, row.begins_at, row.ends_at)
                for each, row in standing.items()
            },
            pinned_ids=frozenset(
                each for each, row in standing.items() if row.pinned_at is not None
            ),
            able={each: found for each, found in able.items() if each in there},
        )

    async def _shown(self, row: DayPlanRow) -> pb.DayPlan:
        counted = await day_plans.counts(current_session(), [row.day_plan_id])
        of = counted.get(row.day_plan_id)
        return protos.plan_to_proto(row, of.changes if of else 0, of.accepted if of else 0)

    async def _plan_told(self, row: DayPlanRow, accepted: Sequence[str]) -> pb.DayPlan:
        await current_session().flush()
        told = await self._shown(row)
        await events.record(
            pb.DayPlanChanged(day_plan=told, accepted_work_order_ids=accepted),
            aggregate=("day_plan", row.day_plan_id),
            occurred_at=self._clock.now(),
        )
        return told


def _regions(region_code: str) -> tuple[str, ...]:
    """Where work is planned: in the region that is asked for, or in all of the actor's."""
    own = current_actor().region_adcodes
    if not region_code:
        return own
    if own and not lies_within(region_code, own):
        raise PermissionDenied(
            "DAY_PLAN_REGION", "that is none of your regions", field="region_code"
        )
    return (region_code,)


def _check_theirs(row: DayPlanRow) -> None:
    """Refuse somebody of other regions, as if the plan were not there."""
    actor = current_actor()
    own = actor.region_adcodes
    is_mine = not own or row.proposed_by_person_id == actor.person_id
    if not is_mine and not lies_within(row.region_code, own):
        raise day_plans.unknown(row.day_plan_id)


def _seconds(milliseconds: int) -> float:
    if not 0 <= milliseconds <= _MOST_MILLISECONDS:
        raise InvalidArgument(
            "DAY_PLAN_SEARCH_INVALID",
            f"up to {_MOST_MILLISECONDS}, or 0 for {_MILLISECONDS}",
            field="search_milliseconds",
        )
    return (milliseconds or _MILLISECONDS) / 1_000


def day_from(written: str, today: date) -> date:
    """A day to be looked at; empty: today (``DAY_PLAN_DAY_INVALID``)."""
    try:
        return date.fromisoformat(written) if written else today
    except ValueError as error:
        raise InvalidArgument(
            "DAY_PLAN_DAY_INVALID", f"{written!r} is no day; write 2026-11-24", field="day"
        ) from error


def _wish(line: DayPlanLineRow) -> Wish:
    before = after = None
    if line.before_begins_at is not None and line.before_ends_at is not None:
        before = Planned(line.before_technician_id, line.before_begins_at, line.before_ends_at)
    if line.begins_at is not None and line.ends_at is not None:
        after = Planned(line.technician_id, line.begins_at, line.ends_at)
    return Wish(line.work_order_id, before, after)


def _visit(line: DayPlanLineRow, by: By) -> PlannedVisitRow:
    return PlannedVisitRow(
        work_order_id=line.work_order_id,
        technician_id=line.technician_id,
        begins_at=line.begins_at,
        ends_at=line.ends_at,
        day_plan_id=line.day_plan_id,
        planned_at=by.at,
        planned_by_person_id=by.person_id,
    )
