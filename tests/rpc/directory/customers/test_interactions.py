"""The timeline of a customer: whoever tells of it, each thing once, one page."""

from datetime import timedelta

import pytest
from google.protobuf.message import Message

from kit.errors import InvalidArgument, NotFound, PermissionDenied
from protos.cases.v1 import cases_pb2
from protos.common.v1.money_pb2 import Money
from protos.directory.v1 import interaction_pb2 as pb
from protos.events.v1 import events_pb2
from protos.notify.v1 import notify_pb2
from protos.workorder.v1 import workorder_pb2
from tests.rpc.directory.conftest import NOW, instant
from tests.rpc.directory.customers.conftest import Desk

PURCHASE, NOTE, COMPLAINT = (
    pb.INTERACTION_KIND_PURCHASE,
    pb.INTERACTION_KIND_NOTE,
    pb.INTERACTION_KIND_COMPLAINT,
)


def event(payload: Message, sequence: int = 1) -> events_pb2.DomainEvent:
    told = events_pb2.DomainEvent(
        event_id=f"ev_{sequence}", aggregate_sequence=sequence, occurred_at=instant(NOW)
    )
    told.payload.Pack(payload)
    return told


def work_order(customer_id: str, name: str, **more: object) -> workorder_pb2.WorkOrderChanged:
    order = workorder_pb2.WorkOrder(
        **{
            "work_order_id": f"wo_{name}",
            "case_id": "ca_1",
            "stage": "install",
            "title": "空调安装",
            "state": workorder_pb2.WORK_ORDER_STATE_CREATED,
            "customer_id": customer_id,
            "created_at": instant(NOW - timedelta(days=2)),
            **more,
        }  # type: ignore[arg-type]  # by name
    )
    return workorder_pb2.WorkOrderChanged(work_order=order)


async def apply(desk: Desk, source: str, *events: events_pb2.DomainEvent) -> int:
    request = events_pb2.ApplyEventsRequest(source=source, events=events)
    return (await desk.projection.ApplyEvents(request)).applied_count


async def test_132_interactions_of_three_years_are_one_page_and_older_ones_are_not_there(
    desk: Desk,
) -> None:
    await desk.customer("cu_v23")
    for number in range(132):
        await desk.record(
            "cu_v23", f"第 {number} 次", occurred_at=instant(NOW - timedelta(days=8 * number))
        )
    for number in range(3):
        await desk.record(
            "cu_v23", "三年以前", occurred_at=instant(NOW - timedelta(days=3 * 365 + 2 + number))
        )
    shown = await desk.interactions("cu_v23")
    assert [each.title for each in shown] == [f"第 {number} 次" for number in range(132)]
    since = instant(NOW - timedelta(days=4 * 365))
    assert len(await desk.interactions("cu_v23", since=since)) == 135


async def test_what_a_shop_knows_is_recorded_once_and_its_newer_word_counts(desk: Desk) -> None:
    await desk.customer("cu_buys")
    bought = {
        "kind": PURCHASE,
        "source": "tmall",
        "source_id": "T1",
        "subject": "KFR-35GW",
        "amount": Money(currency="CNY", amount_minor=329_900),
    }
    first = await desk.record("cu_buys", "购买空调", **bought)
    assert await desk.record("cu_buys", "又说一次", **bought) == first
    newer = await desk.record("cu_buys", "退货", source_revision=1, **bought)
    assert (newer.interaction_id, newer.title) == (first.interaction_id, "退货")
    late = await desk.record("cu_buys", "购买空调", **bought)
    assert late.title == "退货"
    assert await desk.interactions("cu_buys") == [newer]
    await desk.customer("cu_buys_not")
    with pytest.raises(InvalidArgument) as refusal:
        await desk.record("cu_buys_not", "购买空调", **bought)
    assert refusal.value.field == "source_id"


async def test_what_people_wrote_is_sealed_and_told_with_the_timeline(desk: Desk) -> None:
    await desk.customer("cu_wrote")
    await desk.record("cu_wrote", "投诉", kind=COMPLAINT, details="李先生说半夜太吵")
    [shown] = await desk.interactions("cu_wrote")
    assert shown.details == "李先生说半夜太吵"
    written = await desk.dump("interaction", "domain_event", "idempotency_key")
    assert "李先生" not in written
    assert "李先生".encode().hex() not in written


async def test_work_orders_and_ratings_come_by_themselves_late_twice_and_out_of_order(
    desk: Desk,
) -> None:
    await desk.customer("cu_served")
    accepted = workorder_pb2.WORK_ORDER_STATE_ACCEPTED_BY_CUSTOMER
    rated = work_order(
        "cu_served", "s1", state=accepted, rating=5, completion_summary="外机装在阳台",
        acceptance_comment="师傅很细心", acceptance_recorded_at=instant(NOW),
    )  # fmt: skip
    created = work_order("cu_served", "s1")
    assert await apply(desk, "workorder", event(rated, 7), event(created, 1)) == 2
    assert await apply(desk, "workorder", event(created, 1), event(rated, 7)) == 0
    rating, order = await desk.interactions("cu_served")
    assert (rating.kind, rating.rating, rating.details) == (
        pb.INTERACTION_KIND_RATING,
        5,
        "师傅很细心",
    )
    assert (order.progress, order.is_open, order.details) == (
        "WORK_ORDER_STATE_ACCEPTED_BY_CUSTOMER",
        False,
        "外机装在阳台",
    )
    assert order.occurred_at == instant(NOW - timedelta(days=2))


async def test_cases_and_messages_come_by_themselves(desk: Desk) -> None:
    await desk.customer("cu_told")
    case = cases_pb2.Case(
        case_id="ca_told",
        flow_code="complaint",
        title="噪音投诉",
        state=cases_pb2.CASE_STATE_RUNNING,
        customer_id="cu_told",
        started_at=instant(NOW - timedelta(hours=2)),
    )
    sent = notify_pb2.Delivery(
        delivery_id="dl_told",
        recipient_person_id="cu_told",
        state=notify_pb2.DELIVERY_STATE_SENT,
        title="师傅已出发",
        sent_at=instant(NOW - timedelta(hours=1)),
    )
    to_staff = notify_pb2.Delivery(
        delivery_id="dl_staff",
        recipient_person_id="pe_1",
        state=notify_pb2.DELIVERY_STATE_SENT,
        title="待办",
    )
    assert await apply(desk, "cases", event(cases_pb2.CaseChanged(case=case))) == 1
    deliveries = [notify_pb2.DeliveryChanged(delivery=each) for each in (sent, to_staff)]
    assert await apply(desk, "notify", *map(event, deliveries)) == 1
    assert [(each.title, each.kind) for each in await desk.interactions("cu_told")] == [
        ("师傅已出发", pb.INTERACTION_KIND_MESSAGE),
        ("噪音投诉", COMPLAINT),
    ]


async def test_customers_and_technicians_do_not_see_what_is_the_offices_alone(desk: Desk) -> None:
    await desk.customer("cu_sees")
    await desk.customer("cu_sees_not")
    await desk.record("cu_sees", "内部备注", kind=NOTE, office_only=True)
    await desk.record("cu_sees", "回访")
    own = desk.as_("customer", person_id="cu_sees")
    assert [each.title for each in await own.interactions("cu_sees")] == ["回访"]
    technician = desk.as_("technician")
    assert [each.title for each in await technician.interactions("cu_sees")] == ["回访"]
    office = desk.as_("customer_service")
    assert len(await office.interactions("cu_sees")) == 2
    with pytest.raises(PermissionDenied, match="ROLE_REQUIRED"):
        await own.interactions("cu_sees_not")


async def test_a_page_is_followed_by_the_next(desk: Desk) -> None:
    await desk.customer("cu_pages")
    for number in range(5):
        await desk.record("cu_pages", str(number))
    request = pb.ListInteractionsRequest(customer_id="cu_pages")
    request.page.page_size = 2
    seen: list[str] = []
    while True:
        answer = await desk.timeline.ListInteractions(request)
        seen += [each.interaction_id for each in answer.interactions]
        request.page.page_token = answer.page.next_page_token
        if not request.page.page_token:
            break
    assert len(seen) == len(set(seen)) == 5


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"kind": pb.INTERACTION_KIND_UNSPECIFIED}, "kind"),
        ({"source": "cases"}, "source"),
        ({"occurred_at": instant(NOW + timedelta(days=1))}, "occurred_at"),
        ({"rating": 9}, "rating"),
    ],
)
async def test_what_cannot_be_recorded_is_refused_by_its_field(
    desk: Desk, more: dict[str, object], field: str
) -> None:
    with pytest.raises(InvalidArgument, match="INTERACTION_INVALID") as refusal:
        await desk.record("cu_pages", "来电", **more)
    assert refusal.value.field == field


async def test_only_of_known_customers_something_is_recorded_or_told(desk: Desk) -> None:
    with pytest.raises(NotFound, match="CUSTOMER_UNKNOWN"):
        await desk.record("cu_nobody")
    assert await apply(desk, "workorder", event(work_order("cu_nobody", "n"))) == 0
    with pytest.raises(PermissionDenied, match="ROLE_REQUIRED"):
        await apply(desk.as_("admin"), "workorder", event(work_order("cu_pages", "n")))
