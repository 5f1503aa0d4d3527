"""Every recorded history replays on today's interpreter, offline, in and out of the sandbox."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from temporalio.client import WorkflowHistory
from temporalio.worker import Replayer, UnsandboxedWorkflowRunner, WorkflowRunner

from tests.payloads import KEYS
from tests.replay.stories import runs_of
from tests.workflow.sandbox import sandbox
from workflows.compiler.plan import Plan
from workflows.runtime.shell.converter import converter
from workflows.worker import WORKFLOWS

HERE = Path(__file__).parent
HISTORIES = sorted((HERE / "histories").glob("*/*.json"))
PLANS = sorted((HERE / "plans").glob("*.json"))


async def plan_from_file(plan_hash: str) -> bytes:
    return (HERE / "plans" / f"{plan_hash}.json").read_bytes()


def replayer(runner: WorkflowRunner) -> Replayer:
    return Replayer(
        workflows=WORKFLOWS,
        data_converter=converter(KEYS, plan_from_file),
        workflow_runner=runner,
    )


def history(path: Path) -> tuple[WorkflowHistory, int]:
    """What was recorded, and how many events a run had then."""
    kept = json.loads(path.read_text())
    return WorkflowHistory.from_json(kept["workflow_id"], kept["history"]), kept["most_events"]


async def replay(path: Path, runner: WorkflowRunner) -> None:
    recorded, most_events = history(path)
    with runs_of(most_events):
        await replayer(runner).replay_workflow(recorded)


@pytest.mark.parametrize("path", HISTORIES, ids=lambda path: f"{path.parent.name}/{path.stem}")
async def test_a_recorded_history_replays(path: Path) -> None:
    await replay(path, UnsandboxedWorkflowRunner())


async def test_every_recorded_history_replays_in_the_sandbox() -> None:
    for path in HISTORIES:
        await replay(path, sandbox())


@pytest.mark.parametrize("path", PLANS, ids=lambda path: path.stem[:12])
def test_a_recorded_plan_still_loads_under_its_hash(path: Path) -> None:
    plan = Plan.from_bytes(path.read_bytes())
    assert plan.nodes


def test_there_is_something_to_replay() -> None:
    kept = {path.stem for path in HISTORIES}
    assert {"installed", "installed_field_work", "purchased_child", "handed_over_hand_over"} <= kept
    assert {
        "replanned_replan",
        "migrated_migration",
        "transferred_bulk_act",
        "nudged_nudge",
        "frozen_policy_term",
        "maintained_due_visits",
        "maintained_sweep",
        "kept_holdback_release",
    } <= kept
    assert PLANS
