"""What a file says of a multi-instance activity."""

from __future__ import annotations

from dataclasses import dataclass

from workflows.bpmn.juel import is_expression, unwrapped
from workflows.bpmn.skeleton import Step
from workflows.bpmn.xml import VENDORS, ZEEBE, Element


@dataclass(frozen=True, slots=True)
class Many:
    """
    Attributes:
        collection: the expression of the list, or empty.
        element: the variable that names one of it, or empty.
        count: how often, as it is written, or empty.
        enough: the condition on which the rest is withdrawn.
    """

    collection: str
    element: str
    count: str
    enough: Element | None


def read_many(loop: Element) -> Many:
    """The settings of ``multiInstanceLoopCharacteristics``, in whichever way they are written."""
    collection = loop.take("collection", *VENDORS)
    element = loop.take("elementVariable", *VENDORS)
    for extensions in loop.all("extensionElements"):
        for zeebe in extensions.all("loopCharacteristics", ZEEBE):
            collection = collection or zeebe.take("inputCollection")
            element = element or zeebe.take("inputElement")
    if reference := loop.child("loopDataInputRef"):
        collection = collection or reference.say()
    if item := loop.child("inputDataItem"):
        element = element or item.take("name") or item.id
    cardinality = loop.child("loopCardinality")
    count = unwrapped(cardinality.expression()) if cardinality is not None else ""
    if collection and is_expression(collection):
        collection = unwrapped(collection)
    return Many(collection, element, count, loop.child("completionCondition"))


def element_of(step: Step) -> str:
    """The variable that names one element of a multi-instance activity; empty when there is none."""
    node = step.node
    if node is None or node.loop is None or node.loop.kind == "standard":
        return ""
    return read_many(node.loop.element).element
