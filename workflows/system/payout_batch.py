"""A payout batch, from its approval until every payee has the money or it has definitely come back.

Each payout is brought on by one call of the settlement service, which hands it to the channel or asks
what became of it, always under the same number: so whatever is cut off or repeated here pays nobody
twice. What the channel tells by itself reaches the service without this workflow; it asks all the same,
less and less often, and ends when nothing is open any more.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Final

from temporalio import workflow
from temporalio.exceptions import ActivityError

with workflow.unsafe.imports_passed_through():
    from workflows.system.calling import call

PAYOUT_BATCH: Final = "PayoutBatch"
_SERVICE: Final = "settlement.v1.PayoutService"
#: So many at once: the channel counts calls.
_AT_ONCE: Final = 5
#: How long it waits before it asks about what is open again; the last one from then on.
_PAUSES: Final = tuple(
    timedelta(seconds=seconds) for seconds in (5, 10, 30, 60, 120, 300, 600, 1200, 1800, 3600)
)
_WORDS: Final = {
    "approved": "提交渠道",
    "submitting": "查询受理结果",
    "doubtful": "结果不明，用原单号查询",
    "waiting_for_payee": "待收款人确认",
    "transferring": "转账中",
}


@dataclass(frozen=True, slots=True)
class PayoutBatch:
    """A batch that was approved.

    Attributes:
        round: how often what is open was brought on.
    """

    payout_batch_id: str
    round: int = 0


@workflow.defn(name=PAYOUT_BATCH)
class PayoutBatchWorkflow:
    """One batch."""

    @workflow.run
    async def run(self, batch: PayoutBatch) -> int:
        """Bring all payouts to their ends; the result is how many were paid."""
        while (found := await self._look(batch))["open_payouts"]:
            still_open = 0
            for some in _in_groups(found["open_payouts"]):
                still_open += sum(await asyncio.gather(*(self._advance(each) for each in some)))
            if not still_open:
                continue
            pause = _PAUSES[min(batch.round, len(_PAUSES) - 1)]
            batch = replace(batch, round=batch.round + 1)
            await workflow.sleep(pause, summary=f"{still_open} 笔未完结，稍后再查")
            if workflow.info().is_continue_as_new_suggested():
                workflow.continue_as_new(batch)
        await call(
            f"{_SERVICE}/ClosePayoutBatch",
            {
                "idempotency_key": f"{workflow.info().workflow_id}/close",
                "payout_batch_id": batch.payout_batch_id,
            },
        )
        paid: int = found["paid_count"]
        return paid

    async def _look(self, batch: PayoutBatch) -> dict[str, Any]:
        """What is open, and how far the batch is, for whoever looks at it in Temporal."""
        found = await call(
            f"{_SERVICE}/ListOpenPayouts", {"payout_batch_id": batch.payout_batch_id}
        )
        states = [_state(payout) for payout in found["open_payouts"]]
        said = "；".join(f"{_WORDS[each]} {states.count(each)}" for each in dict.fromkeys(states))
        workflow.set_current_details(
            f"共 {found['payout_count']} 笔，已到账 {found['paid_count']}，"
            f"未到账 {found['unpaid_count']}" + (f"；{said}" if said else "")
        )
        return found

    async def _advance(self, payout: dict[str, Any]) -> bool:
        """Bring one on; whether it is still open. One that is refused stops no other."""
        try:
            advanced = await call(
                f"{_SERVICE}/AdvancePayout",
                {"payout_id": payout["payout_id"]},
                summary=f"{payout['says']}：{_WORDS[_state(payout)]}",
            )
        except ActivityError as error:
            workflow.logger.error("a payout could not be brought on: %s", error.cause)
            return True
        return _state(advanced) in _WORDS


def _state(payout: dict[str, Any]) -> str:
    state: str = payout["state"]
    return state.removeprefix("PAYOUT_STATE_").lower()


def _in_groups(payouts: list[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    return [payouts[start : start + _AT_ONCE] for start in range(0, len(payouts), _AT_ONCE)]
