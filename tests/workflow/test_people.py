"""Verbs between people on a running case, over Temporal."""

import pytest
from google.protobuf.json_format import MessageToDict

from protos.cases.v1 import cases_pb2
from tests.workflow.conftest import Office, eventually
from tests.workflow.flows import REVIEW
from workflows.client import Act, StartedCase
from workflows.runtime.shell import lifetime


@pytest.fixture(autouse=True)
def people(office: Office) -> None:
    office.company.people = {
        "designer": ["pe_li", "pe_ma"],
        "supervisor": ["pe_chen"],
    }


async def drafted(office: Office) -> StartedCase:
    case = await office.start(REVIEW)
    draft = await office.task_of("pe_clerk", case)
    await office.act(draft, "complete", "pe_clerk", form={"note": "一"}, act_key="drafted")
    return case


async def on_the_case(office: Office, case: StartedCase, verb: str, **more: str) -> bool:
    act = Act(act_key=f"{verb}-{case.case_id}", verb=verb, person="pe_clerk", **more)  # type: ignore[arg-type]  # texts alone
    return (await office.cases.act(case.workflow_id, act)).applied


async def test_a_task_goes_from_hand_to_hand_and_the_inbox_follows(office: Office) -> None:
    case = await drafted(office)
    task = await office.task_of("pe_li", case)
    assert (await office.act(task, "delegate", "pe_li", to="pe_x")).applied
    lent = await office.task_of("pe_x", case)
    assert lent.assignee_person_id == "pe_x"
    assert [(d.person_id, d.delegated_by_person_id) for d in lent.delegations] == [
        ("pe_x", "pe_li")
    ]
    assert list(lent.verbs)[:2] == ["release", "approve"]
    await office.act(lent, "approve", "pe_x", form={"opinion": "可"})
    back = await office.task_of("pe_li", case)
    assert MessageToDict(back.context)["defaults"] == {"opinion": "可"}
    await office.act(back, "add_signer_after", "pe_li", people=("pe_y",))

    async def signed_by_two() -> cases_pb2.UserTask | None:
        (task,) = await office.inbox("pe_li", case)
        return task if len(task.signers) == 2 else None

    both = await eventually(signed_by_two, "there are two to sign")
    assert [signer.person_id for signer in both.signers] == ["pe_li", "pe_y"]
    await office.act(both, "approve", "pe_li")
    await office.act(await office.task_of("pe_y", case), "approve", "pe_y")
    assert await office.outcome(case) == "completed"


async def test_what_was_sent_on_too_early_is_withdrawn_or_taken_back(office: Office) -> None:
    case = await drafted(office)
    await office.task_of("pe_li", case)
    assert (await office.case(case)).withdrawal_node == "draft"
    assert await on_the_case(office, case, "take_back", to="draft")
    again = await office.task_of("pe_clerk", case)
    assert again.user_task_id == "draft/2"
    await office.act(again, "complete", "pe_clerk", form={"note": "二"})
    await office.task_of("pe_li", case)
    assert await on_the_case(office, case, "withdraw")
    assert (await office.task_of("pe_clerk", case)).user_task_id == "draft/3"
    acts = await office.acts(case)
    withdrawn = [act for act in acts if act.acting_person_id == "system"]
    assert [(act.verb, act.user_task_id) for act in withdrawn] == [
        ("withdrawn", "check/1"),
        ("withdrawn", "check/2"),
    ]
    assert all(act.HasField("waited") for act in withdrawn)


async def test_a_lost_answer_is_found_in_the_audit_when_the_case_has_forgotten_it(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lifetime, "MOST_EVENTS", 30)
    case = await drafted(office)
    task = await office.task_of("pe_li", case)
    for number in range(40):
        act = Act(act_key=f"c{number}", verb="comment", person="pe_clerk", comment=f"{number}")
        assert (await office.cases.act(case.workflow_id, act)).applied
    newest = await office.temporal.get_workflow_handle(case.workflow_id).describe()
    assert newest.run_id != case.run_id
    first = task.__class__(user_task_id="draft/1", workflow_id=case.workflow_id, revision=1)
    repeated = await office.act(
        first, "complete", "pe_clerk", form={"note": "一"}, act_key="drafted"
    )
    assert repeated.applied
    other = await office.act(first, "complete", "pe_clerk", form={"note": "一"})
    assert other.refusal is not None
    assert other.refusal.reason == "CASE_TASK_CLOSED"
