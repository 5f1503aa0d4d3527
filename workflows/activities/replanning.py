"""Telling cases of an edit of their calendar, at a limited rate."""

from __future__ import annotations

import asyncio
import time
from datetime import timedelta
from typing import Any, Final

from temporalio import activity
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from workflows.runtime.calendars import calendar_from_reply
from workflows.runtime.payloads import CALENDAR_CHANGED, Signal

_ANSWER_WITHIN: Final = timedelta(seconds=5)
#: After telling a case we rest so many times as long as that took: a server that is slow because it
#: has much to do is given its time.
_RESTS: Final = 4.0


class CalendarTelling:
    """Tells cases; a case passes over an edit that it has."""

    def __init__(self, temporal: Client) -> None:
        self._temporal = temporal

    @activity.defn(name="tell_calendar")
    async def tell(
        self, workflow_ids: list[str], calendar: dict[str, Any], per_second: float
    ) -> None:
        """Tell these cases of a calendar, as the directory gives it.

        Raises:
            RPCError: Temporal does not answer; another attempt goes on where this one was.
        """
        details = activity.info().heartbeat_details
        first = details[0] if details else 0
        signal = Signal(
            type=CALENDAR_CHANGED,
            key=calendar["calendar_code"],
            payload={"calendar": calendar_from_reply(calendar)},
        )
        for number in range(first, len(workflow_ids)):
            began = time.monotonic()
            await self._tell(workflow_ids[number], signal)
            activity.heartbeat(number + 1)
            await asyncio.sleep(max(1 / per_second, _RESTS * (time.monotonic() - began)))

    async def _tell(self, workflow_id: str, signal: Signal) -> None:
        handle = self._temporal.get_workflow_handle(workflow_id)
        try:
            await handle.signal("event", signal, rpc_timeout=_ANSWER_WITHIN)
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:  # it has ended meanwhile
                raise
