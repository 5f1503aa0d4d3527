"""Longer storms than the quick tests have, in and out of the sandbox, and through many new runs."""

from random import SystemRandom

import pytest
from temporalio.worker import WorkflowRunner

from tests.workflow.conftest import Office
from tests.workflow.sandbox import sandbox
from tests.workflow.storm import Storm
from workflows.runtime.shell import lifetime

CASES = 40
ROUNDS = 3
LONGEST_TEST_SECONDS = 1_800


@pytest.mark.parametrize("rounds", range(ROUNDS))
async def test_cases_come_through_a_storm(real_office: Office, rounds: int) -> None:
    await come_through(real_office)


async def test_cases_come_through_a_storm_in_the_sandbox(real_office: Office) -> None:
    await come_through(real_office, runner=sandbox())


async def test_cases_come_through_a_storm_in_ever_new_runs(
    real_office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lifetime, "MOST_EVENTS", 40)
    await come_through(real_office)


async def come_through(office: Office, runner: WorkflowRunner | None = None) -> None:
    seed = SystemRandom().randrange(10**9)
    storm = Storm(office, seed, CASES, runner)
    await storm.blow()
    assert await storm.account() == [], f"seed {seed}"
