"""Idle cases and field work are nudged onto the present build, so that no build, and no interpreter,
has to be kept for years: a case that waits for an answer of next spring would stay where it began.

Whoever is busy moves by itself, at its next event. A round leaves a build that has only just become
present alone, so that a roll-back finds the idle cases where they were.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from temporalio import workflow
from temporalio.common import RetryPolicy

NUDGE: Final = "Nudge"
_LONGEST_ROUND: Final = timedelta(hours=20)
_NO_WORD_FOR: Final = timedelta(minutes=1)
_FOR_EVER: Final = RetryPolicy(maximum_interval=timedelta(minutes=1))


@dataclass(frozen=True, slots=True)
class Nudges:
    """One round.

    Attributes:
        per_second: how many are nudged; each costs a replay, and a workflow task of a new run.
        rest_seconds: how long a build must have been present.
    """

    per_second: float = 5.0
    rest_seconds: int = 24 * 3600


@workflow.defn(name=NUDGE)
class NudgeWorkflow:
    """One round, once a day by schedule; which of them are left is asked afresh after a kill."""

    @workflow.run
    async def run(self, order: Nudges) -> int:
        """Nudge all that run on another build than the present one; the result is how many."""
        nudged: int = await workflow.execute_activity(
            "nudge_all",
            args=[order.per_second, order.rest_seconds],
            result_type=int,
            start_to_close_timeout=_LONGEST_ROUND,
            heartbeat_timeout=_NO_WORD_FOR,
            retry_policy=_FOR_EVER,
            summary=f"换到当前版本：每秒 {order.per_second:g} 个",
        )
        return nudged
