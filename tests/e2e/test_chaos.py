"""People act while what they use is killed under them; afterwards everything is accounted for.

`make soak` does the same to two hundred cases.
"""

from collections import Counter
from random import SystemRandom

from tests.e2e.auditor import Auditor
from tests.e2e.conftest import Product
from tests.e2e.crowd import Crowd, killing


async def test_cases_come_through_the_death_of_any_process(doomed: Product) -> None:
    await live_and_die(doomed, SystemRandom().randrange(10**9), cases=16, seconds=10, deaths=6)


async def live_and_die(
    product: Product, seed: int, *, cases: int, seconds: float, deaths: int
) -> None:
    """Let people live through cases begun over so many seconds while one process after the other
    is killed, so many in all; the seed names what chance decided."""
    print("seed", seed)
    async with Crowd.at(product, seed) as crowd:
        async with killing(product, seed, (2, 6), deaths) as killed:
            await crowd.live(cases, seconds)
        auditor = await Auditor.at(product)
        found = await auditor.audit(crowd)
        await auditor.close()
    print(f"{len(crowd.begun)} cases, {len(killed)} deaths: {killed}")
    print("acts", dict(Counter(sent.reason or "applied" for sent in crowd.sent)))
    print(*found, sep="\n")
    assert killed
    assert found == [], f"seed {seed}, killed {killed}"
