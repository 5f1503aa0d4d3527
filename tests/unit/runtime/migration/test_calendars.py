"""A case moves to a version that counts working time by another calendar: what is open is planned
again, as after an edit."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from kit.calendar import BusinessCalendar
from tests.unit.compiler.flows import CATALOG, HEADER, flow
from tests.unit.runtime.cases import MONDAY, Small
from workflows.compiler.compile import compile_or_raise
from workflows.compiler.plan import Plan
from workflows.runtime.commands import CallRpc, RecordAct
from workflows.runtime.events import Act, CalendarChanged, Resumed
from workflows.runtime.messages import SEND
from workflows.runtime.migration import MigrationOrder, Outcome, Verdict, judge, migrate
from workflows.runtime.port import VirtualCase

BY_DAY = ((9 * 60, 18 * 60),)
UNTIL_LATE = ((9 * 60, 21 * 60),)
MORNINGS = ((9 * 60, 12 * 60),)
OFFICE = BusinessCalendar("office", "o1", (BY_DAY,) * 5 + ((), ()), version=1, first_year=2026)
SHOP = BusinessCalendar("shop", "s4", (UNTIL_LATE,) * 7, version=4, first_year=2026)
DEPOT = BusinessCalendar("depot", "d1", (MORNINGS,) * 7, version=1, first_year=2026)
FLOW = """
calendar: office
start: measure
nodes:
  - id: measure
    kind: form
    name: 量房
    assignee: {role: sales}
    sla: {complete: 12h, remind: [{of: complete, before: 2h, template: task_due}]}
    form: [{id: metres, kind: number, name: 米}]
  - {id: rest, kind: wait, name: 等一等, duration: 10h, calendar: business}
  - {id: done, kind: end, name: 完}
  - {id: late, kind: end, name: 迟了}
edges:
  - {from: measure, to: rest}
  - {from: rest, to: done}
  - {from: measure, to: late, on: timer, after: 20h, calendar: business}
"""


def version(calendar: str) -> Plan:
    body = FLOW.replace("calendar: office\n", f"calendar: {calendar}\n" if calendar else "")
    return compile_or_raise(flow(body, header=HEADER), CATALOG)


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"2026-{text}:00+08:00").astimezone(UTC)


def measuring() -> VirtualCase:
    """Open since Monday at nine; an hour has passed."""
    case = VirtualCase(version("office"), Small(), MONDAY)
    case.start({}, calendar=OFFICE)
    case.advance(timedelta(hours=1))
    return case


def order(calendar: BusinessCalendar | None) -> MigrationOrder:
    return MigrationOrder("mg/1", 2, "pe_ops", calendar=calendar)


def judged(case: VirtualCase, new: Plan, calendar: BusinessCalendar | None) -> Verdict:
    return judge(case.state, case.plan, new, order(calendar), case.now)


def move(case: VirtualCase, new: Plan, calendar: BusinessCalendar) -> None:
    verdict = judged(case, new, calendar)
    assert verdict.outcome is Outcome.SAFE, verdict
    wanted = order(calendar)
    case.state, commands = migrate(case.state, case.plan, new, verdict.moved, wanted, case.now)
    case.plan = new
    case.commands += [(case.now, command) for command in commands]


def dues(case: VirtualCase) -> dict[str, datetime]:
    return {timer.purpose: timer.due for timer in case.state.timers.values()}


def replans(case: VirtualCase) -> list[RecordAct]:
    return [c for _, c in case.commands if isinstance(c, RecordAct) and c.verb == "replan"]


def told(case: VirtualCase) -> list[str]:
    calls = [c for _, c in case.commands if isinstance(c, CallRpc) and c.rpc == SEND]
    return [call.request["template_code"] for call in calls]


def test_what_is_open_is_counted_by_the_other_calendar_since_it_began() -> None:
    case = measuring()
    assert case.state.tasks["measure/1"].complete_due == at("03-03T12:00")
    move(case, version("shop"), SHOP)
    assert case.state.calendar == SHOP
    assert case.state.tasks["measure/1"].complete_due == at("03-02T21:00")
    assert dues(case) == {"remind-1": at("03-02T19:00"), "measure>late": at("03-03T17:00")}
    (act,) = replans(case)
    assert (act.person, act.rule) == ("system", "calendar/shop/4")
    assert act.before["complete_due"] == "2026-03-03T04:00:00Z"
    assert act.after["complete_due"] == "2026-03-02T13:00:00Z"


@pytest.mark.parametrize(
    ("calendar", "heard"), [(SHOP, ["task_due"]), (DEPOT, [])], ids=["sooner", "later"]
)
def test_only_those_hear_of_it_whose_deadline_has_come_nearer(
    calendar: BusinessCalendar, heard: list[str]
) -> None:
    case = measuring()
    move(case, version(calendar.code), calendar)
    assert told(case) == heard


def test_an_alarm_that_is_overdue_by_the_other_calendar_rings_at_once_and_once() -> None:
    case = measuring()
    case.advance(timedelta(hours=10))
    move(case, version("shop"), SHOP)
    case.feed(Resumed(case.now))
    assert dues(case)["remind-1"] == at("03-02T19:00") < case.now


def test_what_opens_later_counts_by_it_and_so_do_its_edits() -> None:
    case = measuring()
    move(case, version("shop"), SHOP)
    case.feed(Resumed(case.now))
    case.act(Act("k", "complete", "pe_sales", task_id="measure/1", form={"metres": "3"}))
    assert dues(case) == {"wait": at("03-02T20:00")}
    case.feed(CalendarChanged(case.now, replace(OFFICE, version=9)))
    assert case.state.calendar == SHOP, "it is not its calendar any more"
    case.feed(CalendarChanged(case.now, replace(DEPOT, code="shop", version=5)))
    assert dues(case)["wait"] == at("03-05T11:00")


def test_a_case_that_counted_by_none_gets_one_and_one_that_needs_none_leaves_it() -> None:
    natural = FLOW.replace("calendar: office\n", "").replace(
        "calendar: business", "calendar: natural"
    )
    bare = compile_or_raise(
        flow(natural.replace("sla: {", "sla: {calendar: natural, "), header=HEADER), CATALOG
    )
    case = VirtualCase(bare, Small(), MONDAY)
    case.start({})
    move(case, version("office"), OFFICE)
    assert case.state.tasks["measure/1"].complete_due == at("03-03T12:00")
    verdict = judged(case, bare, None)
    assert verdict.outcome is Outcome.SAFE
    case.state, _ = migrate(case.state, case.plan, bare, {}, order(None), case.now)
    assert case.state.calendar is None
    assert case.state.tasks["measure/1"].complete_due == at("03-02T21:00")


@pytest.mark.parametrize("brought", [None, OFFICE])
def test_a_case_stays_where_the_company_has_no_such_calendar(
    brought: BusinessCalendar | None,
) -> None:
    verdict = judged(measuring(), version("shop"), brought)
    assert [finding.code for finding in verdict.findings] == ["MIGRATION_CALENDAR_MISSING"]
