from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import psycopg
import pytest

from kit.authn import Actor
from kit.clock import FixedClock
from kit.errors import AlreadyExists, InvalidArgument, NotFound, PermissionDenied
from protos.common.v1 import page_pb2
from protos.notify.v1 import notify_pb2 as pb
from protos.notify.v1.notify_pb2_grpc import NotifyServiceStub
from services.notify.domain.builtin import BUILTIN_TEMPLATES
from tests.rpc.conftest import Served
from tests.rpc.notify.conftest import alert, tell_of_person

if TYPE_CHECKING:  # generic stubs exist for type checkers only
    from protos.notify.v1.notify_pb2_grpc import NotifyServiceAsyncStub

WORDING = pb.Template(
    template_code="urge",
    form=pb.MESSAGE_FORM_TEXT,
    title="催办",
    body="请尽快处理 {{subject}}",
    variables=[pb.TemplateVariable(name="subject", required=True)],
)


def count(served: Served, table: str) -> int:
    with psycopg.connect(served.database_url) as connection:
        [(rows,)] = connection.execute(f"SELECT count(*) FROM notify.{table}").fetchall()  # noqa: S608 - the test's own word
    return int(rows)


async def test_send_queues_one_delivery_a_person_in_the_order_asked(
    notify: NotifyServiceAsyncStub,
) -> None:
    sent = await notify.Send(alert("k1", "pe_chen", "pe_zhang"))
    deliveries = [
        await notify.GetDelivery(pb.GetDeliveryRequest(delivery_id=one))
        for one in sent.delivery_ids
    ]
    assert [one.recipient_person_id for one in deliveries] == ["pe_chen", "pe_zhang"]
    assert {one.state for one in deliveries} == {pb.DELIVERY_STATE_QUEUED}
    assert {one.message_id for one in deliveries} == {sent.message_id}
    assert deliveries[0].title == "超时预警：量房"
    assert deliveries[0].body == "负责人：李设计"
    assert deliveries[0].case_id == "ca_1"


async def test_send_with_the_same_key_queues_once(
    notify: NotifyServiceAsyncStub, served: Served
) -> None:
    first = await notify.Send(alert("k1", "pe_chen"))
    again = await notify.Send(alert("k1", "pe_chen"))
    assert again == first
    assert count(served, "delivery") == 1


async def test_the_same_key_for_another_message_is_a_conflict(
    notify: NotifyServiceAsyncStub, served: Served
) -> None:
    await notify.Send(alert("k1", "pe_chen"))
    with pytest.raises(AlreadyExists) as refusal:
        await notify.Send(alert("k1", "pe_zhang"))
    assert refusal.value.reason == "IDEMPOTENCY_KEY_CONFLICT"
    assert count(served, "delivery") == 1


async def test_a_person_named_twice_is_written_to_once(
    notify: NotifyServiceAsyncStub, served: Served
) -> None:
    sent = await notify.Send(alert("k1", "pe_chen", "pe_chen"))
    assert sent.delivery_ids[0] == sent.delivery_ids[1]
    assert count(served, "delivery") == 1


@pytest.mark.parametrize(
    ("request_", "kind", "reason", "field"),
    [
        (alert("k"), InvalidArgument, "NOTIFY_RECIPIENT_MISSING", "recipient_person_ids"),
        (
            alert("k", "pe_chen", " "),
            InvalidArgument,
            "NOTIFY_RECIPIENT_MISSING",
            "recipient_person_ids[1]",
        ),
        (
            alert("k", *(f"pe_{n}" for n in range(1001))),
            InvalidArgument,
            "NOTIFY_RECIPIENTS_TOO_MANY",
            "recipient_person_ids",
        ),
        (
            alert("k", "pe_chen", node=""),
            InvalidArgument,
            "NOTIFY_VARIABLE_MISSING",
            "variables.node",
        ),
        (
            pb.SendRequest(
                idempotency_key="k", template_code="no_such", recipient_person_ids=["pe_chen"]
            ),
            NotFound,
            "NOTIFY_TEMPLATE_UNKNOWN",
            "template_code",
        ),
    ],
)
async def test_a_wrong_send_names_its_field_and_queues_nothing(
    notify: NotifyServiceAsyncStub,
    served: Served,
    request_: pb.SendRequest,
    kind: type[Exception],
    reason: str,
    field: str,
) -> None:
    with pytest.raises(kind) as refusal:
        await notify.Send(request_)
    assert (refusal.value.reason, refusal.value.field) == (reason, field)  # type: ignore[attr-defined]  # a ServiceError
    assert count(served, "message") == 0


async def test_a_technician_may_not_send_in_the_companys_name(served: Served) -> None:
    stub = served.stub(NotifyServiceStub, Actor("pe_zhang", frozenset({"technician"})))
    with pytest.raises(PermissionDenied):
        await stub.Send(alert("k1", "pe_chen"))  # type: ignore[misc]  # async over an aio channel


async def test_an_unknown_delivery_is_not_found(notify: NotifyServiceAsyncStub) -> None:
    with pytest.raises(NotFound) as refusal:
        await notify.GetDelivery(pb.GetDeliveryRequest(delivery_id="de_nothing"))
    assert refusal.value.reason == "NOTIFY_DELIVERY_UNKNOWN"


async def test_a_new_wording_is_the_next_version_and_is_used_from_then_on(
    notify: NotifyServiceAsyncStub,
) -> None:
    await notify.PutTemplate(pb.PutTemplateRequest(idempotency_key="p1", template=WORDING))
    changed = pb.Template()
    changed.CopyFrom(WORDING)
    changed.title = "再次催办"
    second = await notify.PutTemplate(pb.PutTemplateRequest(idempotency_key="p2", template=changed))
    assert second.version == 2
    sent = await notify.Send(
        pb.SendRequest(
            idempotency_key="k1",
            template_code="urge",
            recipient_person_ids=["pe_li"],
            variables={"subject": "量房"},
        )
    )
    [delivery_id] = sent.delivery_ids
    delivery = await notify.GetDelivery(pb.GetDeliveryRequest(delivery_id=delivery_id))
    assert (delivery.title, delivery.body) == ("再次催办", "请尽快处理 量房")


async def test_a_template_with_an_undeclared_place_is_refused(
    notify: NotifyServiceAsyncStub,
) -> None:
    wrong = pb.Template()
    wrong.CopyFrom(WORDING)
    wrong.body = "{{subject}} {{nobody}}"
    with pytest.raises(InvalidArgument) as refusal:
        await notify.PutTemplate(pb.PutTemplateRequest(idempotency_key="p1", template=wrong))
    assert (refusal.value.reason, refusal.value.field) == (
        "NOTIFY_TEMPLATE_INVALID",
        "template.body",
    )


async def test_templates_are_listed_page_by_page(notify: NotifyServiceAsyncStub) -> None:
    codes: list[str] = []
    token = ""
    while True:
        page = page_pb2.PageRequest(page_size=4, page_token=token)
        listed = await notify.ListTemplates(pb.ListTemplatesRequest(page=page))
        assert len(listed.templates) <= 4
        codes += [template.template_code for template in listed.templates]
        token = listed.page.next_page_token
        if not token:
            break
    assert codes == sorted(template.template_code for template in BUILTIN_TEMPLATES)


async def test_deliveries_are_listed_by_person_case_and_state(
    notify: NotifyServiceAsyncStub,
) -> None:
    await notify.Send(alert("k1", "pe_chen", "pe_zhang"))

    async def listed(**wanted: object) -> list[str]:
        request = pb.ListDeliveriesRequest(**wanted)  # type: ignore[arg-type]  # the fields are the test's own
        found = await notify.ListDeliveries(request)
        return sorted(one.recipient_person_id for one in found.deliveries)

    assert await listed() == ["pe_chen", "pe_zhang"]
    assert await listed(recipient_person_id="pe_zhang") == ["pe_zhang"]
    assert await listed(case_id="ca_1", state=pb.DELIVERY_STATE_QUEUED) == ["pe_chen", "pe_zhang"]
    assert await listed(case_id="ca_2") == []
    assert await listed(state=pb.DELIVERY_STATE_FAILED) == []


async def test_an_older_event_about_a_person_changes_nothing(served: Served) -> None:
    assert await tell_of_person(served, "pe_new", "newuserid", 5) == 1
    assert await tell_of_person(served, "pe_new", "olduserid", 4) == 0
    assert await tell_of_person(served, "pe_new", "olduserid", 5) == 0
    with psycopg.connect(served.database_url) as connection:
        rows = connection.execute(
            "SELECT wecom_userid FROM notify.recipient WHERE person_id = 'pe_new'"
        ).fetchall()
    assert rows == [("newuserid",)]


async def test_deliveries_are_listed_newest_first_page_by_page(
    notify: NotifyServiceAsyncStub, clock: FixedClock
) -> None:
    sent: list[str] = []
    for number in range(5):
        clock.advance(timedelta(seconds=1))
        sent += (await notify.Send(alert(f"k{number}", "pe_chen"))).delivery_ids
    listed: list[str] = []
    token = ""
    while len(listed) < len(sent):
        page = page_pb2.PageRequest(page_size=2, page_token=token)
        found = await notify.ListDeliveries(pb.ListDeliveriesRequest(page=page))
        listed += [one.delivery_id for one in found.deliveries]
        token = found.page.next_page_token
    assert listed == sent[::-1]
    assert token == ""


async def test_a_message_names_people_whom_the_case_knows_by_their_ids(
    notify: NotifyServiceAsyncStub, served: Served
) -> None:
    await tell_of_person(served, "pe_li", "lisheji", 9, display_name="李设计")
    sent = await notify.Send(alert("k1", "pe_chen", assignee="pe_li"))
    request = pb.GetDeliveryRequest(delivery_id=sent.delivery_ids[0])
    assert (await notify.GetDelivery(request)).body == "负责人：李设计"
