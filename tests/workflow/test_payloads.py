"""What a worker makes of payloads: they are kept encrypted, and one it cannot read costs no case."""

import json
from pathlib import Path
from typing import Any

from temporalio.api.enums.v1 import EventType
from temporalio.client import Client

from tests.workflow.conftest import Office, eventually
from tests.workflow.flows import MEASURE
from workflows.runtime.shell.converter import converter
from workflows.runtime.shell.payload_keys import PayloadKeys
from workflows.worker import make_worker, plans_of

NOTE = "西门进，按二楼门铃"


def payloads_in(message: Any) -> list[Any]:
    """Every payload inside a message."""
    if message.DESCRIPTOR.full_name == "temporal.api.common.v1.Payload":
        return [message]
    found = []
    for field, value in message.ListFields():
        if field.message_type is None or field.name == "search_attributes":
            continue
        if field.message_type.GetOptions().map_entry:
            values = [each for each in value.values() if hasattr(each, "DESCRIPTOR")]
        else:
            values = list(value) if field.is_repeated else [value]
        for each in values:
            found += payloads_in(each)
    return found


async def test_history_keeps_nothing_of_a_case_that_could_be_read(real_office: Office) -> None:
    office = real_office
    office.company.people = {"designer": ["pe_li"]}
    async with office.worker():
        case = await office.start(MEASURE)
        task = await office.task_of("pe_li", case)
        assert (await office.act(task, "complete", "pe_li", form={"note": NOTE})).applied
        assert await office.outcome(case) == "completed"
    history = await office.history(case.workflow_id)
    found = [payload for event in history for payload in payloads_in(event)]
    in_the_open = [p for p in found if p.metadata["encoding"] != b"binary/encrypted"]
    plan, *markers = in_the_open
    assert plan.metadata["encoding"] == b"json/plan-ref"
    assert all(b'"activity_type"' in marker.data for marker in markers), "the SDK's own notes"
    whole = b"".join(event.SerializeToString() for event in history)
    assert NOTE.encode() not in whole
    assert json.dumps(NOTE).encode() not in whole
    assert "量房".encode() not in whole, "not even in the summaries"


async def test_a_payload_whose_key_is_missing_waits_for_it_and_says_so(
    real_office: Office, tmp_path: Path
) -> None:
    office = real_office
    office.company.people = {"designer": ["pe_li"]}
    file = tmp_path / "payload_keys.json"
    file.write_text(json.dumps({"current": "test.1", "keys": {"test.1": _text("test.1")}}))
    converting = converter(PayloadKeys(file), plans_of(office.database))
    own: dict[str, Any] = {**office.temporal.config(), "data_converter": converting}
    without = make_worker(Client(**own), office.caller, "test")
    case = await office.start(MEASURE)

    async def refused() -> str | None:
        for event in await office.history(case.workflow_id):
            if event.event_type is EventType.EVENT_TYPE_WORKFLOW_TASK_FAILED:
                return event.workflow_task_failed_event_attributes.failure.message
        return None

    async with without:
        said = await eventually(refused, "the workflow task fails")
        assert "payload key 'test.2' is not in" in said
        file.write_text(
            json.dumps({"current": "test.1", "keys": {k: _text(k) for k in ("test.1", "test.2")}})
        )
        assert (await office.task_of("pe_li", case)).node == "measure"


def _text(name: str) -> str:
    keys = json.loads((Path(__file__).parents[1] / "replay" / "payload_keys.json").read_text())
    text = keys["keys"][name]
    assert isinstance(text, str)
    return text
