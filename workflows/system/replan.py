"""A calendar was edited: the open cases that count working time by it are told, at a limited rate.

First those whose open deadlines reach over a changed day, the next due first, since they may ring at
another instant now; then all others, which only take the calendar for what they open later. A case
passes over an edit that it has, so telling it twice after a kill does no harm; a newer edit that
comes meanwhile begins anew with the most pressing cases.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Final

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from workflows.runtime.calendars import GET_CALENDAR, edited_calendar_request
    from workflows.runtime.payloads import CaseToTell
    from workflows.system.calling import UNTIL_ANSWERED, call

REPLAN: Final = "Replan"
#: How many cases are told a second, at most: some 40 ms of all processes together for each, beside
#: the acts of people, who at ten a second wait for it at times (tests/soak/test_replan.py).
PER_SECOND: Final = 7.0
_PAGE: Final = 100
_LONGEST_PAGE: Final = timedelta(minutes=30)
_NO_WORD_FOR: Final = timedelta(seconds=20)
#: Until cases that began by the old calendar just before the edit stand in the read model.
_LAST_LOOK_AFTER: Final = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class CalendarEdit:
    """An edit of a calendar.

    Attributes:
        changed_days: spans from a first to a last day, as ISO dates.
    """

    version: int
    changed_days: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Replanning:
    """The edits of one calendar, and how far the cases have been told.

    Attributes:
        edit: the newest, with the changed days of all that are not told of everywhere.
        told: how many cases have been told.
        per_second: how many are told a second, at most.
        looked_again: everybody was told, and whoever has begun by the old calendar since.
        pause_seconds: how long it pauses between two cases, since they take so long.
    """

    calendar_code: str
    edit: CalendarEdit = CalendarEdit(0)
    told: int = 0
    per_second: float = PER_SECOND
    looked_again: bool = False
    pause_seconds: float = 0.0


@workflow.defn(name=REPLAN)
class ReplanWorkflow:
    """All edits of one calendar that come before the cases have been told of the last."""

    @workflow.init
    def __init__(self, order: Replanning) -> None:
        self._now = order
        self._newer = False

    @workflow.signal
    def edited(self, edit: CalendarEdit) -> None:
        """There is another edit."""
        if edit.version <= self._now.edit.version:
            return
        days = (*self._now.edit.changed_days, *edit.changed_days)
        both = CalendarEdit(edit.version, tuple(dict.fromkeys(days)))
        self._now = replace(self._now, edit=both, looked_again=False)
        self._newer = True

    @workflow.query
    def progress(self) -> Replanning:
        """How far it is."""
        return self._now

    @workflow.run
    async def run(self, order: Replanning) -> int:
        """Tell everybody; the result is how many times a case was told."""
        await workflow.wait_condition(lambda: self._now.edit.version > 0)
        while not self._now.looked_again:
            self._newer = False
            await self._tell_all()
            if not self._newer:
                await self._look_again()
        return self._now.told

    async def _look_again(self) -> None:
        try:
            await workflow.wait_condition(
                lambda: self._newer,
                timeout=_LAST_LOOK_AFTER,
                timeout_summary="再看一遍编辑前刚开始的个案",
            )
        except TimeoutError:
            await self._tell_all()
            if not self._newer:
                self._now = replace(self._now, looked_again=True)

    async def _tell_all(self) -> None:
        """Tell those that are pressed, then the others; a newer edit ends it."""
        wanted = edited_calendar_request(self._now.calendar_code, workflow.now())
        calendar = await call(GET_CALENDAR, wanted)
        crossing = [
            {"first_day": first, "last_day": last} for first, last in self._now.edit.changed_days
        ]
        for days in (crossing, []) if crossing else ([],):
            await self._tell(calendar, days)

    async def _tell(self, calendar: dict[str, Any], days: list[dict[str, str]]) -> None:
        wanted: dict[str, Any] = {
            "calendar_code": self._now.calendar_code,
            "version": calendar["version"],
            "crossing": days,
            "time_zone": calendar["time_zone"],
            "limit": _PAGE,
        }
        whom = "时限跨过变更日期的" if days else "其余的"
        while not self._newer:
            page = await call("cases.v1.ReplanningService/ListStaleCases", wanted)
            cases: list[Mapping[str, Any]] = page["cases"]
            if not cases:
                return
            await self._tell_page(cases, calendar)
            self._show_progress(calendar, whom)
            wanted["after"] = cases[-1]
            if workflow.info().is_continue_as_new_suggested():
                workflow.continue_as_new(self._now)

    async def _tell_page(
        self, cases: Sequence[Mapping[str, Any]], calendar: dict[str, Any]
    ) -> None:
        now = self._now
        to_tell = [CaseToTell(case["case_id"], case["workflow_id"]) for case in cases]
        pause: float = await workflow.execute_activity(
            "tell_calendar",
            args=[to_tell, calendar, now.per_second, now.pause_seconds],
            result_type=float,
            start_to_close_timeout=_LONGEST_PAGE,
            heartbeat_timeout=_NO_WORD_FOR,
            retry_policy=UNTIL_ANSWERED,
            summary=f"日历 {now.calendar_code} 第 {calendar['version']} 版：{len(cases)} 个个案",
        )
        # The present order: another edit may have come meanwhile.
        self._now = replace(self._now, told=self._now.told + len(cases), pause_seconds=pause)

    def _show_progress(self, calendar: dict[str, Any], whom: str) -> None:
        now = self._now
        workflow.set_current_details(
            f"日历 {now.calendar_code} 第 {calendar['version']} 版：已通知 {now.told} 个个案，"
            f"正在通知{whom}，每个之间停 {now.pause_seconds * 1_000:.0f} 毫秒"
        )
