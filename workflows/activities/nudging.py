"""Going round the runs that are not on the present build, at a limited rate."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Final

from temporalio import activity
from temporalio.client import Client
from temporalio.service import RPCError

from kit.clock import Clock
from workflows.activities.acts import is_unknown
from workflows.activities.deployment import Deployment
from workflows.runtime.payloads import NUDGE, Signal

_ANSWER_WITHIN: Final = timedelta(seconds=5)


class Nudging:
    """Nudges runs; a nudge too many does no harm."""

    def __init__(self, temporal: Client, clock: Clock) -> None:
        self._temporal = temporal
        self._deployment = Deployment(temporal)
        self._clock = clock

    @activity.defn(name="nudge_all")
    async def nudge_all(self, per_second: float, rest_seconds: int) -> int:
        """Nudge every case and field work that runs on another build than the present one.

        Args:
            per_second: how many.
            rest_seconds: how long the present build must have been that.

        Returns:
            How many were nudged. Temporal's pages show it meanwhile.

        Raises:
            Unavailable: Temporal does not answer.
        """
        rest = timedelta(seconds=rest_seconds)
        build_id = await self._deployment.rested(rest, self._clock.now())
        nudged = 0
        if build_id:
            async for workflow_id in self._deployment.cases_elsewhere(build_id):
                await self._nudge(workflow_id)
                nudged += 1
                activity.heartbeat(nudged)
                await asyncio.sleep(1 / per_second)
        return nudged

    async def _nudge(self, workflow_id: str) -> None:
        handle = self._temporal.get_workflow_handle(workflow_id)
        try:
            await handle.signal("event", Signal(type=NUDGE, key=""), rpc_timeout=_ANSWER_WITHIN)
        except RPCError as error:
            if not is_unknown(error):  # else it has ended meanwhile
                raise
