"""Telling cases of an edit of their calendar, no faster than they take it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
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
from workflows.runtime.payloads import CALENDAR_CHANGED, Signal

_ANSWER_WITHIN: Final = timedelta(seconds=5)
#: After so many cases the read model is asked whether they have taken the edit.
_TOLD_AT_ONCE: Final = 10
_ASK_AGAIN_SECONDS: Final = 0.02
#: A case that has not taken it by then has it in its history, and is not waited for.
_LONGEST_WAIT_SECONDS: Final = 5.0
_LONGEST_PAUSE_SECONDS: Final = 2.0


@dataclass(frozen=True, slots=True)
class CaseToTell:
    """An open case that counts by an older edit."""

    case_id: str
    workflow_id: str


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
        details = activity.info().heartbeat_details
        pause = max(pause_seconds, 1 / per_second)
        for told in range(details[0] if details else 0, len(cases), _TOLD_AT_ONCE):
            some = cases[told : told + _TOLD_AT_ONCE]
            for case in some:
                await _rest(pause)
                await self._tell(case, calendar)
                activity.heartbeat(told)
            lag = await self._seconds_until_taken(some, calendar)
            activity.heartbeat(told + len(some))
            pause = pause_after(lag, per_second)
        return pause

    async def _tell(self, case: CaseToTell, calendar: dict[str, Any]) -> None:
        signal = Signal(
            type=CALENDAR_CHANGED,
            key=calendar["calendar_code"],
            payload={"calendar": calendar_from_reply(calendar)},
        )
        handle = self._temporal.get_workflow_handle(case.workflow_id)
        try:
            await handle.signal("event", signal, rpc_timeout=_ANSWER_WITHIN)
        except RPCError as error:
            if not is_unknown(error):  # else it has ended meanwhile
                raise

    async def _seconds_until_taken(
        self, cases: Sequence[CaseToTell], calendar: dict[str, Any]
    ) -> float:
        """How long it takes from now until the read model shows that all of them have the edit."""
        request = replanning_pb2.ListStaleCasesRequest(
            calendar_code=calendar["calendar_code"],
            version=calendar["version"],
            case_ids=[case.case_id for case in cases],
            limit=1,
        )
        clock = asyncio.get_running_loop().time
        began = clock()
        while clock() - began < _LONGEST_WAIT_SECONDS:
            reply = await self._caller.call("cases.v1.ReplanningService/ListStaleCases", request)
            if not cast(replanning_pb2.ListStaleCasesResponse, reply).cases:
                break
            await _rest(_ASK_AGAIN_SECONDS)
        return clock() - began


async def _rest(seconds: float) -> None:
    if activity.is_worker_shutdown():
        raise ApplicationError("this worker stops; another one goes on where it was")
    await asyncio.sleep(seconds)


def pause_after(lag_seconds: float, per_second: float) -> float:
    """How long to pause before the next case, when the last ones took so long to take the edit.

    At least as long as that: half of the time is for what people do, whatever slows the cases down.
    """
    return min(max(1 / per_second, lag_seconds), _LONGEST_PAUSE_SECONDS)
