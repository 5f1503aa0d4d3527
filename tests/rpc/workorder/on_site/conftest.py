"""A technician on site, with the phone in hand.

site      a work order in progress, the technician who has it, and how they report:
          ``await site.report(site.tell(5, work_clock=START))``, ``await site.record()``
"""

import itertools
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest

from kit.authn import SYSTEM, Actor
from kit.rpc.convert import instant_to_proto
from protos.common.v1.money_pb2 import Money
from protos.common.v1.place_pb2 import Location
from protos.workorder.v1 import extra_pb2, workorder_pb2
from protos.workorder.v1 import on_site_pb2 as pb
from tests.rpc.workorder.conftest import CUSTOMER, HERE, Desk, technician

HQ = Actor("pe_hq", frozenset({"hq"}))
START = pb.WorkClockAct(verb=pb.WORK_CLOCK_VERB_START)
RESUME = pb.WorkClockAct(verb=pb.WORK_CLOCK_VERB_RESUME)
STOP = pb.WorkClockAct(verb=pb.WORK_CLOCK_VERB_STOP)
PAUSE = pb.WorkClockAct(verb=pb.WORK_CLOCK_VERB_PAUSE, reason=pb.PAUSE_REASON_CUSTOMER)
ARRIVES = pb.SiteArrival(location=HERE, accuracy_m=20)
ELSEWHERE = pb.SiteArrival(location=Location(longitude=116.46, latitude=39.926))


def photo(digit: str = "a", looks: str = "", **fields: Any) -> pb.Evidence:
    return pb.Evidence(
        kind=pb.EVIDENCE_KIND_DURING, file_id="fl_1.jpg", sha256=digit * 64,
        perceptual_hash=looks, **fields,
    )  # fmt: skip


@dataclass
class OnSite:
    desk: Desk
    work_order: workorder_pb2.WorkOrder
    numbers: "itertools.count[int]" = field(default_factory=itertools.count)

    @property
    def work_order_id(self) -> str:
        return self.work_order.work_order_id

    @property
    def technician(self) -> Actor:
        return technician(self.work_order.technician_id)

    @property
    def now(self) -> datetime:
        return self.desk.clock.now()

    def tell(self, minutes: float, command_id: str = "", **act: Any) -> pb.OnSiteCommand:
        """A command of so many minutes from now on, by a phone whose clock is right."""
        return pb.OnSiteCommand(
            command_id=command_id or f"phone.{next(self.numbers):06}",
            occurred_at=instant_to_proto(self.now + timedelta(minutes=minutes)),
            **act,
        )

    async def report(
        self,
        *commands: pb.OnSiteCommand,
        by: Actor | None = None,
        clock_slow_by: timedelta = timedelta(0),
        **fields: Any,
    ) -> pb.OnSiteReport:
        answer = await self.desk.call("OnSiteService/ReportOnSite", by or self.technician,
            work_order_id=self.work_order_id, device_id="phone-7", commands=commands,
            sent_at=instant_to_proto(self.now - clock_slow_by), **fields,
        )  # fmt: skip
        assert isinstance(answer, pb.OnSiteReport)
        return answer

    async def record(self, by: Actor = SYSTEM) -> pb.OnSiteRecord:
        answer = await self.desk.call(
            "OnSiteService/GetOnSiteRecord", by, work_order_id=self.work_order_id
        )
        assert isinstance(answer, pb.OnSiteRecord)
        return answer

    def pass_minutes(self, minutes: float) -> None:
        self.desk.clock.advance(timedelta(minutes=minutes))

    async def complete(self) -> None:
        told = await self.desk.get(self.work_order_id)
        await self.desk.call(
            "CompleteWork", work_order_id=self.work_order_id,
            technician_id=self.technician.person_id, completion_code=told.completion_code,
        )  # fmt: skip

    async def accept(self) -> None:
        await self.desk.call(
            "RecordAcceptance", CUSTOMER, work_order_id=self.work_order_id, rating=5
        )

    def extra(self, **fields: Any) -> dict[str, Any]:
        """What a good ProposeExtra says."""
        line = extra_pb2.ExtraLine(
            item_code="AC-PIPE", item_name="加长铜管", catalogue="project_library", quantity=2,
            amount=Money(currency="CNY", amount_minor=16000),
        )  # fmt: skip
        return {
            "work_order_id": self.work_order_id,
            "quote_id": f"qt_extra_{next(self.desk.numbers)}",
            "lines": [line],
            "total": Money(currency="CNY", amount_minor=16000),
            "note": "外机位置较远",
            **fields,
        }

    async def propose(self, **fields: Any) -> extra_pb2.Extra:
        answer = await self.desk.call(
            "ExtraService/ProposeExtra", self.technician, **self.extra(**fields)
        )
        assert isinstance(answer, extra_pb2.Extra)
        return answer


def outcomes(report: pb.OnSiteReport) -> list[int]:
    return [standing.outcome for standing in report.standings]


async def in_progress(desk: Desk, **fields: Any) -> OnSite:
    return OnSite(desk, await desk.in_progress(**fields))


@pytest.fixture
async def site(desk: Desk) -> OnSite:
    return await in_progress(desk)
