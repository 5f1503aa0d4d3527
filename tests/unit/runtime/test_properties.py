"""Any sound flow, driven at random: no token is lost or doubled, the same events give the same case,
a case survives being carried over, and every case can be brought to its end."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.compiler.flows import plan_of
from tests.unit.runtime.cases import Case, Small
from workflows.compiler.plan import ParallelNode, Plan
from workflows.runtime.events import Event
from workflows.runtime.interpreter import step
from workflows.runtime.port import Reply
from workflows.runtime.state import CaseState, Phase, dump_state, load_state


@dataclass
class Drawing:
    """A flow being drawn: nodes and edges, numbered as they come."""

    nodes: list[str] = field(default_factory=list)
    edges: list[str] = field(default_factory=list)

    def node(self, text: str) -> str:
        name = f"n{len(self.nodes)}"
        self.nodes.append(f"- {{id: {name}, name: 点, {text}}}")
        return name

    def edge(self, source: str, target: str, more: str = "") -> None:
        self.edges.append(f"- {{from: {source}, to: {target}{more}}}")

    def source(self) -> str:
        lines = ["start: n0", "nodes:", *self.nodes, "edges:", *self.edges]
        return "\n".join(lines)


LEAVES = [
    "kind: service, rpc: test.v1.Things/Make",
    "kind: service, rpc: test.v1.Things/MakeSlowly",
    "kind: service, rpc: test.v1.Things/Look",
    "kind: wait, duration: 1h",
    "kind: form, assignee: {role: sales}, form: [{id: x, kind: text, name: 字}]",
    "kind: approval, assignee: {role: boss}",
    "kind: approval, mode: all, assignee: {role: boss}, sla: {respond: 1h, "
    "escalate: [{of: respond, notify: {role: sales}}]}",
    "kind: field_work, input: {work_order_id: wo, quote_id: qt}",
]


@st.composite
def flows(draw: st.DrawFn) -> Plan:
    drawing = Drawing()
    first = drawing.node(LEAVES[4])
    last = _sequence(draw, drawing, first, depth=2)
    drawing.edge(last, drawing.node("kind: end"))
    return plan_of("\n" + drawing.source())


def _sequence(draw: st.DrawFn, drawing: Drawing, before: str, depth: int) -> str:
    for _ in range(draw(st.integers(1, 3))):
        shape = draw(st.sampled_from(["leaf", "leaf", "parallel", "choice"] if depth else ["leaf"]))
        if shape == "leaf":
            node = drawing.node(draw(st.sampled_from(LEAVES)))
            drawing.edge(before, node)
            before = node
        else:
            before = _block(draw, drawing, before, depth, shape)
    return before


def _block(draw: st.DrawFn, drawing: Drawing, before: str, depth: int, shape: str) -> str:
    parallel = shape == "parallel"
    opening = drawing.node("kind: parallel" if parallel else "kind: decision")
    drawing.edge(before, opening)
    ends = []
    for index in range(draw(st.integers(2, 3))):
        lead = drawing.node("kind: wait, duration: 30m")
        more = ""
        if not parallel:
            when = f", when: 'case.started_by == \"x{index}\"'"
            more = when if index else ", otherwise: true"
        drawing.edge(opening, lead, more)
        ends.append(_sequence(draw, drawing, lead, depth - 1))
    closing = drawing.node("kind: parallel" if parallel else "kind: wait, duration: 5m")
    for end in ends:
        drawing.edge(end, closing)
    return closing


def branches_of(plan: Plan) -> Iterator[tuple[ParallelNode, list[set[str]]]]:
    """Each join and the branches of its split; blocks close in the order opposite to opening."""
    open_splits: list[ParallelNode] = []
    for node in plan.nodes:
        if not isinstance(node, ParallelNode):
            continue
        if len(node.next) > 1:
            open_splits.append(node)
        else:
            split = open_splits.pop()
            yield node, [_region(plan, edge.to, node.id) for edge in split.next]


def _region(plan: Plan, start: str, join: str) -> set[str]:
    seen: set[str] = set()
    stack = [start]
    while stack:
        node = stack.pop()
        if node != join and node not in seen:
            seen.add(node)
            stack.extend(edge.to for edge in plan.by_id[node].next)
    return seen


def check_invariants(state: CaseState, plan: Plan) -> None:
    standing = set(state.tokens) | set(state.joined)
    if state.status.over:
        assert not standing
        assert not state.tasks
        assert not state.timers
        return
    assert standing or state.unwinding or state.calls
    if not state.unwinding:
        for join, regions in branches_of(plan):
            present = sum(bool(region & standing) for region in regions)
            arrived = len(state.joined.get(join.id, ()))
            assert present + arrived in (0, len(join.arrivals))
    for task in state.tasks.values():
        assert state.tokens[task.node].phase is Phase.PERSON
        assert state.tokens[task.node].visit == task.visit
        assert task.waiting_on
    for timer in state.timers.values():
        assert state.tokens[timer.node].visit == timer.visit
    for incident in state.incidents.values():
        raise AssertionError(incident)


def drive(case: Case, data: st.DataObject, moves: int) -> None:
    """Let people act and time pass at random."""
    for _ in range(moves):
        if case.state.status.over:
            return
        tasks = list(case.state.tasks.values())
        choice = data.draw(st.integers(0, 7))
        if not tasks or choice == 0:
            case.advance(timedelta(minutes=data.draw(st.sampled_from([1, 31, 61, 300]))))
            continue
        task = data.draw(st.sampled_from(tasks))
        person = data.draw(st.sampled_from(task.waiting_on))
        node = case.plan.by_id[task.node]
        targets = list(getattr(node, "send_back", ()))
        if choice == 1 and targets:
            case.do(person, "reject", task.node, to=data.draw(st.sampled_from(targets)))
        elif choice == 2:
            case.do(person, "comment", task.node)
        elif choice == 3 and data.draw(st.integers(0, 5)) == 0:
            case.do("pe_starter", "cancel")
        else:
            case.do(person, "complete" if node.kind == "form" else "approve", task.node)


def finish(case: Case) -> None:
    """Everybody does what they are asked until the case is over."""
    for _ in range(2_000):
        if case.state.status.over:
            return
        case.advance(timedelta(hours=1))
        for task in list(case.state.tasks.values()):
            node = case.plan.by_id[task.node]
            verb = "complete" if node.kind == "form" else "approve"
            case.do(task.waiting_on[0], verb, task.node)


class Watched(Case):
    """A case whose every step is checked and carried over."""

    def feed(self, event: Event) -> None:
        super().feed(event)
        check_invariants(self.state, self.plan)
        assert load_state(dump_state(self.state)) == self.state


@settings(max_examples=60)
@given(flows(), st.data())
def test_a_case_driven_at_random_keeps_its_tokens_and_can_finish(
    plan: Plan, data: st.DataObject
) -> None:
    world = Small(MakeSlowly=Reply({"thing_id": "slow"}, after=timedelta(minutes=45)))
    world.people["boss"] = ["pe_a", "pe_b"]
    case = Watched(plan, world)
    drive(case, data, moves=12)
    finish(case)
    assert case.state.status.over
    again = CaseState()
    for event in case.events:
        again, _ = step(again, event, plan)
    assert again == case.state
