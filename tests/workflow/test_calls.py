"""How a case's calls are made: chained while they are quick, seen by operations when they are not."""

from temporalio.api.enums.v1 import EventType

from kit.errors import FailedPrecondition
from protos.cases.v1 import cases_pb2
from tests.workflow.conftest import Office
from tests.workflow.flows import INSTALL, LOOK_UPS, MEASURE
from workflows.client import Act, StartedCase
from workflows.runtime.payloads import CHILD_ENDED, Signal

LOOK_UP = "directory.v1.DirectoryService/ResolveAssignees"
CREATE = "workorder.v1.WorkOrderService/CreateWorkOrder"


async def activities(office: Office, case: StartedCase) -> list[str]:
    """The ordinary activities of a case, in order."""
    return [
        event.activity_task_scheduled_event_attributes.activity_type.name
        for event in await office.history(case.workflow_id)
        if event.event_type is EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED
    ]


async def markers(office: Office, case: StartedCase) -> int:
    history = await office.history(case.workflow_id)
    return sum(event.HasField("marker_recorded_event_attributes") for event in history)


async def test_quick_calls_are_chained_in_one_workflow_task(office: Office) -> None:
    case = await office.start(LOOK_UPS)
    assert await office.outcome(case) == "completed"
    assert await activities(office, case) == []
    assert await markers(office, case) == 5, "four calls and the record of the end"


async def test_a_chain_that_has_spent_its_second_goes_on_as_ordinary_activities(
    office: Office,
) -> None:
    office.company.slow["ResolveAssignees"] = 0.35
    case = await office.start(LOOK_UPS)
    assert await office.outcome(case) == "completed"
    assert LOOK_UP in await activities(office, case)
    assert office.company.calls["ResolveAssignees"] == 4


async def test_after_an_act_the_first_call_is_an_ordinary_activity_and_the_rest_is_chained(
    office: Office,
) -> None:
    office.company.people = {"sales": ["pe_wang"]}
    office.company.technicians = ["pe_tian"]
    never_undone = INSTALL.replace(f"rpc: {CREATE}", f"rpc: {CREATE}\n    compensation: none")
    for source, times in ((never_undone, 0), (INSTALL, 1)):
        case = await office.start(source)
        task = await office.task_of("pe_wang", case)
        await office.act(task, "complete", "pe_wang", form={"units": 1})
        await office.task_of("pe_tian", case)
        await office.settled(case)
        made = await activities(office, case)
        assert made.count("pricing.v1.PricingService/Quote") == 1
        assert made.count(CREATE) == times, "what would have to be undone is in the history first"


async def test_a_refusal_without_an_error_path_is_an_incident_that_people_see(
    office: Office,
) -> None:
    office.company.people = {"sales": ["pe_wang"], "supervisor": ["pe_chen"]}
    office.company.refuse["Quote"] = FailedPrecondition("PRICING_TIER_MISSING", "no such tier")
    case = await office.start(INSTALL)
    task = await office.task_of("pe_wang", case)
    await office.act(task, "complete", "pe_wang", form={"units": 1})
    stuck = await office.case_in(case, "CASE_STATE_INCIDENT")
    assert "no such tier" in stuck.incident
    cancel = Act(act_key="cancel", verb="cancel", person="pe_chen", roles=("supervisor",))
    assert (await office.cases.act(case.workflow_id, cancel)).applied
    assert await office.outcome(case) == "cancelled"


async def test_what_the_interpreter_cannot_take_is_an_incident_and_the_case_goes_on(
    office: Office,
) -> None:
    office.company.people = {"designer": ["pe_li"]}
    case = await office.start(MEASURE)
    task = await office.task_of("pe_li", case)
    malformed = Signal(CHILD_ENDED, "x/1", payload={"nonsense": True})
    await office.temporal.get_workflow_handle(case.workflow_id).signal("event", malformed)
    stands = await office.case_in(case, "CASE_STATE_INCIDENT")
    assert "nonsense" in stands.incident
    assert (await office.act(task, "complete", "pe_li", form={"note": "好"})).applied
    assert await office.outcome(case) == "completed"
    assert (await office.case(case)).state != cases_pb2.CASE_STATE_RUNNING
