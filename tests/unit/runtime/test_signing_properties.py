"""Whatever people do to a task that several sign: it always waits for somebody who may go on, what a
page offers is accepted, what it does not offer is refused, and it can be brought to its end."""

from __future__ import annotations

import itertools
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tests.unit.compiler.flows import plan_of
from tests.unit.runtime.cases import Case, Small, refusal, varied
from workflows.compiler.plan import Plan, PlanPauseReason, PlanQuorum, UserTaskNode
from workflows.runtime.state import CaseStatus
from workflows.runtime.user_task import UserTask
from workflows.runtime.verbs import Verb, possible_verbs, task_allowances

FLOW = plan_of(
    """
    start: ask
    nodes:
      - {id: ask, kind: form, name: 申请, assignee: {person: =case.started_by},
         form: [{id: sum, kind: integer, name: 数}]}
      - {id: check, kind: approval, name: 审核, assignee: {role: boss}}
      - {id: done, kind: end, name: 完}
    edges: [{from: ask, to: check}, {from: check, to: done}]
    """
)
REASON = PlanPauseReason(id="parts", name="等备件", blames="warehouse")
MODES: dict[str, dict[str, Any]] = {
    "one": {},
    "any": {},
    "all": {},
    "sequence": {},
    "quorum": {"quorum": PlanQuorum(percent=50)},
}
CREW = ("pe_a", "pe_b", "pe_c")
#: Verbs after which the task is still there to be looked at.
STAYING = [
    verb
    for verb in Verb
    if verb not in (Verb.REJECT, Verb.CANCEL, Verb.WITHDRAW, Verb.TAKE_BACK, Verb.SKIP)
]


def plan_in(mode: str) -> Plan:
    reasons = {"pause_reasons": (REASON,)}
    return varied(
        FLOW,
        "check",
        mode=mode,
        skippable=True,
        pause_reasons=("parts",),
        plan=reasons,
        **MODES[mode],
    )


def case_in(mode: str) -> Case:
    world = Small()
    world.people["boss"] = list(CREW)
    case = Case(plan_in(mode), world)
    case.do("pe_starter", "complete", "ask")
    return case


def node_of(case: Case) -> UserTaskNode:
    node = case.plan.by_id["check"]
    assert node.kind == "approval"
    return node


def offered(case: Case, person: str, *roles: str) -> tuple[Verb, ...]:
    allowances = task_allowances(node_of(case), case.task("check"), case.plan)
    return possible_verbs(allowances, person, roles)


def arguments(task: UserTask, person: str, verb: Verb, new: str) -> dict[str, Any]:
    """What a sensible page would send with a verb."""
    removable = [
        s.person for s in task.signers if s.added_by == person and s.person not in task.signed
    ]
    return {
        "to": {Verb.REJECT: "ask", Verb.PAUSE: "parts"}.get(verb, new),
        "people": tuple(removable[:1]) if verb is Verb.REMOVE_SIGNER else (new,),
        "comment": "因为",
    }


def check_task(case: Case) -> None:
    task = case.task("check")
    assert task.waiting_on
    assert len(set(task.waiting_on)) == len(task.waiting_on)
    for person in task.waiting_on:
        assert Verb.APPROVE in offered(case, person)


@given(mode=st.sampled_from(sorted(MODES)), data=st.data())
def test_it_always_waits_for_somebody_and_can_be_brought_to_its_end(
    mode: str, data: st.DataObject
) -> None:
    case = case_in(mode)
    news = (f"pe_new_{number}" for number in itertools.count())
    for _ in range(data.draw(st.integers(0, 8))):
        check_task(case)
        task = case.task("check")
        people = sorted({*task.people, *task.lent, *task.lent.values()})
        person = data.draw(st.sampled_from(people))
        verbs = [verb for verb in offered(case, person) if verb in STAYING]
        verb = data.draw(st.sampled_from(verbs))
        case.do(person, verb, "check", **arguments(task, person, verb, next(news)))
        if case.state.status is not CaseStatus.RUNNING:
            return
    for _ in range(40):
        check_task(case)
        case.do(case.task("check").waiting_on[0], "approve", "check")
        if case.state.status is CaseStatus.COMPLETED:
            break
    assert case.state.status is CaseStatus.COMPLETED
    assert case.state.timers == {}


@given(
    mode=st.sampled_from(sorted(MODES)),
    before=st.sampled_from([None, Verb.CLAIM, Verb.DELEGATE, Verb.ADD_SIGNER_BEFORE, Verb.PAUSE]),
    person=st.sampled_from(["pe_a", "pe_b", "pe_x", "pe_starter", "pe_m"]),
    verb=st.sampled_from(list(Verb)),
)
def test_what_is_offered_is_accepted_and_nothing_else(
    mode: str, before: Verb | None, person: str, verb: Verb
) -> None:
    case = case_in(mode)
    if before in offered(case, "pe_a"):
        case.do("pe_a", before, "check", **arguments(case.task("check"), "pe_a", before, "pe_x"))
    roles = ("boss",) if person == "pe_m" else ()
    more = arguments(case.task("check"), person, verb, "pe_new")
    if roles and verb is Verb.REMOVE_SIGNER:
        more["people"] = case.task("check").turn[:1]
    if roles and verb is Verb.TRANSFER:
        more["people"] = case.task("check").waiting_on[:1]
    if verb in offered(case, person, *roles):
        case.do(person, verb, "check", roles=roles, **more)
        return
    error = refusal(case, person, verb, "check", roles=roles, **more)
    assert error.reason in ("CASE_TASK_NOT_YOURS", "CASE_VERB_ILLEGAL")
