"""What the product does by itself at set times: Temporal's schedules, the same on every start."""

from __future__ import annotations

import contextlib
from datetime import timedelta
from typing import Any, Final, NamedTuple

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
from workflows.system.due_visits import DUE_VISITS, DueVisits
from workflows.system.holdback import HOLDBACK_RELEASE, HoldbackRelease
from workflows.system.nudge import NUDGE, Nudges
from workflows.system.sweep import SWEEP, Sweep

_ANSWER_WITHIN: Final = timedelta(seconds=10)


class _Timed(NamedTuple):
    """A workflow, and when a round of it begins, by the clocks of Shanghai."""

    workflow: str
    order: Any
    cron: str


#: By their ids; a round that is due while the last one still runs is left out.
SCHEDULES: Final = {
    "nudge": _Timed(NUDGE, Nudges(), "0 3 * * *"),
    "due_visits": _Timed(DUE_VISITS, DueVisits(), "7 * * * *"),
    "expired_slots": _Timed(
        SWEEP, Sweep("workorder.v1.AppointmentService/ExpireSlots"), "*/10 * * * *"
    ),
    "expired_parts": _Timed(
        SWEEP, Sweep("workorder.v1.StockService/ExpireReservations"), "*/10 * * * *"
    ),
    "holdbacks": _Timed(HOLDBACK_RELEASE, HoldbackRelease(), "1 * * * *"),
    "adjustments": _Timed(
        SWEEP, Sweep("settlement.v1.AdjustmentService/SettleAdjustments"), "*/10 * * * *"
    ),
    "statements": _Timed(
        SWEEP, Sweep("settlement.v1.StatementService/CloseDuePeriods"), "4 * * * *"
    ),
    "anomalies": _Timed(SWEEP, Sweep("workorder.v1.AnomalyService/SweepAnomalies"), "*/10 * * * *"),
}


async def keep_schedules(temporal: Client) -> None:
    """Make the schedules that are not there yet; one that operations changed or paused stays so.

    Raises:
        Unavailable: Temporal does not answer.
    """
    for schedule_id, timed in SCHEDULES.items():
        schedule = Schedule(
            action=ScheduleActionStartWorkflow(
                timed.workflow, timed.order, id=schedule_id, task_queue=TASK_QUEUE
            ),
            spec=ScheduleSpec(cron_expressions=[timed.cron], time_zone_name="Asia/Shanghai"),
            policy=SchedulePolicy(overlap=ScheduleOverlapPolicy.SKIP),
        )
        with typed_errors(schedule_id), contextlib.suppress(ScheduleAlreadyRunningError):
            await temporal.create_schedule(schedule_id, schedule, rpc_timeout=_ANSWER_WITHIN)
