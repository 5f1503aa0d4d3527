"""What the product does by itself at set times: Temporal's schedules, the same on every start."""

from __future__ import annotations

import contextlib
from datetime import timedelta
from typing import Final

from temporalio.client import (
    Client,
    Schedule,
    ScheduleActionStartWorkflow,
    ScheduleAlreadyRunningError,
    ScheduleOverlapPolicy,
    SchedulePolicy,
    ScheduleSpec,
)

from workflows.activities.acts import typed_errors
from workflows.client.temporal import TASK_QUEUE
from workflows.system.nudge import NUDGE, Nudges

_NUDGE: Final = "nudge"
_ANSWER_WITHIN: Final = timedelta(seconds=10)


async def keep_schedules(temporal: Client) -> None:
    """Make the schedules that are not there yet; one that operations changed or paused stays so.

    Raises:
        Unavailable: Temporal does not answer.
    """
    nightly = Schedule(
        action=ScheduleActionStartWorkflow(NUDGE, Nudges(), id=_NUDGE, task_queue=TASK_QUEUE),
        spec=ScheduleSpec(cron_expressions=["0 3 * * *"], time_zone_name="Asia/Shanghai"),
        policy=SchedulePolicy(overlap=ScheduleOverlapPolicy.SKIP),
    )
    with typed_errors(_NUDGE), contextlib.suppress(ScheduleAlreadyRunningError):
        await temporal.create_schedule(_NUDGE, nightly, rpc_timeout=_ANSWER_WITHIN)
