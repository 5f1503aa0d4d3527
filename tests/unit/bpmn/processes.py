"""BPMN processes drawn by chance: tasks, gateways, boundary events and sub-processes without data."""

from __future__ import annotations

from hypothesis import strategies as st

from workflows.bpmn.markup import Markup
from workflows.bpmn.xml import BPMN

_GATEWAYS = ("exclusiveGateway", "parallelGateway", "inclusiveGateway")
_TASKS = ("userTask", "userTask", "serviceTask", "receiveTask")
_MANY = Markup("multiInstanceLoopCharacteristics").add(Markup("loopCardinality", "2"))


@st.composite
def processes(draw: st.DrawFn) -> str:
    """A file with one process, sound or not."""
    root = Markup("definitions", xmlns=BPMN, targetNamespace="urn:test")
    root.add(Markup("error", id="Err", errorCode="FAILED"))
    process = Markup("process", id="p")
    draw(_scopes(process, "", 2))
    return root.add(process).text()


@st.composite
def _scopes(draw: st.DrawFn, parent: Markup, prefix: str, depth: int) -> None:
    """Nodes that mostly lead on, so that many are sound, and a few that lead anywhere."""
    count = draw(st.integers(1, 7))
    names = [f"{prefix}n{number}" for number in range(count)]
    ends = [f"{prefix}e{number}" for number in range(draw(st.integers(1, 2)))]
    flows: list[tuple[str, str]] = [(f"{prefix}s", names[0])]
    parent.add(Markup("startEvent", id=f"{prefix}s"))
    for index, name in enumerate(names):
        ahead = [*names[index + 1 :], *ends]
        anywhere = st.sampled_from(ahead if draw(st.integers(0, 5)) else [*names, *ends])
        kind = draw(st.sampled_from([*_TASKS, "subProcess", *_GATEWAYS]))
        kind = "userTask" if kind == "subProcess" and not depth else kind
        node = Markup(kind, id=name, name=name)
        parent.add(node)
        if kind not in _GATEWAYS and draw(st.integers(0, 5)) == 0:
            node.add(_MANY)
        if kind == "subProcess":
            draw(_scopes(node, f"{name}_", depth - 1))
        several = kind in _GATEWAYS or draw(st.integers(0, 7)) == 0
        out = draw(st.lists(anywhere, min_size=1, max_size=3 if several else 1, unique=True))
        flows += [(name, target) for target in out]
        if kind not in _GATEWAYS and draw(st.integers(0, 3)) == 0:
            event = f"{name}_b"
            parent.add(draw(_boundaries(event, name)))
            flows.append((event, draw(anywhere)))
    for end in ends:
        parent.add(draw(_ends(end, inside=bool(prefix))))
    for number, (source, target) in enumerate(flows):
        flow = Markup("sequenceFlow", id=f"{prefix}f{number}", sourceRef=source, targetRef=target)
        parent.add(flow)


def _ends(name: str, *, inside: bool) -> st.SearchStrategy[Markup]:
    plain = st.builds(lambda: Markup("endEvent", id=name))
    over = st.builds(lambda: Markup("endEvent", id=name).add(Markup("terminateEventDefinition")))
    error = st.builds(
        lambda: Markup("endEvent", id=name).add(Markup("errorEventDefinition", errorRef="Err"))
    )
    return st.one_of(plain, plain, plain, over, error) if inside else st.one_of(plain, plain, over)


@st.composite
def _boundaries(draw: st.DrawFn, name: str, host: str) -> Markup:
    timer = Markup("timerEventDefinition").add(Markup("timeDuration", "PT1H"))
    error = Markup("errorEventDefinition", errorRef="Err")
    definition = draw(st.sampled_from([timer, error]))
    event = Markup("boundaryEvent", id=name, attachedToRef=host)
    if definition is timer and draw(st.booleans()):
        event.set("cancelActivity", "false")
    return event.add(definition)
