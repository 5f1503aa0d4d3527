"""Telling cases of an edit of their calendar, no faster than they take it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Final, cast

from temporalio import activity
from temporalio.client import Client
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError

from kit.rpc.client import RpcCaller
from protos.cases.v1 import replanning_pb2
from workflows.activities.acts import is_unknown
from workflows.runtime.calendars import calendar_from_reply
from workflows.runtime.payloads import CALENDAR_CHANGED, CaseToTell, Signal

_ANSWER_WITHIN: Final = timedelta(seconds=5)
#: After so many cases the read model is asked which of them have not taken the edit yet.
_TOLD_AT_ONCE: Final = 10
#: So many may be behind: the last ones told, and one that is slow for reasons of its own.
_FEW: Final = 2
#: A case that has not taken it by then has it in its history, and is not waited for.
_LONGEST_WAIT_SECONDS: Final = 5.0
_LONGEST_PAUSE_SECONDS: Final = 2.0


class CalendarTelling:
    """Tells cases; a case passes over an edit that it has."""

    def __init__(self, temporal: Client, caller: RpcCaller) -> None:
        self._temporal = temporal
        self._caller = caller

    @activity.defn(name="tell_calendar")
    async def tell(
        self,
        cases: list[CaseToTell],
        calendar: dict[str, Any],
        per_second: float,
        pause_seconds: float,
    ) -> float:
        """Tell these cases of a calendar, as the directory gives it.

        Args:
            per_second: how many at most.
            pause_seconds: how long to pause between two of them at first.

        Returns:
            How long to pause between those that come next.

        Raises:
            RPCError, ServiceError: Temporal or the read model does not answer; another attempt goes on
                where this one was.
        """
        signal = Signal(
            type=CALENDAR_CHANGED,
            key=calendar["calendar_code"],
            payload={"calendar": calendar_from_reply(calendar)},
        )
        details = activity.info().heartbeat_details
        pause = max(pause_seconds, 1 / per_second)
        for told in range(details[0] if details else 0, len(cases), _TOLD_AT_ONCE):
            some = cases[told : told + _TOLD_AT_ONCE]
            for case in some:
                await _rest(pause)
                await self._tell(case, signal)
                activity.heartbeat(told)
            behind = await self._behind(some, calendar)
            pause = next_pause(pause, behind, per_second)
            if behind > _FEW:
                await self._wait_for(some, calendar, pause)
            activity.heartbeat(told + len(some))
        return pause

    async def _tell(self, case: CaseToTell, signal: Signal) -> None:
        handle = self._temporal.get_workflow_handle(case.workflow_id)
        try:
            await handle.signal("event", signal, rpc_timeout=_ANSWER_WITHIN)
        except RPCError as error:
            if not is_unknown(error):  # else it has ended meanwhile
                raise

    async def _behind(self, cases: Sequence[CaseToTell], calendar: dict[str, Any]) -> int:
        """How many of these the read model does not show to have the edit."""
        request = replanning_pb2.ListStaleCasesRequest(
            calendar_code=calendar["calendar_code"],
            version=calendar["version"],
            case_ids=[case.case_id for case in cases],
        )
        reply = await self._caller.call("cases.v1.ReplanningService/ListStaleCases", request)
        return len(cast(replanning_pb2.ListStaleCasesResponse, reply).cases)

    async def _wait_for(
        self, cases: Sequence[CaseToTell], calendar: dict[str, Any], pause: float
    ) -> None:
        """Wait until only a few of these are behind, or for as long as is sensible."""
        clock = asyncio.get_running_loop().time
        until = clock() + _LONGEST_WAIT_SECONDS
        while clock() < until:
            await _rest(pause)
            if await self._behind(cases, calendar) <= _FEW:
                return


async def _rest(seconds: float) -> None:
    if activity.is_worker_shutdown():
        raise ApplicationError("this worker stops; another one goes on where it was")
    await asyncio.sleep(seconds)


def next_pause(pause: float, behind: int, per_second: float) -> float:
    """How long to pause between the next cases, in seconds.

    Longer when cases fall behind, whatever slows them down, so that people's acts never have more than
    a few of them beside them; shorter when they keep up.

    Args:
        pause: between the last ones.
        behind: how many of these have not taken the edit yet.
    """
    factor = 1.5 if behind > _FEW else 1.0 if behind == _FEW else 0.8
    return min(max(1 / per_second, factor * pause), _LONGEST_PAUSE_SECONDS)
