"""Any sound flow, driven at random: its tokens stand where the proof says they can, the same events
give the same case, a case survives being carried over, and every case can be brought to its end."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.runtime.cases import Case, Small
from tests.unit.runtime.drawing import flows
from tests.unit.runtime.markings import strays
from workflows.compiler.plan import FormNode, Plan
from workflows.runtime.events import Event, EventArrived
from workflows.runtime.interpreter import step
from workflows.runtime.places import Place, each, place_of, places
from workflows.runtime.port import Reply
from workflows.runtime.state import CaseState, Phase, dump_state, load_state
from workflows.runtime.user_task import UserTask


def check_invariants(state: CaseState, plan: Plan) -> None:
    if state.status.over:
        for kind in ("tokens", "joined", "tasks", "timers", "awaited", "rounds"):
            assert not list(each(state, plan, kind)), kind
        return
    assert not list(each(state, plan, "incidents"))
    assert not list(strays(state, plan))
    for place in places(state, plan):
        check_run(place)


def check_run(place: Place) -> None:
    run = place.run
    for task in run.tasks.values():
        assert run.tokens[task.node].phase is Phase.PERSON
        assert run.tokens[task.node].visit == task.visit
        assert task.waiting_on
    for timer in run.timers.values():
        assert run.tokens[timer.node].visit == timer.visit
    for awaited in run.awaited.values():
        assert run.tokens[awaited.node].visit == awaited.visit
    for inner in run.inner.values():
        under_way = inner.calls or inner.children or inner.unwinding or inner.inner
        assert under_way or not inner.status.over
        if inner.status == "running":
            assert run.tokens[inner.node].visit == inner.visit


class Watched(Case):
    """A case whose every step is checked and carried over."""

    def feed(self, event: Event) -> None:
        before = self.state
        kept = dump_state(before)
        super().feed(event)
        assert dump_state(before) == kept
        check_invariants(self.state, self.plan)
        assert load_state(dump_state(self.state)) == self.state

    @property
    def open_tasks(self) -> list[tuple[str, UserTask]]:
        return list(each(self.state, self.plan, "tasks"))

    def node_of(self, task_id: str) -> tuple[Place, object]:
        found = place_of(self.state, self.plan, "tasks", task_id)
        assert found is not None
        place, own_id = found
        return place, place.node(place.run.tasks[own_id].node)

    def finish_task(self, task_id: str, person: str, *, again: bool) -> None:
        _, node = self.node_of(task_id)
        asks = isinstance(node, FormNode) and node.form[0].field.id == "again"
        verb = "complete" if isinstance(node, FormNode) else "approve"
        form = {"again": again} if asks else {}
        self.do(person, verb, task_id.rpartition("/")[0], form=form)

    def change(self) -> None:
        self.arrive(EventArrived(self.now, "test.v1.ThingChanged", "th_1", payload={"done": True}))


def drive(case: Watched, data: st.DataObject, moves: int) -> None:
    """Let people act, things change and time pass at random."""
    for _ in range(moves):
        if case.state.status.over:
            return
        choice = data.draw(st.integers(0, 9))
        if choice == 0:
            case.change()
        elif choice == 1 or not case.open_tasks:
            case.advance(timedelta(minutes=data.draw(st.sampled_from([1, 31, 61, 300]))))
        elif choice == 2 and data.draw(st.integers(0, 5)) == 0:
            case.do("pe_starter", "cancel")
        else:
            _act(case, data, choice)


def _act(case: Watched, data: st.DataObject, choice: int) -> None:
    task_id, task = data.draw(st.sampled_from(case.open_tasks))
    person = data.draw(st.sampled_from(task.waiting_on))
    _, node = case.node_of(task_id)
    targets = getattr(node, "send_back", ())
    at = task_id.rpartition("/")[0]
    if choice == 3 and targets:
        case.do(person, "reject", at, to=data.draw(st.sampled_from(targets)))
    elif choice == 4:
        case.do(person, "comment", at)
    else:
        case.finish_task(task_id, person, again=data.draw(st.booleans()))


def finish(case: Watched) -> None:
    """Everybody does what they are asked until the case is over."""
    for _ in range(2_000):
        if case.state.status.over:
            return
        case.advance(timedelta(hours=1))
        case.change()
        while case.open_tasks and not case.state.status.over:
            task_id, task = case.open_tasks[0]
            case.finish_task(task_id, task.waiting_on[0], again=False)


@settings(max_examples=60)
@given(flows(), st.data())
def test_a_case_driven_at_random_stands_where_the_proof_says_and_can_finish(
    plan: Plan, data: st.DataObject
) -> None:
    failing = iter([Reply(reason="BROKEN", message="")] * 3)
    world = Small(
        MakeSlowly=Reply({"thing_id": "slow", "count": 1}, after=timedelta(minutes=45)),
        Touch=lambda call: next(failing, Reply({"thing_id": "t", "count": 1})),
    )
    world.people["boss"] = ["pe_a", "pe_b"]
    case = Watched(plan, world)
    drive(case, data, moves=12)
    finish(case)
    assert case.state.status.over
    again = CaseState()
    for event in case.events:
        again, _ = step(again, event, plan)
    assert again == case.state
