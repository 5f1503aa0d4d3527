"""A case that waits in 配件申请 goes on when its part request does, and is undone with it."""

import json
from pathlib import Path

import pytest

from tests.flows.library import yaml_of
from workflows.catalog import load_catalog
from workflows.compiler.compile import compile_flow
from workflows.compiler.plan import ServiceNode
from workflows.simulation.scenario import ScenarioFile, play

DOCUMENT = yaml_of(Path(__file__).parent / "waiting_for_parts.yaml")
COMPILED = compile_flow(json.dumps(DOCUMENT["flow"], ensure_ascii=False), load_catalog())
STORIES = ScenarioFile.model_validate(
    {"answers": DOCUMENT["answers"], "scenarios": DOCUMENT["scenarios"]}
)


def test_the_flow_is_sound_and_a_cancelled_case_cancels_its_request() -> None:
    assert [str(diagnostic) for diagnostic in COMPILED.diagnostics] == []
    assert COMPILED.plan is not None
    (ask,) = (node for node in COMPILED.plan.nodes if isinstance(node, ServiceNode))
    assert ask.compensation is not None
    assert ask.compensation.rpc == "workorder.v1.PartService/CancelPartRequest"


@pytest.mark.parametrize("name", [story.name for story in STORIES.scenarios])
def test_the_case_goes_on_with_its_parts(name: str) -> None:
    assert COMPILED.plan is not None
    story = next(story for story in STORIES.scenarios if story.name == name)
    assert play(COMPILED.plan, story, STORIES) == []


@pytest.mark.parametrize(
    ("rpc", "undo"),
    [
        ("workorder.v1.StockService/ReserveParts", "workorder.v1.StockService/ReleaseParts"),
        ("workorder.v1.PartService/UseParts", "workorder.v1.PartService/ReversePartUse"),
    ],
)
def test_what_a_case_held_or_used_is_given_back_when_it_is_cancelled(rpc: str, undo: str) -> None:
    assert load_catalog().rpcs[rpc].compensate_with == undo
