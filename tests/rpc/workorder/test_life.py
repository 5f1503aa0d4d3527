"""A work order's life over the wire, from creation to the customer's yes."""

from datetime import timedelta

from kit.rpc.convert import instant_from_proto
from protos.common.v1.place_pb2 import Location
from protos.events.v1 import events_pb2
from protos.workorder.v1 import workorder_pb2 as pb
from tests.rpc.workorder.conftest import CUSTOMER, Desk, technician, theirs


async def test_a_work_order_lives_from_creation_to_acceptance(desk: Desk) -> None:
    # A skill of this test's own: of many who can, only the best fifty are told.
    zhang = await desk.technician(skills=[pb.Skill(skill_code="life_only", level=2)])
    order = await desk.order(case_id="ca_life", required_skills=["life_only"])
    assert (order.state, order.revision) == (pb.WORK_ORDER_STATE_CREATED, 1)

    decision = await desk.call("RankCandidates", work_order_id=order.work_order_id, limit=50)
    assert zhang in [candidate.technician_id for candidate in decision.candidates]

    order = await desk.call("OfferWorkOrder", **desk.offer(order.work_order_id, zhang))
    assert order.state == pb.WORK_ORDER_STATE_OFFERED
    assert order.offer.technician_id == zhang
    assert order.technician_id == ""

    order = await desk.call("AcceptOffer", technician(zhang), **theirs(order))
    assert order.state == pb.WORK_ORDER_STATE_ACCEPTED
    assert order.technician_id == zhang
    assert order.offer.earning_total.amount_minor == 16800

    window = desk.window(hours=2)
    order = await desk.call(
        "ScheduleAppointment",
        technician(zhang),
        work_order_id=order.work_order_id,
        appointment=window,
    )
    assert order.state == pb.WORK_ORDER_STATE_SCHEDULED
    assert order.appointment == window

    desk.clock.advance(timedelta(hours=2))
    order = await desk.call("CheckIn", technician(zhang), **theirs(order))
    assert order.state == pb.WORK_ORDER_STATE_IN_PROGRESS

    told = await desk.get(order.work_order_id, CUSTOMER)
    order = await desk.call(
        "CompleteWork",
        technician(zhang),
        **theirs(order),
        completion_code=told.completion_code,
        summary="装好,试机正常",
    )
    assert order.state == pb.WORK_ORDER_STATE_COMPLETED
    assert order.completion_summary == "装好,试机正常"

    order = await desk.call(
        "RecordAcceptance", CUSTOMER, work_order_id=order.work_order_id, rating=5, comment="很好"
    )
    assert order.state == pb.WORK_ORDER_STATE_ACCEPTED_BY_CUSTOMER
    assert (order.rating, order.acceptance_comment, order.revision) == (5, "很好", 7)


async def test_every_change_is_told_as_an_event_whose_sequence_is_the_revision(desk: Desk) -> None:
    order = await desk.completed(case_id="ca_events")
    told = [
        event
        for event in await _all_events(desk)
        if (event.aggregate_type, event.aggregate_id) == ("work_order", order.work_order_id)
    ]
    changes = []
    for event in told:
        change = pb.WorkOrderChanged()
        assert event.payload.Unpack(change)
        assert event.case_id == "ca_events"
        assert event.aggregate_sequence == change.work_order.revision
        changes.append((change.previous_state, change.work_order.state))
    assert changes == [
        (pb.WORK_ORDER_STATE_UNSPECIFIED, pb.WORK_ORDER_STATE_CREATED),
        (pb.WORK_ORDER_STATE_CREATED, pb.WORK_ORDER_STATE_OFFERED),
        (pb.WORK_ORDER_STATE_OFFERED, pb.WORK_ORDER_STATE_ACCEPTED),
        (pb.WORK_ORDER_STATE_ACCEPTED, pb.WORK_ORDER_STATE_SCHEDULED),
        (pb.WORK_ORDER_STATE_SCHEDULED, pb.WORK_ORDER_STATE_IN_PROGRESS),
        (pb.WORK_ORDER_STATE_IN_PROGRESS, pb.WORK_ORDER_STATE_COMPLETED),
    ]


async def test_no_event_tells_the_completion_code(desk: Desk) -> None:
    order = await desk.order()
    assert order.completion_code
    payloads = desk.rows(
        "SELECT payload FROM domain_event WHERE aggregate_id = %s", order.work_order_id
    )
    changes = [pb.WorkOrderChanged.FromString(bytes(payload)) for (payload,) in payloads]
    assert [change.work_order.completion_code for change in changes] == [""]


async def test_the_history_says_who_did_what_and_why(desk: Desk) -> None:
    order = await desk.offered()
    them = technician(order.offer.technician_id)
    await desk.call("DeclineOffer", them, **theirs(order), reason="太远")
    assert desk.rows(
        "SELECT revision, acting_person_id, verb, from_state, to_state, reason"
        " FROM work_order_change WHERE work_order_id = %s ORDER BY revision",
        order.work_order_id,
    ) == [
        (1, "system", "create", None, "created", ""),
        (2, "system", "offer", "created", "offered", ""),
        (3, them.person_id, "decline", "offered", "created", "太远"),
    ]


async def test_the_devices_times_and_place_are_kept_beside_our_own_clock(desk: Desk) -> None:
    order = await desk.scheduled()
    minute_ago = desk.later(minutes=-1)
    order = await desk.call(
        "CheckIn",
        **theirs(order),
        location=Location(longitude=116.45, latitude=39.91, coordinate_system="WGS-84"),
        checked_in_at=minute_ago,
    )
    assert order.check_in_reported_at == minute_ago
    assert instant_from_proto(order.checked_in_at) == desk.clock.now()
    order = await desk.call(
        "CompleteWork", **theirs(order), completion_code=order.completion_code,
        completed_at=minute_ago,
    )  # fmt: skip
    assert order.completion_reported_at == minute_ago
    assert instant_from_proto(order.completed_at) == desk.clock.now()
    assert desk.rows(
        "SELECT check_in_longitude, check_in_latitude, check_in_coordinate_system"
        " FROM work_order WHERE work_order_id = %s",
        order.work_order_id,
    ) == [(116.45, 39.91, "WGS-84")]


async def test_a_declined_work_order_can_be_offered_to_another(desk: Desk) -> None:
    order = await desk.offered()
    order = await desk.call("DeclineOffer", **theirs(order), reason="今天请假")
    assert order.state == pb.WORK_ORDER_STATE_CREATED
    assert not order.HasField("offer")
    wang = await desk.technician()
    order = await desk.call("OfferWorkOrder", **desk.offer(order.work_order_id, wang))
    order = await desk.call("AcceptOffer", **theirs(order))
    assert order.technician_id == wang


async def test_an_offer_may_be_declined_without_a_word(desk: Desk) -> None:
    order = await desk.offered()
    order = await desk.call("DeclineOffer", **theirs(order))
    assert order.state == pb.WORK_ORDER_STATE_CREATED


async def test_an_expired_offer_frees_the_work_order(desk: Desk) -> None:
    order = await desk.offered()
    order = await desk.call("ExpireOffer", **theirs(order))
    assert order.state == pb.WORK_ORDER_STATE_CREATED
    assert desk.rows("SELECT outcome FROM offer WHERE work_order_id = %s", order.work_order_id) == [
        ("expired",)
    ]


async def test_a_visit_can_be_agreed_anew(desk: Desk) -> None:
    order = await desk.scheduled()
    tomorrow = desk.window(days=1)
    order = await desk.call(
        "ScheduleAppointment", work_order_id=order.work_order_id, appointment=tomorrow
    )
    assert order.state == pb.WORK_ORDER_STATE_SCHEDULED
    assert order.appointment == tomorrow


async def test_cancelling_withdraws_the_open_offer(desk: Desk) -> None:
    order = await desk.offered()
    order = await desk.call("CancelWorkOrder", work_order_id=order.work_order_id, reason="客户退单")
    assert order.state == pb.WORK_ORDER_STATE_CANCELLED
    assert order.cancel_reason == "客户退单"
    assert desk.rows(
        "SELECT outcome, outcome_reason FROM offer WHERE work_order_id = %s", order.work_order_id
    ) == [("withdrawn", "客户退单")]


async def test_a_line_without_a_number_takes_its_position(desk: Desk) -> None:
    lines = [pb.WorkOrderLine(item_code=code, quantity=2) for code in ("a", "b")]
    order = await desk.order(lines=lines, priority=0)
    assert [line.line_number for line in order.lines] == [1, 2]
    assert order.priority == 3


async def _all_events(desk: Desk) -> list[events_pb2.DomainEvent]:
    """Every event so far, page by page."""
    found: list[events_pb2.DomainEvent] = []
    while True:
        after = found[-1].cursor if found else ""
        asked = events_pb2.ReadEventsRequest(after=after, limit=1000)
        answer = await desk.served.as_().call("events.v1.EventService/ReadEvents", asked)
        assert isinstance(answer, events_pb2.ReadEventsResponse)
        if not answer.events:
            return found
        found += answer.events
