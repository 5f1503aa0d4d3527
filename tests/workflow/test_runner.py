"""What a worker holds of a case that waits."""

import gc

from temporalio.bridge.proto.workflow_activation import InitializeWorkflow

from tests.workflow import flows
from tests.workflow.conftest import Office


async def test_a_case_that_waits_holds_nothing_of_the_message_it_began_with(office: Office) -> None:
    office.company.people = {"designer": ["pe_li"]}
    case = await office.start(flows.MEASURE)
    await office.task_of("pe_li", case)
    await office.settled(case)
    gc.collect()
    messages = [each for each in gc.get_objects() if isinstance(each, InitializeWorkflow)]
    assert case.workflow_id not in {message.workflow_id for message in messages}
