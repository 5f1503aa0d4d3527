"""A calendar is edited while many cases wait: they are re-planned, and people's acts are answered in
time meanwhile; nobody is forgotten when the worker is killed.

``REPLANNED_CASES=30000 python -m pytest -s tests/soak/test_replan.py`` is the whole of it; by itself it
takes as many as fit into a few minutes. The worker is a process of its own.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import count
from pathlib import Path
from statistics import quantiles

from kit.clock import SHANGHAI
from kit.errors import Unavailable
from protos.cases.v1 import cases_pb2
from services.directory.domain.calendar import CalendarDefinition, Day
from tests.workflow.conftest import Office, real_office
from tests.workflow.doomed import doomed_worker
from tests.workflow.test_replan import ROUND_THE_WEEK, edit, lasting, relaying, stale
from workflows.client import CaseStart, StartedCase

__all__ = ["real_office"]

CASES = int(os.environ.get("REPLANNED_CASES", "500"))
LONGEST_TEST_SECONDS = 300 + CASES
#: When a worker is killed in the middle.
FEW = 60
#: Cases that people act on meanwhile; the target of an act, in milliseconds.
ACTED_ON = 40
P50, P99 = 25, 100
#: In seconds.
BETWEEN_ACTS = 0.2
#: Counting thousands of cases takes the machine some milliseconds of its own.
ACTS_BETWEEN_COUNTS = 25
_AT_ONCE = 3


async def start_many(office: Office, flow_code: str, many: int) -> list[StartedCase]:
    gate = asyncio.Semaphore(_AT_ONCE)

    async def start(number: int) -> StartedCase:
        wanted = CaseStart(flow_code, {}, started_by="pe_clerk", start_key=str(number))
        async with gate:
            while True:
                try:
                    return await office.cases.start(wanted)
                except Unavailable:  # the machine is busy; the key keeps it one case
                    await asyncio.sleep(1)

    return list(await asyncio.gather(*(start(number) for number in range(many))))


async def known(office: Office, many: int, calendar_code: str) -> None:
    while await stale(office, calendar_code, 0) < many:  # noqa: ASYNC110 - nobody is told
        await asyncio.sleep(1)


def tasks_of(cases: list[StartedCase]) -> list[cases_pb2.UserTask]:
    return [
        cases_pb2.UserTask(workflow_id=case.workflow_id, user_task_id="measure/1") for case in cases
    ]


async def act(office: Office, tasks: Iterator[cases_pb2.UserTask]) -> float:
    """How long one act takes, in milliseconds."""
    began = time.perf_counter()
    reply = await office.act(next(tasks), "comment", "pe_li", revision=None, comment="在办")
    assert reply.applied, reply.refusal
    return (time.perf_counter() - began) * 1_000


def tomorrow() -> date:
    return (datetime.now(SHANGHAI) + timedelta(days=1)).date()


def closed(calendar: CalendarDefinition, off: date) -> CalendarDefinition:
    """The next edit of a calendar, with a day off."""
    return replace(calendar, version=2, overrides=(Day(off, (), "盘点"),))


def by_tenths(busy: list[float]) -> list[float]:
    """The p99 of each tenth, which tells what disturbed for a while from what was slow throughout."""
    step = max(len(busy) // 10, 2)
    return [
        quantiles(busy[at : at + step], n=100)[98] for at in range(0, len(busy) - step + 1, step)
    ]


async def test_acts_stay_within_their_target_while_cases_are_replanned(
    real_office: Office, tmp_path: Path
) -> None:
    office = real_office
    office.company.people = {"designer": ["pe_li"], "supervisor": ["pe_chen"]}
    office.company.calendars = [ROUND_THE_WEEK]
    code, off = ROUND_THE_WEEK.calendar_code, tomorrow()
    async with doomed_worker(office, tmp_path), relaying(office):
        flow = await office.publish(lasting(45))
        starting = time.perf_counter()
        cases = await start_many(office, flow.flow_code, CASES)
        await known(office, CASES, code)
        print(f"\n{CASES} cases wait after {time.perf_counter() - starting:.0f} s")
        turn = count()
        acted = tasks_of(cases[:ACTED_ON])
        tasks = (acted[n % ACTED_ON] for n in turn)
        quiet: list[float] = []
        for _ in range(3 * ACTED_ON):
            quiet.append(await act(office, tasks))
            await asyncio.sleep(BETWEEN_ACTS)
        began = time.perf_counter()
        await edit(office, closed(ROUND_THE_WEEK, off), off)
        busy: list[float] = []
        while left := await stale(office, code, 2):
            for _ in range(ACTS_BETWEEN_COUNTS):
                busy.append(await act(office, tasks))
                await asyncio.sleep(BETWEEN_ACTS)
            assert time.perf_counter() - began < 60 + CASES, f"{left} cases are left"
        took = time.perf_counter() - began
    before, meanwhile = quantiles(quiet[ACTED_ON:], n=100), quantiles(busy, n=100)
    print(
        f"\n{CASES} cases re-planned in {took:.0f} s, {CASES / took:.1f} a second; acts p50"
        f" {before[49]:.1f} p99 {before[98]:.1f} ms before, p50 {meanwhile[49]:.1f} p99"
        f" {meanwhile[98]:.1f} ms meanwhile ({len(busy)} acts); p99 of each tenth of it:"
        f" {', '.join(f'{slow:.0f}' for slow in by_tenths(busy))}"
    )
    acts = await office.acts(cases[-1])
    assert [(each.verb, each.rule) for each in acts] == [("replan", f"calendar/{code}/2")]
    assert meanwhile[49] < max(P50, 2 * before[49])
    assert meanwhile[98] < max(P99, 2 * before[98])


async def test_every_case_is_replanned_once_though_the_worker_is_killed_in_the_middle(
    real_office: Office, tmp_path: Path
) -> None:
    office = real_office
    office.company.people = {"designer": ["pe_li"], "supervisor": ["pe_chen"]}
    calendar = replace(ROUND_THE_WEEK, calendar_code="killed")
    office.company.calendars = [calendar]
    code, off = calendar.calendar_code, tomorrow()
    async with relaying(office):
        async with doomed_worker(office, tmp_path):
            by_it = lasting(45).replace("calendar: replanned", f"calendar: {code}")
            flow = await office.publish(by_it)
            cases = await start_many(office, flow.flow_code, FEW)
            await known(office, FEW, code)
            await edit(office, closed(calendar, off), off)
            while await stale(office, code, 2) > FEW // 2:  # noqa: ASYNC110 - nobody is told
                await asyncio.sleep(0.05)
        assert await stale(office, code, 2), "some are left"
        async with doomed_worker(office, tmp_path):
            while await stale(office, code, 2):  # noqa: ASYNC110 - nobody is told
                await asyncio.sleep(1)
    for case in cases:
        acts = [(act.verb, act.rule) for act in await office.acts(case)]
        assert acts == [("replan", f"calendar/{code}/2")]
