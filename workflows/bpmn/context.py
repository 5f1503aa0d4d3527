"""What drawing a flow needs to know, and what every node of it says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from workflows.bpmn.doing import Doing
from workflows.bpmn.model import FlowNode
from workflows.bpmn.naming import Ids, title
from workflows.bpmn.notes import Notes
from workflows.bpmn.own import kind_of, settings_of
from workflows.bpmn.people import People
from workflows.bpmn.skeleton import Step
from workflows.bpmn.sources import Place, Sources
from workflows.bpmn.thrown import Reasons
from workflows.bpmn.variables import Variables
from workflows.bpmn.waiting import Waiting

#: A node, edge, body or field as a flow writes it.
Document = dict[str, Any]

_REMARKS: Final = {"id": "remarks", "kind": "long_text", "name": "备注", "name_en": "Remarks"}


@dataclass(frozen=True, slots=True)
class Context:
    """One process being imported.

    Attributes:
        doings: how each task and event is done.
        ids: the node of each step.
    """

    doings: dict[str, Doing]
    sources: Sources
    variables: Variables
    people: People
    waiting: Waiting
    reasons: Reasons
    ids: Ids
    notes: Notes


@dataclass(frozen=True, slots=True)
class Work:
    """A step that does something, and the node that it becomes."""

    step: Step
    node: FlowNode
    place: Place
    id: str


def described(
    node: FlowNode,
    node_id: str,
    kind: str,
    notes: Notes,
    unnamed: tuple[str, str] | None = None,
) -> Document:
    """What every node says: its id, kind, name and description.

    Args:
        unnamed: what it is called that has no name in the file, in Chinese and in English.
    """
    found: Document = {"id": node_id, "kind": kind, "name": title(node.name, node.id)}
    if not kind_of(node.element) and not node.name and unnamed is not None:
        found["name"], found["name_en"] = unnamed
    texts = [node.name] if len(node.name) > len(found["name"]) else []
    for each in node.element.all("documentation"):
        each.take("textFormat")
        texts.append(each.say())
    if description := "\n\n".join(text for text in texts if text):
        found["description"] = description
    return found | settings_of(node.element, notes)


def remarks() -> list[Document]:
    """What a form asks for when the file names no field."""
    return [dict(_REMARKS)]
