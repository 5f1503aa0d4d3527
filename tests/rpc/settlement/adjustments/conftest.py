"""Adjustments over the wire.

desk   module   two split rules, and a rule of each kind but a hold-back
"""

import pytest

from kit.clock import SystemClock
from protos.settlement.v1 import adjustment_pb2 as pb
from tests.rpc.conftest import Serve
from tests.rpc.settlement.adjustments.desk import Adjustments, opened

BONUS = pb.PerformanceTerms(
    bands=[
        pb.PerformanceBand(rating_at_least="4.8", ratio="0.05", cap_minor=10_00),
        pb.PerformanceBand(rating_below="3", ratio="-0.02"),
    ]
)
PENALTY = pb.PenaltyTerms(free_minutes=30, per_started_hour_minor=20_00, cap_minor=100_00)


@pytest.fixture(scope="module")
async def desk(serve: Serve) -> Adjustments:
    made = await opened(serve, SystemClock())
    await made.rule("rating_bonus", performance=BONUS, automatic_limit_minor=8_00)
    await made.rule("waiting", sla_penalty=PENALTY)
    await made.rule("small_refunds", claw_back=pb.ClawBackTerms(), automatic_limit_minor=50_00)
    await made.rule("heat", subsidy=pb.FlatTerms(amount_minor=15_00))
    return made
