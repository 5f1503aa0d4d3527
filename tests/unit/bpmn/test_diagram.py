"""The drawing of an exported flow: everything is in it, and nothing stands on anything else."""

from __future__ import annotations

from itertools import combinations, pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from lxml import etree
from SpiffWorkflow.bpmn.parser.BpmnParser import BpmnParser, BpmnValidator

from tests.unit.bpmn.flows import flows
from tests.unit.bpmn.test_round_trip import LIBRARY, definition_of
from workflows.bpmn.layout import Box
from workflows.bpmn.write import write_bpmn
from workflows.bpmn.xml import BPMN, BPMNDI, DC, DI, Element, read_xml
from workflows.language.model import FlowDefinition

#: Wants a condition on every way out of an inclusive gateway, where BPMN does not.
_UNREADABLE_TO_THE_OTHER = {"complaint"}


class Drawing:
    """What a file draws, as another reader of XML sees it."""

    def __init__(self, definition: FlowDefinition) -> None:
        self.root = read_xml(write_bpmn(definition))
        elements = list(self.root.walk())
        self.elements = {e.id: e for e in elements if e.name[0] == BPMN and e.id}
        self.boxes = {
            shape.attributes["", "bpmnElement"]: _box(shape)
            for shape in elements
            if shape.name == (BPMNDI, "BPMNShape")
        }
        self.lines = {
            edge.attributes["", "bpmnElement"]: [_point(p) for p in edge.children]
            for edge in elements
            if edge.name == (BPMNDI, "BPMNEdge")
        }

    def parent(self, element: str) -> str:
        return next(
            e.id for e in self.elements.values() if any(child.id == element for child in e.children)
        )


def _box(shape: Element) -> Box:
    bounds = shape.children[0]
    assert bounds.name == (DC, "Bounds")
    return Box(*(int(bounds.attributes["", name]) for name in ("x", "y", "width", "height")))


def _point(waypoint: Element) -> tuple[int, int]:
    assert waypoint.name == (DI, "waypoint")
    return int(waypoint.attributes["", "x"]), int(waypoint.attributes["", "y"])


def assert_well_drawn(definition: FlowDefinition) -> None:
    drawing = Drawing(definition)
    nodes = {e.id for e in drawing.elements.values() if e.id and _is_node(e)}
    assert set(drawing.boxes) == nodes
    flows_ = {e.id: e for e in drawing.elements.values() if e.local == "sequenceFlow"}
    assert set(drawing.lines) == set(flows_)
    for one, other in combinations(sorted(nodes), 2):
        if not _related(drawing, one, other):
            assert not _overlap(drawing.boxes[one], drawing.boxes[other]), (one, other)
    for name, points in drawing.lines.items():
        attributes = flows_[name].attributes
        assert _touches(drawing.boxes[attributes["", "sourceRef"]], points[0])
        assert _touches(drawing.boxes[attributes["", "targetRef"]], points[-1])
        assert all(a[0] == b[0] or a[1] == b[1] for a, b in pairwise(points))


def _is_node(element: Element) -> bool:
    return element.local.endswith(("Task", "Event", "Gateway", "subProcess", "Activity")) or (
        element.local == "task"
    )


def _related(drawing: Drawing, one: str, other: str) -> bool:
    """An event on a border touches its host, and a sub-process holds what is inside it."""
    hosts = {
        drawing.elements[name].attributes.get(("", "attachedToRef"), "") for name in (one, other)
    }
    inside = one.startswith(f"{other}.") or other.startswith(f"{one}.")
    return bool(hosts & {one, other}) or inside or drawing.parent(one) != drawing.parent(other)


def _overlap(one: Box, other: Box) -> bool:
    return not (
        one.right <= other.x
        or other.right <= one.x
        or one.bottom <= other.y
        or other.bottom <= one.y
    )


def _touches(box: Box, point: tuple[int, int]) -> bool:
    x, y = point
    return box.x <= x <= box.right and box.y <= y <= box.bottom


@pytest.mark.parametrize("path", LIBRARY, ids=lambda path: path.parent.name + "/" + path.stem)
def test_every_flow_of_the_library_is_well_drawn(path: Path) -> None:
    assert_well_drawn(definition_of(path))


@settings(max_examples=40, deadline=None)
@given(flows())
def test_any_flow_is_well_drawn(definition: FlowDefinition) -> None:
    assert_well_drawn(definition)


@pytest.fixture(scope="module")
def validator() -> BpmnValidator:
    return BpmnValidator()


@pytest.mark.parametrize("path", LIBRARY, ids=lambda path: path.parent.name + "/" + path.stem)
def test_every_flow_of_the_library_is_bpmn_by_its_schema(
    path: Path, validator: BpmnValidator
) -> None:
    validator.validate(etree.fromstring(write_bpmn(definition_of(path)).encode()))


@settings(max_examples=40, deadline=None)
@given(flows())
def test_any_flow_is_bpmn_by_its_schema(definition: FlowDefinition) -> None:
    BpmnValidator().validate(etree.fromstring(write_bpmn(definition).encode()))


@pytest.mark.parametrize("path", LIBRARY, ids=lambda path: path.parent.name + "/" + path.stem)
def test_another_engine_reads_what_is_exported(path: Path) -> None:
    definition = definition_of(path)
    parser = BpmnParser()
    parser.add_bpmn_xml(etree.fromstring(write_bpmn(definition).encode()))
    if path.parent.name in _UNREADABLE_TO_THE_OTHER:
        return
    spec = parser.get_spec(f"Process_{definition.code}")
    assert {node.id for node in definition.nodes} <= set(spec.task_specs)
