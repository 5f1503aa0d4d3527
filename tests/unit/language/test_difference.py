"""The difference between two versions is told in words."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
from pydantic import BaseModel

from workflows.language.difference import differences
from workflows.language.model import FlowDefinition
from workflows.language.reading import read_source
from workflows.language.wording import KEYS

FLOW = Path(__file__).parents[3] / "flows/aircon_install/flow.yaml"


@pytest.fixture
def document() -> Any:
    return copy.deepcopy(read_source(FLOW.read_text()).value)


def told(old: Any, new: Any) -> list[str]:
    found = differences(FlowDefinition.model_validate(old), FlowDefinition.model_validate(new))
    return [difference.words for difference in found]


def node(document: Any, node_id: str) -> Any:
    return next(node for node in document["nodes"] if node["id"] == node_id)


def test_a_flow_does_not_differ_from_itself(document: Any) -> None:
    assert told(document, document) == []


def test_the_order_in_which_nodes_are_written_is_no_difference(document: Any) -> None:
    other = copy.deepcopy(document)
    other["nodes"].reverse()
    assert told(document, other) == []


def test_a_changed_deadline_is_told_with_both_values(document: Any) -> None:
    other = copy.deepcopy(document)
    node(other, "measure")["sla"]["respond"] = "3h"
    assert told(document, other) == ["节点「量房确认」的时限的响应时限由 2h 改为 3h"]


def test_an_escalation_without_a_name_goes_by_its_number(document: Any) -> None:
    other = copy.deepcopy(document)
    node(other, "measure")["sla"]["escalate"][0]["after"] = "15m"
    assert told(document, other) == ["节点「量房确认」的时限的升级「1」的之后设为 15m"]


def test_nodes_and_edges_that_came_and_went_are_told_by_their_names(document: Any) -> None:
    other = copy.deepcopy(document)
    other["nodes"].append({"id": "cool_off", "kind": "wait", "name": "冷静期", "duration": "1h"})
    other["edges"] = [
        edge
        for edge in other["edges"]
        if (edge["from"], edge["to"]) != ("director", "confirm_quote")
    ]
    other["edges"] += [
        {"from": "director", "to": "cool_off"},
        {"from": "cool_off", "to": "confirm_quote"},
    ]
    assert told(document, other) == [
        "节点「冷静期」是新增的",
        "连线「技术总监二次确认 → 方案确认」已删除",
        "连线「技术总监二次确认 → 冷静期」是新增的",
        "连线「冷静期 → 方案确认」是新增的",
    ]


def test_fields_that_changed_places_are_told_in_their_new_order(document: Any) -> None:
    other = copy.deepcopy(document)
    form = node(other, "follow_up")["form"]
    form.reverse()
    for field in form:
        field.pop("visible_when", None)
        field.pop("required_when", None)
    assert (
        told(document, other)[-1]
        == "节点「售后回访」的表单的顺序改为 remarks → satisfaction → reached"
    )


def test_a_changed_condition_belongs_to_its_edge(document: Any) -> None:
    other = copy.deepcopy(document)
    edge = next(edge for edge in other["edges"] if "when" in edge)
    edge["when"] = 'quote.total > cny("60000.00")'
    [difference] = differences(
        FlowDefinition.model_validate(document), FlowDefinition.model_validate(other)
    )
    assert difference.kind == "changed"
    assert difference.place == ("edges", "over_limit → director", "when")
    assert difference.words_en == (
        "edge “Over 50,000 yuan? → Technical director's second confirmation”, condition changed"
        ' from quote.total > cny("50000.00") to quote.total > cny("60000.00")'
    )


def test_a_role_is_told_by_its_name(document: Any) -> None:
    other = copy.deepcopy(document)
    other["roles"]["finance"] = {"name": "财务"}
    assert told(document, other) == ["角色「财务」是新增的"]


def models_of(model: type[BaseModel]) -> Iterator[type[BaseModel]]:
    """A model and every model in it."""
    seen: list[type[BaseModel]] = []
    waiting: list[Any] = [model]
    while waiting:
        kind = waiting.pop()
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            if kind not in seen:
                seen.append(kind)
                waiting += [field.annotation for field in kind.model_fields.values()]
        else:
            waiting += get_args(kind)
    yield from seen


def test_every_key_of_the_language_has_words() -> None:
    keys = {
        field.alias or name
        for model in models_of(FlowDefinition)
        for name, field in model.model_fields.items()
    }
    assert keys == set(KEYS)
