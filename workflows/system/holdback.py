"""Hold-backs (质保金) that fall due: the settlement service releases them, at their instant.

A Temporal schedule begins a round every hour. It releases what is due, and waits for what falls due
before the next round. What is released is asked afresh each time and decided by the service, which lets
each go once, so that whatever is cut off in between neither keeps one nor releases it twice.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from workflows.language.times import shanghai_text
    from workflows.system.calling import call

HOLDBACK_RELEASE: Final = "HoldbackRelease"
_RELEASE: Final = "settlement.v1.AdjustmentService/ReleaseDueHoldbacks"
#: A service whose clock is behind ours is asked again, no sooner than this.
_LEAST_PAUSE: Final = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class HoldbackRelease:
    """One round.

    Attributes:
        until: an ISO instant; what falls due later is another round's. Empty: an hour from its start.
        asked: how often the service was.
        released: how many it has released.
    """

    until: str = ""
    asked: int = 0
    released: int = 0


@workflow.defn(name=HOLDBACK_RELEASE)
class HoldbackReleaseWorkflow:
    """One round."""

    @workflow.run
    async def run(self, order: HoldbackRelease) -> int:
        """Release what falls due; the result is how many were."""
        if not order.until:
            order = replace(order, until=(workflow.now() + timedelta(hours=1)).isoformat())
        until = datetime.fromisoformat(order.until)
        while True:
            key = f"{workflow.info().workflow_id}/{order.asked}"
            reply = await call(_RELEASE, {"idempotency_key": key})
            order = replace(
                order, asked=order.asked + 1, released=order.released + reply["released_count"]
            )
            if not reply["more"]:
                due = _instant(reply.get("next_release_at"))
                if due is None or due > until:
                    return order.released
                await self._wait(due)
            if workflow.info().is_continue_as_new_suggested():
                workflow.continue_as_new(order)

    async def _wait(self, due: datetime) -> None:
        pause = max(due - workflow.now(), _LEAST_PAUSE)
        await workflow.sleep(pause, summary=f"质保金到期：{shanghai_text(due)}")


def _instant(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
