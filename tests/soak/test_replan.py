"""A calendar is edited while many cases wait: they are re-planned, and people's acts are answered in
time meanwhile.

``REPLANNED_CASES=30000 python -m pytest -s tests/soak/test_replan.py`` is the whole of it; by itself it
takes as many as fit into a few minutes.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import count
from statistics import quantiles

from kit.clock import SHANGHAI
from kit.errors import Unavailable
from protos.cases.v1 import cases_pb2, replanning_pb2
from services.directory.domain.calendar import Day
from tests.workflow.conftest import Office, real_office
from tests.workflow.test_replan import ROUND_THE_WEEK, edit, lasting, relaying
from workflows.client import CaseStart, StartedCase

__all__ = ["real_office"]

CASES = int(os.environ.get("REPLANNED_CASES", "500"))
#: Cases that people act on meanwhile; the target of an act, in milliseconds.
ACTED_ON = 40
P50, P99 = 25, 100
_AT_ONCE = 6


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


async def stale(office: Office, version: int) -> int:
    request = replanning_pb2.CountStaleCasesRequest(
        calendar_code=ROUND_THE_WEEK.calendar_code, version=version
    )
    reply = await office.caller.call("cases.v1.ReplanningService/CountStaleCases", request)
    assert isinstance(reply, replanning_pb2.CountStaleCasesResponse)
    return reply.open_count


async def known(office: Office, many: int) -> None:
    while await stale(office, 0) < many:  # noqa: ASYNC110 - the read model tells nobody
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


async def test_acts_stay_within_their_target_while_cases_are_replanned(
    real_office: Office,
) -> None:
    office = real_office
    office.company.people = {"designer": ["pe_li"], "supervisor": ["pe_chen"]}
    office.company.calendars = [ROUND_THE_WEEK]
    async with office.worker(), relaying(office):
        flow = await office.publish(lasting(45))
        cases = await start_many(office, flow.flow_code, CASES)
        await known(office, CASES)
        turn = count()
        acted = tasks_of(cases[:ACTED_ON])
        tasks = (acted[n % ACTED_ON] for n in turn)
        quiet = [await act(office, tasks) for _ in range(2 * ACTED_ON)][ACTED_ON:]

        off = (datetime.now(SHANGHAI) + timedelta(days=1)).date()
        closed = replace(ROUND_THE_WEEK, version=2, overrides=(Day(off, (), "盘点"),))
        began = time.perf_counter()
        await edit(office, closed, off)
        busy: list[float] = []
        while left := await stale(office, 2):
            busy.append(await act(office, tasks))
            await asyncio.sleep(0.2)
            assert time.perf_counter() - began < 60 + CASES / 4, f"{left} cases are left"
        took = time.perf_counter() - began
    before, meanwhile = quantiles(quiet, n=100), quantiles(busy, n=100)
    print(
        f"\n{CASES} cases re-planned in {took:.0f} s, {CASES / took:.1f} a second; acts p50"
        f" {before[49]:.1f} p99 {before[98]:.1f} ms before, p50 {meanwhile[49]:.1f} p99"
        f" {meanwhile[98]:.1f} ms meanwhile ({len(busy)} acts)"
    )
    acts = await office.acts(cases[-1])
    assert [(each.verb, each.rule) for each in acts] == [("replan", "calendar/replanned/2")]
    assert meanwhile[49] < max(P50, 2 * before[49])
    assert meanwhile[98] < max(P99, 2 * before[98])
