"""What is over by the clock is written down as such: a service's own RPC, asked until nothing is left.

Nothing depends on it: whoever asks is answered by the clock, whether this runs or not.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from workflows.system.calling import call

SWEEP: Final = "Sweep"


@dataclass(frozen=True, slots=True)
class Sweep:
    """One round.

    Attributes:
        rpc: takes an idempotency key, and says whether there may be ``more``.
        asked: how often it was.
    """

    rpc: str
    asked: int = 0


@workflow.defn(name=SWEEP)
class SweepWorkflow:
    """One round."""

    @workflow.run
    async def run(self, order: Sweep) -> int:
        """Ask until there is no more; the result is how often."""
        more = True
        while more:
            key = f"{workflow.info().workflow_id}/{order.asked}"
            reply = await call(order.rpc, {"idempotency_key": key})
            order, more = replace(order, asked=order.asked + 1), reply["more"]
            if more and workflow.info().is_continue_as_new_suggested():
                workflow.continue_as_new(order)
        return order.asked
