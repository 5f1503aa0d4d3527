"""One process or sub-process being drawn: its nodes, its edges, and what its edges will say."""

from __future__ import annotations

from typing import Any, Final

from workflows.bpmn.context import Context, Document, described
from workflows.bpmn.doing import ByPerson
from workflows.bpmn.skeleton import Skeleton, Step, Way
from workflows.bpmn.sources import Place

#: What a node is called that has no name in the file: in Chinese and in English.
_NAMES: Final = {
    "exclusive": ("判断", "Decision"),
    "inclusive": ("条件并行", "Inclusive decision"),
    "event": ("先到先行", "Whichever comes first"),
    "parallel": ("并行", "Parallel"),
    "end": ("结束", "End"),
    "ask": ("选择去向", "Choose the way"),
    "split": ("分支", "Split"),
    "outcome": ("办理结果", "Outcome"),
    "else": ("汇合", "Merge"),
}


class Drawing:
    """
    Attributes:
        inlets: the node at which a step is entered.
        says: what the edge of a way says besides its target, where that is known early; it begins at
            the source step's node unless it says ``from``.
        left_out: ways without an edge.
        leaves: the ways out of each step.
    """

    def __init__(self, context: Context, part: Skeleton) -> None:
        self.context = context
        self.part = part
        self.inlets: dict[str, str] = {}
        self.says: dict[Way, Document] = {}
        self.left_out: set[Way] = set()
        self.leaves: dict[str, list[Way]] = {step: [] for step in part.steps}
        for way in part.ways:
            self.leaves[way.source].append(way)
        #: The nodes that each step becomes: one, most often.
        self.nodes: dict[str, list[Document]] = {step: [] for step in part.steps}
        self.edges: list[Document] = []

    def place(self, step: Step) -> Place:
        """Where a step's expressions are evaluated."""
        return Place(self.part, step.id)

    def node(self, step: Step, kind: str, what: str = "", **settings: Any) -> str:
        """Adds a node for a step, or (``what``) another one that belongs to it; its id.

        What stands behind a slash in ``what`` only tells several such apart.
        """
        context = self.context
        node_id = context.ids.of(f"{step.id}/{what}" if what else step.id)
        names = _NAMES[what.partition("/")[0] or step.kind]
        if step.node is not None and not what:
            made = described(step.node, node_id, kind, context.notes, names)
        else:
            made = {"id": node_id, "kind": kind, "name": names[0], "name_en": names[1]}
        self.nodes[step.id].append(made | settings)
        return node_id

    def link(self, source: str, target: str, **says: Any) -> None:
        """Adds an edge that the file leaves unsaid."""
        self.edges.append({"from": source, "to": target, **says})

    def warn(self, step: Step, code: str, message: str, hint: str = "") -> None:
        """A warning about the element that a step stands for."""
        at = step.of.element if step.of else self.part.scope.element
        self.context.notes.warning(code, message, at, hint)

    def decider(self, step: Step) -> Document:
        """Who says which way a gateway goes: its lane's role, else whoever came before."""
        assert step.of is not None  # only an element's own step chooses
        handled = self._handled_before(step)
        return self.context.people.decider(step.of, self.place(step), handled)

    def _handled_before(self, step: Step) -> str:
        """The user task that every run to here has done last, or empty."""
        context = self.context
        for before in reversed(context.variables.done_before(self.place(step))):
            node = self.part.steps[before].node
            if isinstance(context.doings.get(before), ByPerson) and node and node.loop is None:
                return context.ids.of(before)
        return ""
