"""A user task opens: whom it is for is found out, one question after another, and then they have it.

In turn: whom the rule finds; the role that is asked instead of nobody; the leader instead of whoever
started the case; who holds the roles whose votes count more. What a rule of the node settles without
asking anybody is written down as the system's act.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from workflows.compiler.plan import ApprovalNode, FormNode
from workflows.compiler.plan import UserTaskNode as PlanUserTask
from workflows.runtime import sla, tasks
from workflows.runtime.audit import record, system_act
from workflows.runtime.messages import announce
from workflows.runtime.people import answer_of, ask, in_words, look_for
from workflows.runtime.quorum import is_reachable, verdict
from workflows.runtime.run import Run
from workflows.runtime.search import Search, Step
from workflows.runtime.state import PendingCall, Phase, Trouble
from workflows.runtime.user_task import Signature, Signer, UserTask, in_turn
from workflows.runtime.verbs import Verb, is_in_order, signs

#: What an assignment of the task itself is called, apart from those of its alarms.
OPEN = "open"


def begin(run: Run, node: PlanUserTask, visit: int) -> bool:
    """A token came: find out who the task is for. True: nobody need do it, it is done."""
    run.place_token(node, Phase.ASSIGNING)
    found = look_for(run, node, visit, OPEN, node.assignee, Search())
    return found is not None and _found(run, node, visit, found, asked=False)


def begin_for(run: Run, node: PlanUserTask, visit: int, people: tuple[str, ...]) -> bool:
    """Operations say who the task is for. True: nobody need do it, it is done."""
    run.place_token(node, Phase.ASSIGNING)
    return _found(run, node, visit, Search(people=people), asked=False)


def answered(run: Run, node: PlanUserTask, call: PendingCall, response: dict[str, Any]) -> bool:
    """The directory answered a question about whom the task is for. True: nobody need do it."""
    search, answer = call.search, answer_of(response)
    match search.step:
        case Step.RULE | Step.NOBODY:
            return _found(run, node, call.visit, search.found(answer), asked=True)
        case Step.LEADER:
            return _led(run, node, call.visit, search, answer)
        case Step.VOTES:
            return _weighed(run, node, call.visit, search, answer)


def _found(run: Run, node: PlanUserTask, visit: int, search: Search, *, asked: bool) -> bool:
    if not search.people:
        return _nobody(run, node, visit, search)
    if _of_applicant(run, search) and node.when_applicant != "ask":
        return _instead_of_applicant(run, node, visit, search)
    return _settle_repeated(run, node, visit, search, asked=asked)


def _nobody(run: Run, node: PlanUserTask, visit: int, search: Search) -> bool:
    rule = node.assignee
    if rule.nobody and search.step is not Step.NOBODY:
        look_for(run, node, visit, OPEN, rule, replace(search, step=Step.NOBODY))
        return False
    if rule.skip:
        act = system_act(run, node, visit, Verb.SKIP, "nobody")
        record(run, act, node, None, None, {}, rule="nobody")
        tasks.pass_over(run, node)
        return True
    run.raise_incident(
        Trouble.PEOPLE,
        node.id,
        visit,
        "CASE_NOBODY_FOUND",
        f"{node.id}: {in_words(rule)} is nobody",
    )
    return False


# -- whoever started the case does not decide on it


def _of_applicant(run: Run, search: Search) -> tuple[str, ...]:
    """Those who are whoever started the case, or stand in for them."""
    applicant = run.case.started_by
    return tuple(person for person in search.people if search.stands_for(person, applicant))


def _instead_of_applicant(run: Run, node: PlanUserTask, visit: int, search: Search) -> bool:
    theirs = _of_applicant(run, search)
    others = tuple(person for person in search.people if person not in theirs)
    if others and not signs(node):
        # One of the others does it.
        left = replace(search, people=others)
        return _settle_repeated(run, node, visit, left, asked=True)
    if node.when_applicant == "skip":
        passed = dict.fromkeys(theirs, "when_applicant")
        return _settle_repeated(run, node, visit, replace(search, passed=passed), asked=True)
    if search.led:
        return _found(run, node, visit, replace(search, people=others), asked=True)
    step = replace(search, step=Step.LEADER, led=True)
    look_for(run, node, visit, OPEN, node.assignee, step)
    return False


def _led(run: Run, node: PlanUserTask, visit: int, search: Search, answer: Search) -> bool:
    theirs = _of_applicant(run, search)
    people: list[str] = []
    for person in search.people:
        people += answer.people if person in theirs else (person,)
    led = replace(
        search,
        people=tuple(dict.fromkeys(people)),
        on_behalf_of={
            **{p: w for p, w in search.on_behalf_of.items() if p not in theirs},
            **answer.on_behalf_of,
        },
    )
    if answer.people:
        rule = "when_applicant"
        act = system_act(run, node, visit, Verb.TRANSFER, rule, answer.people)
        record(run, act, node, None, None, {}, rule=rule)
    return _found(run, node, visit, led, asked=True)


# -- whoever has approved in this case is not asked again


def _settle_repeated(
    run: Run, node: PlanUserTask, visit: int, search: Search, *, asked: bool
) -> bool:
    if node.when_repeated == "skip" and not isinstance(node, FormNode):
        approvers = {person for people in run.case.approvers.values() for person in people}
        repeated = [p for p in search.people if p in approvers and p not in search.passed]
        passed = {**search.passed, **dict.fromkeys(repeated, "when_repeated")}
        search = replace(search, passed=passed)
    if search.passed and not signs(node):
        return _pass(run, node, visit, search)
    return _weigh(run, node, visit, replace(search, weight=0), asked=asked)


def _pass(run: Run, node: PlanUserTask, visit: int, search: Search) -> bool:
    """One of those who might do it has it passed by rule: it is done."""
    person, rule = next(iter(search.passed.items()))
    verb = Verb.SKIP if isinstance(node, FormNode) else Verb.APPROVE
    act = system_act(run, node, visit, verb, rule, (person,))
    record(run, act, node, None, None, {}, rule=rule)
    tasks.finish_by_rule(run, node, person)
    return True


# -- whose votes count more


def _weigh(run: Run, node: PlanUserTask, visit: int, search: Search, *, asked: bool) -> bool:
    weights = node.quorum.weights if isinstance(node, ApprovalNode) and node.quorum else ()
    if search.weight == len(weights):
        return _open(run, node, visit, search, asked=asked)
    request = {"role": weights[search.weight].role}
    ask(run, node, visit, OPEN, request, replace(search, step=Step.VOTES))
    return False


def _weighed(run: Run, node: PlanUserTask, visit: int, search: Search, answer: Search) -> bool:
    assert isinstance(node, ApprovalNode)
    assert node.quorum is not None
    votes = node.quorum.weights[search.weight].votes
    holders = [person for person in search.people if person in answer.people]
    counted = {person: max(votes, search.votes.get(person, 1)) for person in holders}
    further = replace(search, votes={**search.votes, **counted}, weight=search.weight + 1)
    return _weigh(run, node, visit, further, asked=True)


# -- open


def _open(run: Run, node: PlanUserTask, visit: int, search: Search, *, asked: bool) -> bool:
    people = tuple(dict.fromkeys(search.people))
    task = UserTask(
        task_id=f"{node.id}/{visit}",
        node=node.id,
        visit=visit,
        opened_at=run.at,
        on_behalf_of={p: whom for p, whom in search.on_behalf_of.items() if p in people},
        waiting_since=run.at,
        draft=run.earlier.pop(node.id, {}),
    )
    keeper = run.kept_for.pop(node.id, "")
    if signs(node):
        task = replace(task, signers=_signers(node, people, search.votes))
    else:
        task = replace(task, candidates=people, assignee=keeper if keeper in people else "")
    if not is_reachable(node, task):
        run.raise_incident(
            Trouble.PEOPLE,
            node.id,
            visit,
            "CASE_QUORUM_UNREACHABLE",
            f"{node.id}: there are too few votes to decide",
        )
        return False
    task = _sign_by_rule(run, node, task, search.passed)
    if task.signers and verdict(node, task):
        tasks.finish_by_rule(run, node, task.signatures[-1].person)
        return True
    run.set_phase(node.id, Phase.PERSON)
    task = sla.arm(run, node, task)
    run.tasks[task.task_id] = task
    announce(run, node, task, task.waiting_on, after_read=asked)
    return False


def _signers(
    node: PlanUserTask, people: tuple[str, ...], votes: dict[str, int]
) -> tuple[Signer, ...]:
    if is_in_order(node):
        return in_turn(people)
    return tuple(Signer(person, votes=votes.get(person, 1)) for person in people)


def _sign_by_rule(run: Run, node: PlanUserTask, task: UserTask, passed: dict[str, str]) -> UserTask:
    for person, rule in passed.items():
        signed = Signature(person, run.at, by_rule=rule)
        task = replace(task, signatures=(*task.signatures, signed))
        act = system_act(run, node, task.visit, Verb.APPROVE, f"{rule}/{person}", (person,))
        record(run, act, node, None, task, {}, rule=rule)
    return task
