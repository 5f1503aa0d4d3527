"""Cases, user tasks and acts as people read them on a terminal."""

from __future__ import annotations

from typing import Any

from rich.console import RenderableType

from cli.links import Links
from cli.output import facts, state, table, text, time
from cli.verb import api
from protos.cases.v1 import cases_pb2
from services.gateway.words import word


def cases_table(answer: cases_pb2.ListCasesResponse) -> list[RenderableType]:
    """Cases as a list, with what each waits for."""
    rows = table("case", "title", "flow", "stage", "state", "waiting for", "changed")
    for case in answer.cases:
        people = [f"{task.title}: {_for_whom(task)}" for task in case.user_tasks]
        rows.add_row(
            case.case_id,
            text(case.title),
            f"{case.flow_code} v{case.flow_version}",
            word(case.stage),
            state(case),
            text("; ".join([*people, *case.waiting_for])),
            time(case.changed_at),
        )
    return [rows, *_more(answer, len(answer.cases))]


def user_tasks_table(answer: cases_pb2.ListUserTasksResponse) -> list[RenderableType]:
    """User tasks as a list, with what their people can do."""
    rows = table("case", "user task", "title", "for", "due", "verbs")
    for task in answer.user_tasks:
        due = time(task.respond_due_at) or time(task.complete_due_at)
        if task.HasField("pause"):
            due = f"{word('paused')} {text(task.pause.title)}"
        rows.add_row(
            task.case_id,
            task.user_task_id,
            text(task.title),
            _for_whom(task) or word(task.candidate_role),
            due + (" [dim](provisional)[/]" if task.due_provisional else ""),
            " ".join(task.verbs),
        )
    return [rows, *_more(answer, len(answer.user_tasks))]


def counts_table(counts: cases_pb2.UserTaskCounts) -> list[RenderableType]:
    """How many user tasks wait, and where."""
    head = facts(
        ("waiting", str(counts.count)),
        ("claimed", str(counts.claimed_count)),
        ("overdue", str(counts.overdue_count)),
        ("due today", str(counts.due_today_count)),
    )
    rows = table("flow", "node", "title", "count", "overdue")
    for each in counts.nodes:
        overdue = f"[red]{each.overdue_count}[/]" if each.overdue_count else ""
        rows.add_row(each.flow_code, each.node, text(each.title), str(each.count), overdue)
    return [head, rows]


def acts_table(answer: cases_pb2.ListActsResponse) -> RenderableType:
    """Acts in order."""
    rows = table("when", "who", "verb", "node", "from", "whom", "why")
    for act in answer.acts:
        rows.add_row(
            time(act.acted_at),
            act.acting_person_id,
            word(act.verb),
            act.node,
            act.origin,
            " ".join(act.named_person_ids),
            text(" ".join(part for part in (word(act.rule), act.comment) if part)),
        )
    return rows


def audit_table(answer: cases_pb2.ListActsResponse) -> list[RenderableType]:
    """Acts of many cases, the newest first."""
    rows = table("when", "who", "verb", "case", "node", "from", "whom", "why")
    for act in answer.acts:
        rows.add_row(
            time(act.acted_at),
            act.acting_person_id,
            word(act.verb),
            act.case_id,
            act.node,
            " ".join(part for part in (act.origin, text(act.origin_detail)) if part),
            " ".join(act.named_person_ids),
            text(" ".join(part for part in (word(act.rule), act.comment) if part)),
        )
    return [rows, *_more(answer, len(answer.acts))]


def _more(
    answer: cases_pb2.ListCasesResponse
    | cases_pb2.ListUserTasksResponse
    | cases_pb2.ListActsResponse,
    shown: int,
) -> list[RenderableType]:
    """How many there are beside those that are shown."""
    if not answer.page.next_page_token:
        return []
    if isinstance(answer, cases_pb2.ListActsResponse) or not answer.total.count:
        return ["[dim]there are more; --all shows every page[/]"]
    count = f"{answer.total.count:,}{'+' if answer.total.more else ''}"
    return [f"[dim]{shown} of {count}; --all shows every page[/]"]


def card(case: cases_pb2.Case) -> list[RenderableType]:
    """A case as its people read it."""
    charged = [
        f"{word(charge.party)} {charge.working_seconds / 3600:.1f} h"
        for charge in case.waiting_charges
    ]
    head = facts(
        ("case", case.case_id),
        ("title", text(case.title)),
        ("flow", f"{case.flow_code} v{case.flow_version}  [dim]plan {case.plan_hash[:12]}[/]"),
        ("stage", word(case.stage)),
        ("priority", text(case.priority.title)),
        ("state", state(case)),
        ("waiting for", text("; ".join(case.waiting_for))),
        ("incident", f"[red]{text(case.incident)}[/]" if case.incident else ""),
        ("started", f"{time(case.started_at)} by {case.started_by_person_id}"),
        ("ended", time(case.ended_at)),
        ("copied to", " ".join(case.copied_to_person_ids)),
        ("waited for", ", ".join(charged)),
        ("verbs", " ".join(case.my_verbs)),
        ("Temporal", Links.ask(api()).workflow(case.workflow_id)),
    )
    nodes = table("node", "title", "progress", "by", "entered", "left")
    for node in case.nodes:
        nodes.add_row(
            node.node,
            text(node.title),
            state(node, "progress"),
            node.handled_by_person_id,
            time(node.entered_at),
            time(node.left_at),
        )
    tasks = user_tasks_table(cases_pb2.ListUserTasksResponse(user_tasks=case.user_tasks))
    return [head, nodes, *tasks] if case.user_tasks else [head, nodes]


def waiting_plain(plain: dict[str, Any]) -> str:
    """For whom or what a case waits, from the API's JSON."""
    people = [
        f"{task['title']}: {task['assignee_person_id'] or ', '.join(task['candidate_person_ids'])}"
        for task in plain["user_tasks"]
    ]
    return "; ".join([*people, *plain["waiting_for"]])


def _for_whom(task: cases_pb2.UserTask) -> str:
    """Whose move it is, and for whom they do it."""
    meant = {each.person_id: each.delegated_by_person_id for each in task.delegations}
    meant |= {each.person_id: each.on_behalf_of_person_id for each in task.substitutions}
    people = [task.assignee_person_id] if task.assignee_person_id else task.candidate_person_ids
    return ", ".join(
        f"{person} ({word('on_behalf_of')} {meant[person]})" if person in meant else person
        for person in people
    )
