"""Any case of any flow, anywhere, moved to any other version for which that is called safe: it stands
where the proof of the new version says it can, it can be brought to its end whatever happens, and
nothing that was done is forgotten."""

from __future__ import annotations

import heapq
import os
from collections import Counter
from datetime import timedelta

from hypothesis import Phase, event, given, settings
from hypothesis import strategies as st

from tests.unit.runtime.cases import Small
from tests.unit.runtime.drawing import flows
from tests.unit.runtime.migration.versions import versions
from tests.unit.runtime.test_properties import Watched, drive
from workflows.compiler.plan import FormNode, Plan
from workflows.runtime import describe
from workflows.runtime.commands import Purpose, RecordAct
from workflows.runtime.events import Event, Resumed
from workflows.runtime.migration import MigrationOrder, Outcome, Verdict, judge, migrate
from workflows.runtime.places import each, places
from workflows.runtime.port import Reply
from workflows.runtime.state import dump_state, load_state

MOVES = int(os.environ.get("MIGRATION_EXAMPLES", "40"))
NO_SHRINK = [Phase.explicit, Phase.reuse, Phase.generate]
ORDER = MigrationOrder("mg_1/ca_1", 2, "pe_ops", reason="新版本")


class Moving(Watched):
    """A case in which people fill in what they must, and which can always be described."""

    def feed(self, event: Event) -> None:
        super().feed(event)
        describe.standing(self.state, self.plan)
        describe.details(self.state, self.plan)

    def finish_task(self, task_id: str, person: str, *, again: bool) -> None:
        _, node = self.node_of(task_id)
        if isinstance(node, FormNode) and node.form[0].field.id == "x":
            self.do(person, "complete", task_id.rpartition("/")[0], form={"x": "字"})
        else:
            super().finish_task(task_id, person, again=again)


def bring_to_end(case: Moving) -> None:
    """Everybody does what they are asked; a loop that no answer leads out of is left alone."""
    for _ in range(250):
        case.advance(timedelta(hours=1))
        case.change()
        while case.open_tasks and not case.state.status.over:
            task_id, task = case.open_tasks[0]
            case.finish_task(task_id, task.waiting_on[0], again=False)
        if case.state.status.over or _turns(case):
            return


def _turns(case: Moving) -> bool:
    runs = places(case.state, case.plan)
    return any(standing.visit > 6 for run in runs for standing in run.run.standings.values())


def made(case: Moving) -> Counter[str]:
    """The calls that were made, by their keys; not those that only close one."""
    return Counter(call.call_id for call in case.calls_of(Purpose.NODE) if not call.closing)


def world() -> Small:
    failing = iter([Reply(reason="BROKEN", message="")] * 3)
    small = Small(
        MakeSlowly=Reply({"thing_id": "slow", "count": 1}, after=timedelta(minutes=45)),
        Touch=lambda call: next(failing, Reply({"thing_id": "t", "count": 1})),
    )
    small.people["boss"] = ["pe_a", "pe_b"]
    return small


def move(case: Moving, new: Plan, order: MigrationOrder, verdict: Verdict) -> None:
    """Move a case as its workflow does: carried over, then resumed under the new plan."""
    before = case.state
    after, commands = migrate(case.state, case.plan, new, verdict.moved, order, case.now)
    case.state, case.plan = load_state(dump_state(after)), new
    for command in commands:
        case.commands.append((case.now, command))
        case._carry_out(command)
    armed = {id for id, _ in each(case.state, new, "timers")}
    case._due = [due for due in case._due if not due[3] or due[3] in armed]
    heapq.heapify(case._due)
    assert after.effects == before.effects
    assert after.acts.items() >= before.acts.items()
    case.feed(Resumed(case.now))
    case.advance(timedelta(0))


@settings(max_examples=MOVES, deadline=None, phases=NO_SHRINK)
@given(versions(), st.data())
def test_a_case_that_may_move_can_end_whatever_happens_then(
    pair: tuple[Plan, Plan], data: st.DataObject
) -> None:
    old, new = pair
    case = Moving(old, world())
    drive(case, data, moves=data.draw(st.integers(0, 8)))
    if case.state.status.over:
        return
    order = ORDER
    verdict = judge(case.state, old, new, order, case.now)
    if verdict.outcome is Outcome.NEEDS_CHOICE and all(q.targets for q in verdict.questions):
        choices = {q.node: data.draw(st.sampled_from(q.targets)).node for q in verdict.questions}
        order = MigrationOrder("mg_1/ca_1", 2, "pe_ops", choices)
        verdict = judge(case.state, old, new, order, case.now)
        event(f"chosen, then {verdict.outcome}")
    event(verdict.outcome)
    for finding in verdict.findings:
        event(finding.code)
    if verdict.outcome is not Outcome.SAFE:
        return
    done = made(case)
    move(case, new, order, verdict)
    drive(case, data, moves=6)
    bring_to_end(case)
    assert _turns(case) or case.state.status.over
    asked = made(case)
    assert all(asked[call] >= number for call, number in done.items())
    assert max(asked.values(), default=1) == 1


@settings(max_examples=15, deadline=None, phases=NO_SHRINK)
@given(flows(), st.data())
def test_moving_to_the_same_version_is_safe_and_changes_nothing(
    plan: Plan, data: st.DataObject
) -> None:
    case = Moving(plan, world())
    drive(case, data, moves=6)
    if case.state.status.over:
        return
    verdict = judge(case.state, plan, plan, ORDER, case.now)
    assert verdict == Verdict(Outcome.SAFE)
    assert migrate(case.state, plan, plan, {}, ORDER, case.now) == (case.state, [])


@settings(max_examples=15, deadline=None, phases=NO_SHRINK)
@given(flows(), st.data())
def test_a_version_that_says_the_same_in_other_words_takes_every_case_that_waits(
    plan: Plan, data: st.DataObject
) -> None:
    case = Moving(plan, world())
    drive(case, data, moves=6)
    if case.state.status.over:
        return
    renamed = Plan.model_validate({**plan.model_dump(), "name": "同一个流程"})
    verdict = judge(case.state, plan, renamed, ORDER, case.now)
    assert verdict.outcome is Outcome.SAFE or verdict.is_passing, verdict
    if verdict.outcome is Outcome.SAFE:
        after, commands = migrate(case.state, plan, renamed, {}, ORDER, case.now)
        assert [type(command) for command in commands] == [RecordAct]
        same = {"plan_hash", "flow_version", "revision", "acts"}
        for name in type(after).__dataclass_fields__:
            assert name in same or getattr(after, name) == getattr(case.state, name), name
