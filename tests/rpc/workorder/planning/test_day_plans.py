"""A day planned ahead: proposed, accepted in part, kept to, and planned again."""

import asyncio
from datetime import timedelta
from itertools import pairwise

import pytest

from kit.authn import Actor
from protos.workorder.v1 import workorder_pb2
from tests.rpc.workorder.conftest import CUSTOMER, DISPATCHER, Desk, technician
from tests.rpc.workorder.planning.town import Town, hour_of


@pytest.fixture
def town(desk: Desk) -> Town:
    return Town(desk)


async def test_what_waits_goes_to_whoever_is_near_and_nothing_stands_before_it_is_accepted(
    town: Town,
) -> None:
    near, far = await town.technician(0), await town.technician(30)
    here, there = await town.work(1), await town.work(29)
    plan = await town.propose()
    assert (plan.visit_count, plan.technician_count, plan.change_count) == (2, 2, 2)
    assert list(plan.proposed.unplaced) == [0, 0, 0, 0, 0]
    assert plan.proposed.drive_seconds <= plan.greedy.drive_seconds
    rows = await town.rows(plan)
    assert {each: row.technician_id for each, row in rows.items()} == {here: near, there: far}
    assert rows[here].drive_seconds > 0
    assert not await town.planned()

    answer = await town.accept(plan)
    assert set(answer.accepted_work_order_ids) == {here, there}
    planned = await town.planned()
    assert planned[here].technician_id == near
    assert planned[here].technician_name == "张师傅"
    assert (await town.call("GetDayPlan", day_plan_id=plan.day_plan_id)).accepted_count == 2


async def test_rows_are_accepted_one_by_one_and_once(town: Town) -> None:
    await town.technician()
    first, second = await town.work(1), await town.work(2)
    plan = await town.propose()
    assert list((await town.accept(plan, first)).accepted_work_order_ids) == [first]
    again = await town.accept(plan, first, second, "wo_elsewhere")
    assert list(again.accepted_work_order_ids) == [second]
    assert {each.work_order_id: each.reason for each in again.refused} == {
        first: "ALREADY_ACCEPTED",
        "wo_elsewhere": "NOTHING_TO_DO",
    }


async def test_what_somebody_has_taken_is_kept_and_planned_around(town: Town) -> None:
    zhang = await town.technician()
    taken = await town.agreed(zhang, 9, 11)
    waiting = await town.work(1)
    plan = await town.propose()
    rows = await town.rows(plan)
    assert rows[taken].change == "UNCHANGED"
    assert rows[waiting].technician_id == zhang
    busy = (hour_of(rows[taken]), hour_of(rows[taken]) + 1)
    assert hour_of(rows[waiting]) >= busy[1] or hour_of(rows[waiting]) + 1 <= busy[0]
    assert (await town.accept(plan, taken)).refused[0].reason == "NOTHING_TO_DO"


async def test_two_that_one_took_for_the_same_window_do_not_exclude_each_other(town: Town) -> None:
    zhang = await town.technician()
    both = [await town.agreed(zhang, 9, 12, kilometres) for kilometres in (0, 1)]
    rows = await town.rows(await town.propose())
    assert {rows[each].change for each in both} == {"UNCHANGED"}
    assert abs(hour_of(rows[both[0]]) - hour_of(rows[both[1]])) >= 1


async def test_somebody_has_no_more_visits_than_their_capacity_and_never_before_their_hours(
    town: Town,
) -> None:
    late = [
        workorder_pb2.WorkingHours(weekday=day, start_minute=13 * 60, end_minute=18 * 60)
        for day in range(1, 8)
    ]
    await town.technician(daily_capacity=2, working_hours=late)
    for kilometres in (1, 2, 3):
        await town.work(kilometres)
    rows = (await town.rows(await town.propose())).values()
    placed = [row for row in rows if row.change == "ASSIGN"]
    assert len(placed) == 2
    assert all(13 <= hour_of(row) <= 17 for row in placed)
    (left,) = (row for row in rows if row.change == "UNPLACED")
    assert left.reason == "ALL_TAKEN"


async def test_who_lacks_the_skill_or_is_barred_is_not_sent(town: Town) -> None:
    painter = await town.technician(skills=[workorder_pb2.Skill(skill_code="painting", level=3)])
    waiting = await town.work(1)
    (row,) = (await town.rows(await town.propose())).values()
    assert (row.work_order_id, row.change, row.reason) == (waiting, "UNPLACED", "NOBODY_ABLE")
    assert painter


async def test_work_without_a_place_on_the_map_is_told(town: Town) -> None:
    await town.technician()
    lost = await town.work(location=None)
    (row,) = (await town.rows(await town.propose())).values()
    assert (row.work_order_id, row.change, row.reason) == (lost, "UNPLACED", "NO_LOCATION")


async def test_the_break_is_kept_free(town: Town) -> None:
    await town.technician(daily_capacity=9)
    for kilometres in range(9):
        await town.work(kilometres / 10)
    rows = (await town.rows(await town.propose(break_minutes=60))).values()
    spans = sorted((hour_of(row), hour_of(row) + 1) for row in rows if row.change == "ASSIGN")
    assert len(spans) == 9
    edges = [(11.0, 11.0), *(_clipped(span, 11, 14) for span in spans), (14.0, 14.0)]
    assert max(after[0] - before[1] for before, after in pairwise(edges)) >= 1


def _clipped(span: tuple[float, float], least: float, most: float) -> tuple[float, float]:
    begins, ends = (min(max(each, least), most) for each in span)
    return begins, ends


async def test_the_planned_technician_comes_first_whoever_scores_more(town: Town) -> None:
    near, far = await town.technician(0), await town.technician(12)
    work = await town.work(1)
    plan = await town.propose()
    assert (await town.rows(plan))[work].technician_id == near
    await town.absent(near, 0, 24)
    again = await town.propose()
    assert (await town.rows(again))[work].technician_id == far
    await town.accept(again)
    ranked = await town.desk.call("RankCandidates", DISPATCHER, work_order_id=work)
    assert ranked.planned_technician_id == far
    assert ranked.candidates[0].technician_id == far
    assert {each.technician_id for each in ranked.candidates} == {near, far}
    assert ranked.candidates[0].score < ranked.candidates[1].score
    read = await town.desk.call("GetDispatchDecision", DISPATCHER, decision_id=ranked.decision_id)
    assert [each.technician_id for each in read.candidates] == [far, near]


async def test_a_planned_technician_who_fails_a_rule_by_now_comes_no_more_first(
    town: Town,
) -> None:
    near, far = await town.technician(0), await town.technician(12)
    work = await town.work(1)
    await town.accept(await town.propose())
    await town.technician(0, technician_id=near, active=False)
    ranked = await town.desk.call("RankCandidates", DISPATCHER, work_order_id=work)
    assert ranked.planned_technician_id == ""
    assert [each.technician_id for each in ranked.candidates] == [far]


async def test_a_row_is_not_accepted_onto_what_has_changed(town: Town) -> None:
    near, far = await town.technician(0), await town.technician(12)
    taken, absent, over = await town.work(1), await town.work(2), await town.work(13)
    plan = await town.propose()
    assert {row.technician_id for row in (await town.rows(plan)).values()} == {near, far}
    desk = town.desk
    await desk.call("OfferWorkOrder", **desk.offer(taken, far))
    await desk.call("AcceptOffer", work_order_id=taken, technician_id=far)
    await town.absent(near, 0, 24)
    await desk.call("CancelWorkOrder", work_order_id=over, reason="客户取消")
    answer = await town.accept(plan)
    assert {each.work_order_id: each.reason for each in answer.refused} == {
        taken: "TAKEN",
        absent: "NOT_ABLE",
        over: "TAKEN",
    }
    assert not answer.accepted_work_order_ids
    assert not await town.planned()


async def test_two_who_accept_the_same_rows_at_once_plan_them_once(town: Town) -> None:
    await town.technician()
    work = [await town.work(kilometres) for kilometres in (1, 2, 3)]
    plan = await town.propose()
    other = Actor("pe_other", frozenset({"dispatcher"}))
    answers = await asyncio.gather(*(town.accept(plan, by=by) for by in (DISPATCHER, other)))
    accepted = [each for answer in answers for each in answer.accepted_work_order_ids]
    assert sorted(accepted) == sorted(work)
    assert len(await town.planned()) == 3


async def test_two_proposals_that_want_one_technician_at_one_time_do_not_both_stand(
    town: Town,
) -> None:
    await town.technician(daily_capacity=1)
    first, second = await town.work(1), await town.work(1)
    only = await town.propose()
    (placed,) = (row for row in (await town.rows(only)).values() if row.change == "ASSIGN")
    other = second if placed.work_order_id == first else first
    await town.desk.call("CancelWorkOrder", work_order_id=placed.work_order_id, reason="取消")
    later = await town.propose()
    assert (await town.rows(later))[other].change == "ASSIGN"
    await town.accept(later)
    assert (await town.accept(only)).refused[0].reason == "TAKEN"
    assert set(await town.planned()) == {other}


async def test_an_absence_affects_what_was_planned_and_only_that_is_planned_again(
    town: Town,
) -> None:
    near, far = await town.technician(0), await town.technician(8)
    mine, theirs = await town.work(1), await town.work(7)
    await town.accept(await town.propose())
    assert not await town.planned(affected=True)
    await town.absent(near, 0, 24)
    affected = await town.planned(affected=True)
    assert {each: visit.affected for each, visit in affected.items()} == {mine: "ABSENT"}
    again = await town.propose(only_affected=True)
    rows = await town.rows(again)
    assert (rows[mine].change, rows[mine].technician_id) == ("MOVE", far)
    assert rows[theirs].change == "UNCHANGED"
    await town.accept(again)
    assert (await town.planned())[mine].technician_id == far
    assert not await town.planned(affected=True)


async def test_who_has_not_begun_in_time_is_told(town: Town) -> None:
    await town.technician()
    work = await town.work(1)
    await town.accept(await town.propose())
    day = town.tomorrow
    planned = (await town.planned())[work]
    begins = planned.begins_at.ToDatetime(tzinfo=town.desk.clock.now().tzinfo)
    town.desk.clock.advance(begins - town.desk.clock.now())
    assert not await town.planned(day=day, affected=True)
    town.desk.clock.advance(timedelta(minutes=31))
    told = await town.planned(day=day, affected=True)
    assert told[work].affected == "NOT_STARTED"


async def test_a_pinned_visit_stays_where_it_is(town: Town) -> None:
    near, far = await town.technician(0), await town.technician(12)
    work = await town.work(11)
    plan = await town.propose()
    assert (await town.rows(plan))[work].technician_id == far
    await town.accept(plan)
    pinned = await town.call("PinVisit", work_order_id=work, reason="客户点名")
    assert (pinned.pinned_by_person_id, pinned.pin_reason) == ("pe_dispatcher", "客户点名")
    await town.absent(far, 0, 24)
    stuck = await town.rows(await town.propose())
    assert stuck[work].change == "IMPOSSIBLE"
    await town.call("UnpinVisit", work_order_id=work)
    free = await town.propose()
    assert (await town.rows(free))[work].technician_id == near
    await town.call("PinVisit", work_order_id=work, reason="再等等")
    assert (await town.accept(free)).refused[0].reason == "PINNED"
    assert (await town.planned())[work].technician_id == far


async def test_the_same_day_and_seed_give_the_same_plan(town: Town) -> None:
    for kilometres in (0, 5, 9):
        await town.technician(kilometres)
    for kilometres in range(8):
        await town.work(kilometres)
    plans = [await town.propose(search_milliseconds=3_000, seed=7) for _ in range(2)]
    first, second = [
        {each: (row.technician_id, row.begins_at.seconds) for each, row in rows.items()}
        for rows in [await town.rows(plan) for plan in plans]
    ]
    assert plans[0].steps == plans[1].steps
    assert first == second


async def test_others_are_answered_while_a_plan_is_searched_for(town: Town) -> None:
    for kilometres in range(6):
        await town.technician(kilometres)
    for kilometres in range(40):
        await town.work(kilometres / 8)
    searching = asyncio.create_task(town.propose(search_milliseconds=2_000))
    answered = 0
    while not searching.done():
        await town.call("ListDayPlans", day=town.tomorrow)
        answered += 1
    assert (await searching).steps > 0
    assert answered > 20


async def test_technicians_see_their_own_route_and_nobody_elses(town: Town) -> None:
    near, far = await town.technician(0), await town.technician(30)
    mine, theirs = await town.work(1), await town.work(29)
    await town.accept(await town.propose())
    assert set(await town.planned(technician(near))) == {mine}
    assert set(await town.planned(technician(near), technician_id=far)) == {mine}
    assert set(await town.planned(technician_id=far)) == {theirs}


async def test_only_dispatchers_plan(town: Town) -> None:
    plan = await town.propose()
    for by in (technician("pe_1"), CUSTOMER, Actor("pe_w", frozenset({"warehouse"}))):
        asked = {"day": town.tomorrow, "region_code": town.zone}
        assert await town.refused("ProposeDayPlan", by, **asked) == "ROLE_REQUIRED"
        refused = await town.refused("AcceptDayPlan", by, day_plan_id=plan.day_plan_id)
        assert refused == "ROLE_REQUIRED"
    assert await town.refused("ListDayPlans", CUSTOMER) == "ROLE_REQUIRED"


async def test_a_district_whose_code_ends_in_nought_is_not_its_neighbours(town: Town) -> None:
    qijiang = Actor("pe_q", frozenset({"dispatcher"}), region_adcodes=("500110",))
    asked = {"day": town.tomorrow, "region_code": "500112"}
    assert await town.refused("ProposeDayPlan", qijiang, **asked) == "DAY_PLAN_REGION"


async def test_what_cannot_be_planned_is_refused_by_its_field(town: Town) -> None:
    for reason, asked in (
        ("DAY_PLAN_DAY_INVALID", {"day": "morgen"}),
        ("DAY_PLAN_DAY_INVALID", {"day": "2020-01-01"}),
        ("DAY_PLAN_BREAK_INVALID", {"day": town.tomorrow, "break_minutes": 400}),
        ("DAY_PLAN_SEARCH_INVALID", {"day": town.tomorrow, "search_milliseconds": 60_000}),
        ("TEAM_UNKNOWN", {"day": town.tomorrow, "team_id": "te_x", "region_code": town.zone}),
    ):
        if reason == "TEAM_UNKNOWN":
            await town.work(1)
        assert await town.refused("ProposeDayPlan", **asked) == reason
    assert await town.refused("GetDayPlan", day_plan_id="dp_x") == "DAY_PLAN_UNKNOWN"
    work = await town.work(1)
    refused = await town.refused("PinVisit", work_order_id=work, reason="x")
    assert refused == "PLANNED_VISIT_UNKNOWN"


async def test_a_discarded_proposal_is_not_accepted(town: Town) -> None:
    await town.technician()
    await town.work(1)
    plan = await town.propose()
    await town.call("DiscardDayPlan", day_plan_id=plan.day_plan_id)
    refused = await town.refused("AcceptDayPlan", day_plan_id=plan.day_plan_id)
    assert refused == "DAY_PLAN_DISCARDED"


async def test_a_plan_of_other_regions_is_not_there_for_who_has_only_theirs(town: Town) -> None:
    await town.technician()
    await town.work(1)
    everywhere = await town.propose(region_code="")
    beijing = await town.propose(region_code="110105")
    local = Actor("pe_local", frozenset({"dispatcher"}), region_adcodes=("110000",))
    stranger = Actor("pe_stranger", frozenset({"dispatcher"}), region_adcodes=("310000",))
    assert (await town.call("GetDayPlan", local, day_plan_id=beijing.day_plan_id)).day
    for by, plan in ((local, everywhere), (stranger, beijing), (stranger, everywhere)):
        for rpc in ("GetDayPlan", "ListDayPlanRows", "AcceptDayPlan", "DiscardDayPlan"):
            assert await town.refused(rpc, by, day_plan_id=plan.day_plan_id) == "DAY_PLAN_UNKNOWN"
    listed = await town.call("ListDayPlans", local, day=town.tomorrow)
    assert beijing.day_plan_id in {plan.day_plan_id for plan in listed.day_plans}
    assert everywhere.day_plan_id not in {plan.day_plan_id for plan in listed.day_plans}
    own = await town.propose(local, region_code="")
    assert (await town.call("GetDayPlan", local, day_plan_id=own.day_plan_id)).visit_count >= 0
