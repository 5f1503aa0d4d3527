"""Every case of the library, at every point of its stories, may move to a version that says the same."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.flows.library import LIBRARY, plan_of, scenarios_of
from workflows.compiler.plan import Plan
from workflows.runtime.migration import MigrationOrder, Outcome, judge, migrate
from workflows.runtime.state import CaseStatus
from workflows.simulation.scenario import begin, play_step

ORDER = MigrationOrder("mg/ca", 2, "pe_ops")


@pytest.mark.parametrize("folder", LIBRARY, ids=lambda folder: folder.name)
def test_a_case_anywhere_in_its_story_may_move_to_a_version_in_other_words(folder: Path) -> None:
    plan, file = plan_of(folder), scenarios_of(folder)
    again = Plan.model_validate({**plan.model_dump(), "name": f"{plan.name}（新）"})
    judged = 0
    for scenario in file.scenarios:
        case = begin(plan, scenario, file)
        for number, step in enumerate(scenario.steps):
            if case.state.status is not CaseStatus.RUNNING:
                break
            verdict = judge(case.state, plan, again, ORDER, case.now)
            assert verdict.outcome is Outcome.SAFE or verdict.is_passing, verdict
            if verdict.outcome is Outcome.SAFE:
                after, commands = migrate(case.state, plan, again, {}, ORDER, case.now)
                assert len(commands) == 1
                assert (after.tokens, after.timers) == (case.state.tokens, case.state.timers)
                judged += 1
            play_step(case, step, number)
    assert judged > 0
