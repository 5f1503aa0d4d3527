"""How often and how long a call is tried."""

from __future__ import annotations

from workflows.compiler.context import Context
from workflows.compiler.durations import lower_duration
from workflows.compiler.plan import PlanRetry
from workflows.compiler.report import Spot
from workflows.language.nodes import Retry

_EVER: PlanRetry = PlanRetry()


def lower_retry(retry: Retry | None, context: Context, spot: Spot) -> PlanRetry | None:
    """Check a retry policy; None: the call is tried until it is answered."""
    if retry is None:
        return None
    first = _seconds(retry.first, context, spot / "first")
    at_most = _seconds(retry.at_most, context, spot / "at_most")
    give_up = _seconds(retry.give_up_after, context, spot / "give_up_after")
    first_ms = first * 1_000 or _EVER.first_ms
    at_most_ms = at_most * 1_000 or max(_EVER.at_most_ms, first_ms)
    if at_most_ms < first_ms:
        context.report.error(
            "FLOW_RETRY",
            "the longest pause is shorter than the first",
            spot / "at_most",
            "pauses grow: each is twice the one before, until at_most",
        )
    if give_up and give_up * 1_000 <= first_ms:
        context.report.error(
            "FLOW_RETRY",
            "it gives up before the second attempt",
            spot / "give_up_after",
            "wait longer, or write attempts: 1",
        )
    if retry.attempts == 1 and (retry.first or retry.at_most or retry.give_up_after):
        context.report.error(
            "FLOW_RETRY",
            "a single attempt has no pauses and no end to wait for",
            spot,
            "keep attempts alone, or allow more",
        )
    return PlanRetry(
        attempts=retry.attempts or 0,
        first_ms=first_ms,
        at_most_ms=at_most_ms,
        give_up_after_seconds=give_up,
    )


def _seconds(duration: str | None, context: Context, spot: Spot) -> int:
    """The seconds of a duration; 0: none is given, or it cannot be read."""
    if duration is None:
        return 0
    return lower_duration(duration, "natural", context, spot, at_once="this is over at once") or 0
