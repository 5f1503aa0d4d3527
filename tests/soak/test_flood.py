"""Five thousand acts on one case, whose runs are as long as in production."""

from tests.workflow.conftest import Office
from tests.workflow.flood import Flood

LONGEST_TEST_SECONDS = 900


async def test_five_thousand_acts_are_each_applied_once_in_their_clients_order(
    real_office: Office,
) -> None:
    real_office.company.people = {"designer": ["pe_li"]}
    async with real_office.worker():
        assert await Flood(real_office, clients=25, acts_each=200).rise() == []
