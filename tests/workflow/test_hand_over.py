"""A leaver's user tasks handed over: all of them, each once, whatever happens in between."""

import pytest

from protos.cases.v1 import cases_pb2
from tests.workflow.conftest import Office, eventually
from tests.workflow.flows import INSTALL, MEASURE
from tests.workflow.sandbox import sandbox


@pytest.fixture(autouse=True)
def people(real_office: Office) -> None:
    real_office.company.people = {
        "designer": ["pe_tian", "pe_ma"],
        "sales": ["pe_wang"],
        "supervisor": ["pe_chen"],
    }
    real_office.company.technicians = ["pe_tian"]


async def told_of(office: Office, hand_over_id: str) -> cases_pb2.HandOver:
    """What became of a hand-over."""

    async def look() -> cases_pb2.HandOver | None:
        request = cases_pb2.GetHandOverRequest(hand_over_id=hand_over_id)
        told = await office.caller.call("cases.v1.CaseService/GetHandOver", request)
        assert isinstance(told, cases_pb2.HandOver)
        return told if told.HasField("ended_at") else None

    await office.temporal.get_workflow_handle(f"hand_over:{hand_over_id}").result()
    return await eventually(look, "the hand-over is told")


async def test_all_a_leaver_has_goes_to_the_successor_once_and_what_cannot_is_told(
    real_office: Office,
) -> None:
    office = real_office
    async with office.worker(runner=sandbox()):
        cases = [await office.start(MEASURE) for _ in range(3)]
        *_, last = [await office.task_of("pe_tian", case) for case in cases]
        await office.act(last, "claim", "pe_tian")
        offered = await office.start(INSTALL)
        intake = await office.task_of("pe_wang", offered)
        await office.act(intake, "complete", "pe_wang", form={"units": 1})
        await office.task_of("pe_tian", offered, "offer")

        ordered = await office.cases.hand_over("pe_tian", "pe_new", by="pe_chen", key="k")
        told = await told_of(office, ordered)
        assert told.handed_over_count == 3
        assert [(f.case_id, f.reason) for f in told.failures] == [
            (offered.case_id, "CASE_VERB_ILLEGAL")
        ]
        for case in cases:
            given = await office.task_of("pe_new", case)
            assert [s.on_behalf_of_person_id for s in given.substitutions] == ["pe_tian"]
            assert not await office.inbox("pe_tian", case)
            (act,) = [act for act in await office.acts(case) if act.verb == "hand_over"]
            assert (act.acting_person_id, act.rule) == ("system", "hand_over")
            assert list(act.named_person_ids) == ["pe_tian"]
        assert (await office.task_of("pe_new", cases[-1])).assignee_person_id == "pe_new"
        again = await office.cases.hand_over("pe_tian", "pe_new", by="pe_chen", key="k")
        assert again == ordered


async def test_a_hand_over_goes_on_where_it_was_when_its_worker_went_down(
    real_office: Office,
) -> None:
    office = real_office
    office.company.people["designer"] = ["pe_leaver"]

    async with office.worker():
        cases = [await office.start(MEASURE) for _ in range(8)]
        for case in cases:
            await office.task_of("pe_leaver", case)
        ordered = await office.cases.hand_over("pe_leaver", "pe_heir", by="pe_chen", key="k")

        async def begun() -> bool:
            return any([await office.inbox("pe_heir", case) for case in cases])

        await eventually(begun, "something is handed over")
    async with office.worker():
        told = await told_of(office, ordered)
        assert (told.handed_over_count, len(told.failures)) == (8, 0)
        for case in cases:
            await office.task_of("pe_heir", case)
            verbs = [act.verb for act in await office.acts(case)]
            assert verbs == ["hand_over"]
