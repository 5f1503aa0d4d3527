"""One verb on many cases: each once, in the name of whoever ordered it, whatever happens between."""

import pytest

from protos.cases.v1 import bulk_acts_pb2
from tests.workflow.conftest import Office, eventually
from tests.workflow.flows import MEASURE
from tests.workflow.sandbox import sandbox
from workflows.client import Act, StartedCase, Target


@pytest.fixture(autouse=True)
def people(real_office: Office) -> None:
    real_office.company.people = {"designer": ["pe_tian"], "supervisor": ["pe_chen"]}


def order(verb: str, key: str, to: str = "") -> Act:
    return Act(act_key=key, verb=verb, person="pe_chen", roles=("supervisor",), to=to, origin="cli")


async def targets(office: Office, cases: list[StartedCase]) -> list[Target]:
    tasks = [await office.task_of("pe_tian", case) for case in cases]
    return [Target(t.case_id, t.workflow_id, t.user_task_id, t.title) for t in tasks]


async def told_of(office: Office, bulk_act_id: str) -> bulk_acts_pb2.BulkAct:
    await office.temporal.get_workflow_handle(f"bulk_act:{bulk_act_id}").result()

    async def look() -> bulk_acts_pb2.BulkAct | None:
        request = bulk_acts_pb2.GetBulkActRequest(bulk_act_id=bulk_act_id)
        told = await office.caller.call("cases.v1.BulkActService/GetBulkAct", request)
        assert isinstance(told, bulk_acts_pb2.BulkAct)
        return told if told.HasField("ended_at") else None

    return await eventually(look, "the bulk act is told")


async def test_each_chosen_task_is_transferred_once_and_what_is_refused_is_told(
    real_office: Office,
) -> None:
    office = real_office
    async with office.worker(runner=sandbox()):
        cases = [await office.start(MEASURE) for _ in range(3)]
        chosen = await targets(office, cases)
        *_, gone = [await office.task_of("pe_tian", case) for case in cases]
        await office.act(gone, "transfer", "pe_tian", to="pe_else")
        closed = Target(cases[0].case_id, cases[0].workflow_id, "nothing/1", "没有")

        act = order("transfer", "bulk-1", to="pe_new")
        ordered = await office.cases.bulk_act(act, [*chosen, closed])
        told = await told_of(office, ordered)
        assert (told.target_count, told.done_count) == (4, 3)
        assert [(f.target.user_task_id, f.reason) for f in told.failures] == [
            ("nothing/1", "CASE_TASK_CLOSED")
        ]
        assert (told.verb, told.to, told.ordered_by_person_id) == ("transfer", "pe_new", "pe_chen")
        for case in cases:
            await office.task_of("pe_new", case)
            *_, done = [act for act in await office.acts(case) if act.verb == "transfer"]
            assert (done.acting_person_id, done.origin) == ("pe_chen", "cli")
        assert await office.cases.bulk_act(act, chosen) == ordered


async def test_a_bulk_act_goes_on_where_it_was_when_its_worker_went_down(
    real_office: Office,
) -> None:
    office = real_office
    async with office.worker():
        cases = [await office.start(MEASURE) for _ in range(12)]
        chosen = await targets(office, cases)
        ordered = await office.cases.bulk_act(order("urge", "bulk-2"), chosen)

        async def begun() -> bool:
            return any([await office.acts(case) for case in cases])

        await eventually(begun, "something is urged")
    async with office.worker():
        told = await told_of(office, ordered)
        assert (told.done_count, len(told.failures)) == (12, 0)

        async def all_told() -> bool:
            acts = [[act.verb for act in await office.acts(case)] for case in cases]
            return acts == [["urge"]] * 12

        await eventually(all_told, "every act is written down once")
