"""Decisions: exclusive, inclusive, and between events."""

from __future__ import annotations

import pytest

from tests.unit.compiler.flows import codes_of, diagnostics_of, plan_of
from workflows.compiler.plan import DecisionNode

CHOICE = """
    inputs:
      - {{id: count, kind: integer, name: 数, required: true}}
      - {{id: size, kind: choice, name: 大小, required: true, options: [{{value: big, name: 大}}, {{value: small, name: 小}}]}}
    start: choose
    nodes:
      - {{id: choose, kind: decision, mode: {mode}, name: 选}}
      - {{id: a, kind: service, name: 甲, rpc: test.v1.Things/Make}}
      - {{id: b, kind: service, name: 乙, rpc: test.v1.Things/Make}}
      - {{id: met, kind: decision, mode: {mode}, name: 并}}
      - {{id: done, kind: end, name: 完}}
    edges:
      - {{from: choose, to: a, {to_a}}}
      - {{from: choose, to: b, {to_b}}}
      - {{from: a, to: met}}
      - {{from: b, to: met}}
      - {{from: met, to: done}}
"""


def choice(to_a: str, to_b: str, mode: str = "exclusive") -> str:
    return CHOICE.format(mode=mode, to_a=to_a, to_b=to_b)


def test_conditions_that_cover_everything_need_no_otherwise() -> None:
    body = choice("when: inputs.size == 'big'", "when: inputs.size == 'small'")
    assert codes_of(body) == []
    choose = plan_of(body).by_id["choose"]
    assert [edge.otherwise for edge in choose.next] == [False, False]


def test_a_gap_between_conditions_is_told_by_what_falls_into_it() -> None:
    (found,) = diagnostics_of(choice("when: inputs.count < 5", "when: inputs.count > 5"))
    assert found.code == "FLOW_DECISION_NO_OTHERWISE"
    assert found.hint == "no condition holds when inputs.count = 5"


def test_conditions_that_overlap_are_a_warning_with_what_falls_into_both() -> None:
    body = choice("when: inputs.count > 3", "when: inputs.count < 9")
    (found,) = diagnostics_of(body)
    assert (found.code, found.severity) == ("FLOW_CONDITION_OVERLAP", "warning")
    assert "inputs.count = " in found.message


def test_a_ladder_from_the_special_to_the_general_is_no_overlap() -> None:
    body = choice("when: inputs.count > 9", "otherwise: true").replace(
        "{from: choose, to: a, when: inputs.count > 9}",
        "{from: choose, to: a, when: inputs.count > 9}\n"
        "      - {from: choose, to: b, when: inputs.count > 3}",
    )
    assert codes_of(body) == []


@pytest.mark.parametrize("never", ["inputs.count > 3 && inputs.count < 2", "false"])
def test_a_condition_that_never_holds_is_refused(never: str) -> None:
    assert codes_of(choice(f"when: '{never}'", "otherwise: true")) == ["FLOW_CONDITION_NEVER"]


def test_a_condition_behind_one_that_takes_everything_is_refused() -> None:
    body = choice("when: inputs.count > 3", "when: inputs.count > 5").replace(
        "      - {from: a, to: met}\n",
        "      - {from: choose, to: met, otherwise: true}\n      - {from: a, to: met}\n",
    )
    (found,) = diagnostics_of(body)
    assert found.code == "FLOW_CONDITION_NEVER"
    assert "has been taken before it" in found.message


def test_an_otherwise_that_is_never_taken_is_a_warning() -> None:
    body = choice("when: inputs.count > 3", "when: inputs.count <= 3").replace(
        "      - {from: a, to: met}\n",
        "      - {from: choose, to: met, otherwise: true}\n      - {from: a, to: met}\n",
    )
    assert codes_of(body) == ["FLOW_OTHERWISE_NEVER"]


def test_an_inclusive_decision_may_take_several_ways_and_joins_what_comes() -> None:
    body = choice("when: inputs.count > 3", "when: inputs.size == 'big'", "inclusive").replace(
        "      - {from: a, to: met}\n",
        "      - {from: choose, to: met, otherwise: true}\n      - {from: a, to: met}\n",
    )
    met = plan_of(body).by_id["met"]
    assert isinstance(met, DecisionNode)
    assert met.upstream == {
        "choose>met": ("choose",),
        "a>met": ("choose", "a"),
        "b>met": ("choose", "b"),
    }


def test_an_inclusive_decision_always_takes_an_edge_without_a_condition() -> None:
    body = choice("name: 总", "when: inputs.count > 3", "inclusive")
    assert codes_of(body) == []
    assert codes_of(choice("name: 总", "otherwise: true", "inclusive")) == [
        "FLOW_UNSOUND_DEAD_NODE",
        "FLOW_OTHERWISE_NEVER",
    ]
    assert codes_of(choice("name: 总", "otherwise: true")) == ["FLOW_DECISION_EDGE"]


def test_two_ways_of_an_inclusive_decision_into_an_ordinary_node_are_two_tokens() -> None:
    body = choice("name: 总", "when: inputs.count > 3", "inclusive").replace(
        "{id: met, kind: decision, mode: inclusive", "{id: met, kind: decision"
    )
    assert codes_of(body) == ["FLOW_UNSOUND_SAME_END"]


RACE = """
    start: race
    nodes:
      - {id: race, kind: decision, mode: event, name: 先到}
      - {id: changed, kind: wait, name: 变, event: test.v1.ThingChanged, key: =case.id}
      - {id: late, kind: wait, name: 迟, duration: 3d}
      - {id: done, kind: end, name: 完}
    edges:
      - {from: race, to: changed}
      - {from: race, to: late}
      - {from: changed, to: done}
      - {from: late, to: done}
"""


def test_an_event_decision_races_the_waits_it_leads_to() -> None:
    race = plan_of(RACE).by_id["race"]
    assert isinstance(race, DecisionNode)
    assert (race.mode, [edge.to for edge in race.next]) == ("event", ["changed", "late"])


@pytest.mark.parametrize(
    ("instead", "by"),
    [
        ("      - {from: race, to: late}\n", ""),
        ("{from: race, to: late}", "{from: race, to: late}\n      - {from: race, to: done}"),
        ("{from: changed, to: done}", "{from: changed, to: late}"),
        (
            "{from: changed, to: done}",
            "{from: changed, to: done}\n      - {from: changed, to: done, on: timer, after: 1h}",
        ),
    ],
)
def test_an_event_decision_leads_to_at_least_two_waits_of_its_own(instead: str, by: str) -> None:
    assert "FLOW_EVENT_DECISION" in codes_of(RACE.replace(instead, by))


def test_an_event_decisions_edges_have_no_conditions() -> None:
    body = RACE.replace("to: late}", "to: late, otherwise: true}", 1)
    assert codes_of(body) == ["FLOW_EDGE_CONDITION_MISPLACED"]


def test_what_only_one_event_brings_is_unset_after_the_race() -> None:
    body = RACE.replace(
        "      - {id: done,", "      - {id: met, kind: service, name: 记, rpc: test.v1.Things/Make, "
        'input: {label: \'=changed.done ? "a" : "b"\'}}\n      - {id: done,',
    )  # fmt: skip
    body = body.replace("{from: changed, to: done}", "{from: changed, to: met}")
    body = body.replace(
        "{from: late, to: done}", "{from: late, to: met}\n      - {from: met, to: done}"
    )
    assert codes_of(body) == ["FLOW_VARIABLE_UNSET"]
