"""Cases come through a storm of acts, outages and workers that are stopped; `make soak` has longer
ones, in the sandbox as well.
"""

from random import SystemRandom

from tests.workflow.conftest import Office
from tests.workflow.storm import Storm


async def test_cases_come_through_a_storm(real_office: Office) -> None:
    seed = SystemRandom().randrange(10**9)
    storm = Storm(real_office, seed, count=12)
    await storm.blow()
    assert await storm.account() == [], f"seed {seed}"
