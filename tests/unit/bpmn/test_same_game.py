"""A flow that was imported plays the token game of the file it came from."""

from __future__ import annotations

import pytest
from hypothesis import given, settings

from tests.unit.bpmn.processes import processes
from tests.unit.bpmn.test_files import EXPECTED, text_of
from workflows.bpmn.read import check_bpmn, read_bpmn
from workflows.catalog import load_catalog
from workflows.compiler.compile import Compiled, compile_flow
from workflows.language.writing import write_yaml

#: Sound, but not to be published as it is: the called flow must be, and the messages be chosen.
_UNFINISHED = {
    "camunda_call_and_listeners": {"FLOW_SUBFLOW_UNKNOWN"},
    "camunda_odd_forms": {"FLOW_EVENT_UNKNOWN", "FLOW_INPUT_TYPE"},
}
#: The compiler demands that a body can end well, which BPMN does not.
_DEMANDED = "FLOW_END_MISSING"
SOUND = [name for name, expected in EXPECTED.items() if expected["sound"]]


def compiled(text: str) -> Compiled:
    flow = read_bpmn(text, load_catalog()).flow
    assert flow is not None
    return compile_flow(write_yaml(flow), load_catalog())


def errors_of(flow: Compiled) -> set[str]:
    return {found.code for found in flow.diagnostics if found.severity == "error"}


@pytest.mark.parametrize("name", SOUND)
def test_what_is_sound_as_a_file_can_be_published_as_a_flow(name: str) -> None:
    imported = read_bpmn(text_of(name), load_catalog())
    if imported.flow is None:
        assert name.startswith("refused")  # sound in itself, but for a time or an event
        return
    flow = compiled(text_of(name))
    assert flow.sound
    assert errors_of(flow) == _UNFINISHED.get(name, set())


@settings(max_examples=120, deadline=None)
@given(processes())
def test_any_process_is_sound_as_a_file_when_it_is_as_a_flow(text: str) -> None:
    checked = check_bpmn(text, load_catalog())
    flow = compiled(text)
    if _DEMANDED in errors_of(flow):
        return
    assert flow.sound is checked.sound
    assert (flow.plan is not None) == checked.sound
