"""The ends of user tasks: done, passed over, or withdrawn with their token."""

from __future__ import annotations

from workflows.compiler.plan import ApprovalNode, ConfirmNode, FormNode, PlanNode
from workflows.compiler.plan import UserTaskNode as PlanUserTask
from workflows.language.values import Json, timestamp_to_json
from workflows.runtime.audit import record, system_act
from workflows.runtime.run import Run
from workflows.runtime.user_task import UserTask


def close(run: Run, task: UserTask) -> None:
    """The task is over, and its timers with it."""
    run.tasks.pop(task.task_id, None)
    run.cancel_timers(task.node)


def finish(
    run: Run,
    node: PlanUserTask,
    task: UserTask,
    person: str,
    form: dict[str, Json],
    *,
    approved: bool = True,
) -> None:
    """The task is done, by whoever had the final word: keep its result. Its token may move on."""
    close(run, task)
    run.handlers[node.id] = person
    keep(run, node, person, form, approved=approved)
    if not isinstance(node, FormNode) and approved:
        asked = [s.person for s in task.signatures if s.in_favour and not s.by_rule]
        run.note_approvers(node.id, (*asked, person))


def finish_by_rule(run: Run, node: PlanUserTask, person: str) -> None:
    """Nobody need be asked: a rule of the node lets it pass as approved by this person."""
    if isinstance(node, FormNode) or node.form:
        pass_over(run, node)  # there are no values for what the form asks
    else:
        keep(run, node, person, {}, approved=True)


def pass_over(run: Run, node: PlanUserTask) -> None:
    """Nobody does it this time: what an earlier visit left behind does not count either."""
    run.forget_result(node.id)
    run.handlers.pop(node.id, None)


def withdraw(run: Run, node: PlanNode, visit: int, reason: str) -> None:
    """The token is taken away, and the node's user task, if there is one, with it."""
    task = run.tasks.get(f"{node.id}/{visit}")
    if task is not None:
        assert isinstance(node, FormNode | ApprovalNode | ConfirmNode)
        act = system_act(run, node, visit, "withdrawn", "left", comment=reason)
        record(run, act, node, task, None, {}, rule="left")
        close(run, task)


def keep(
    run: Run,
    node: PlanUserTask,
    person: str,
    form: dict[str, Json],
    *,
    approved: bool,
) -> None:
    """Keep what a task leaves behind: its form's values, and who gave them when."""
    result = {**form, "handled_by": person, "handled_at": timestamp_to_json(run.at)}
    if isinstance(node, ApprovalNode) and node.mode == "quorum":
        result["approved"] = approved
    run.set_result(node.id, result)
