"""发起人自选: an earlier form asks whom a later task is for.

A task whose assignee is ``chosen_at`` a node adds a required field to that node's form, so that the
choice is made, checked and kept like everything else that is asked for.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from workflows.compiler.draft import Draft, GraphDraft
from workflows.language.fields import FormField
from workflows.language.nodes import Approval, Confirm, Form, NodeDefinition, UserTask

#: How long the id of a task that is chosen for may be, so that its field still has a legal id.
LONGEST_ID: Final = 44
_LONGEST_NAME: Final = 50


def choice_field(task: str) -> str:
    """The id of the field that asks whom a task is for."""
    return f"for_{task}"


def add_choices(draft: Draft) -> Draft:
    """Add to each form the fields for those who are chosen there."""
    asked: dict[str, list[FormField]] = defaultdict(list)
    for graph in draft.graph.all_graphs():
        for node, _ in graph.nodes:
            if not isinstance(node, Form | Approval | Confirm) or len(node.id) > LONGEST_ID:
                continue
            if node.assignee.chosen_at is not None:
                asked[node.assignee.chosen_at].append(_field(node))
    return replace(draft, graph=_extend(draft.graph, asked)) if asked else draft


def _field(task: UserTask) -> FormField:
    several = isinstance(task, Approval) and task.mode != "one"
    return FormField(
        id=choice_field(task.id),
        kind="people" if several else "person",
        name=f"办理人：{task.name[:_LONGEST_NAME]}",
        name_en=f"Who does: {task.name_en or task.name}",
        required=True,
    )


def _extend(graph: GraphDraft, asked: Mapping[str, list[FormField]]) -> GraphDraft:
    return replace(
        graph,
        nodes=tuple((_ask(node, asked), spot) for node, spot in graph.nodes),
        bodies={name: _extend(body, asked) for name, body in graph.bodies.items()},
    )


def _ask(node: NodeDefinition, asked: Mapping[str, list[FormField]]) -> NodeDefinition:
    if node.id not in asked or not isinstance(node, Form | Approval | Confirm):
        return node
    return node.model_copy(update={"form": (*node.form, *asked[node.id])})
