from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from structlog.testing import capture_logs

from kit.clock import FixedClock
from kit.db.session import Database
from protos.directory.v1 import directory_pb2
from protos.events.v1 import events_pb2, events_pb2_grpc
from protos.notify.v1 import notify_pb2 as pb
from services.notify.domain.delivery import LEASE
from services.notify.wecom.client import http_client
from simulators.wecom.seed import AGENTID
from tests.rpc.conftest import Served
from tests.rpc.notify.conftest import Outbox, alert, tell_of_person
from tests.wecom_server import SECRET, WecomServer

if TYPE_CHECKING:  # generic stubs exist for type checkers only
    from protos.notify.v1.notify_pb2_grpc import NotifyServiceAsyncStub

MINUTE = timedelta(minutes=1)
CLOSED_PORT = "http://127.0.0.1:9"


async def delivery(notify: NotifyServiceAsyncStub, sent: pb.SendResponse) -> pb.Delivery:
    return await notify.GetDelivery(pb.GetDeliveryRequest(delivery_id=sent.delivery_ids[0]))


async def shown_to(wecom: WecomServer, userid: str) -> int:
    return sum(userid in message["delivered"] for message in await wecom.messages())


async def events_of(served: Served, delivery_id: str) -> list[events_pb2.DomainEvent]:
    stub = events_pb2_grpc.EventServiceStub(served.as_().channel("events"))
    read = await stub.ReadEvents(events_pb2.ReadEventsRequest(limit=1000))
    return [event for event in read.events if event.aggregate_id == delivery_id]


async def test_a_queued_message_reaches_its_member_once(
    notify: NotifyServiceAsyncStub, outbox: Outbox, wecom: WecomServer
) -> None:
    sent = await notify.Send(alert("k1", "pe_chen"))
    assert await outbox.drain() == 1
    assert await outbox.drain() == 0
    done = await delivery(notify, sent)
    assert done.state == pb.DELIVERY_STATE_SENT
    assert done.HasField("sent_at")
    assert [attempt.outcome for attempt in done.attempts] == ["sent"]
    [message] = await wecom.messages()
    assert message["delivered"] == ["chenzhuguan"]
    assert message["lint"] == []
    assert message["content"]["main_title"] == {"title": "超时预警：量房"}
    assert message["content"]["card_action"]["url"] == "https://work.example/cases/ca_1"


async def test_a_supervisor_reads_which_anomaly_was_raised_about_what_and_where(
    notify: NotifyServiceAsyncStub, outbox: Outbox, wecom: WecomServer
) -> None:
    await notify.Send(
        pb.SendRequest(
            idempotency_key="k1",
            template_code="anomaly_raised",
            recipient_person_ids=["pe_chen"],
            variables={
                "what": "窜货",
                "about": "序列号 PART-COMPRESSOR SN-2207",
                "where": "440106",
                "raised_at": "2026-11-23 09:05",
                "anomaly": "an_1",
            },
            urgency=pb.URGENCY_URGENT,
        )
    )
    await outbox.drain()
    [message] = await wecom.messages()
    assert (message["delivered"], message["lint"]) == (["chenzhuguan"], [])
    content = message["content"]
    assert content["main_title"]["title"] == "异常：窜货"
    assert content["sub_title_text"] == "序列号 PART-COMPRESSOR SN-2207\n请核实后确认或排除"
    shown = {each["keyname"]: each["value"] for each in content["horizontal_content_list"]}
    assert shown == {"地区": "440106", "发现": "2026-11-23 09:05", "编号": "an_1"}


async def test_a_technician_sees_the_offer_with_its_earning_line_by_line(
    notify: NotifyServiceAsyncStub, outbox: Outbox, wecom: WecomServer
) -> None:
    await notify.Send(
        pb.SendRequest(
            idempotency_key="k1",
            template_code="work_order_offer",
            recipient_person_ids=["pe_zhang"],
            variables={
                "work_order": "wo_1",
                "amount": "¥1,280.00",
                "earning_lines": "安装：¥1,000.00\n高空补贴：¥200.00\n交通：¥80.00",
            },
        )
    )
    await outbox.drain()
    [message] = await wecom.messages()
    assert message["content"]["emphasis_content"] == {"title": "¥1,280.00", "desc": "预计收益"}
    assert message["content"]["horizontal_content_list"] == [
        {"keyname": "安装", "value": "¥1,000.00"},
        {"keyname": "高空补贴", "value": "¥200.00"},
        {"keyname": "交通", "value": "¥80.00"},
    ]


async def test_while_wecom_is_down_messages_stay_queued_and_say_why(
    notify: NotifyServiceAsyncStub,
    database: Database,
    clock: FixedClock,
    outbox: Outbox,
    wecom: WecomServer,
) -> None:
    async with http_client(CLOSED_PORT) as http:
        unreachable = Outbox(database, clock, http)
        sent = await notify.Send(alert("k1", "pe_chen"))
        await unreachable.drain()
    waiting = await delivery(notify, sent)
    assert waiting.state == pb.DELIVERY_STATE_QUEUED
    assert waiting.last_error == "unreachable: no connection to WeCom (ConnectError)"
    assert waiting.next_attempt_at.ToDatetime() > waiting.queued_at.ToDatetime()
    clock.advance(MINUTE)
    await outbox.drain()
    done = await delivery(notify, sent)
    assert [attempt.outcome for attempt in done.attempts] == ["unreachable", "sent"]
    assert done.last_error == ""
    assert await shown_to(wecom, "chenzhuguan") == 1


async def test_a_lost_reply_is_repeated_in_the_same_bytes_and_shown_once(
    notify: NotifyServiceAsyncStub, outbox: Outbox, wecom: WecomServer, clock: FixedClock
) -> None:
    sent = await notify.Send(alert("k1", "pe_chen"))
    await wecom.fault(api="message/send", reply_lost=True)
    await outbox.drain()
    unclear = await delivery(notify, sent)
    assert unclear.state == pb.DELIVERY_STATE_QUEUED
    assert [attempt.outcome for attempt in unclear.attempts] == ["unclear"]
    clock.advance(MINUTE)
    await outbox.drain()
    assert (await delivery(notify, sent)).state == pb.DELIVERY_STATE_SENT
    first, second = await wecom.messages()
    assert first["raw_body"] == second["raw_body"]
    assert second["dropped_duplicate"] is True
    assert await shown_to(wecom, "chenzhuguan") == 1


async def test_a_sender_killed_in_the_middle_is_followed_by_one_that_sends_once(
    notify: NotifyServiceAsyncStub, outbox: Outbox, wecom: WecomServer, clock: FixedClock
) -> None:
    sent = await notify.Send(alert("k1", "pe_chen"))
    await wecom.fault(api="message/send", delay_ms=200)
    sending = asyncio.create_task(outbox.sender.run_once())
    await wecom.wait_for_call("message/send")
    sending.cancel()
    with pytest.raises(asyncio.CancelledError):
        await sending
    assert (await delivery(notify, sent)).state == pb.DELIVERY_STATE_QUEUED
    outbox.restart()
    assert await outbox.drain() == 0, "the lease of the dead sender still runs"
    clock.advance(LEASE)
    await outbox.drain()
    assert (await delivery(notify, sent)).state == pb.DELIVERY_STATE_SENT
    # The first call is served too, although its caller is gone.
    await wecom.wait_for_messages(2)
    assert await shown_to(wecom, "chenzhuguan") == 1


async def test_an_answer_that_comes_after_its_lease_changes_nothing(
    notify: NotifyServiceAsyncStub,
    served: Served,
    outbox: Outbox,
    wecom: WecomServer,
    clock: FixedClock,
) -> None:
    sent = await notify.Send(alert("k1", "pe_chen"))
    await wecom.fault(api="message/send", delay_ms=500)
    slow = asyncio.create_task(outbox.sender.run_once())
    await wecom.wait_for_call("message/send")
    clock.advance(LEASE)
    other = Outbox(outbox.database, clock, outbox.http)
    await other.drain()
    settled = await delivery(notify, sent)
    assert [attempt.outcome for attempt in settled.attempts] == ["unclear", "sent"]
    await slow
    late = await delivery(notify, sent)
    assert [attempt.outcome for attempt in late.attempts] == ["sent", "sent"]
    assert late.sent_at == settled.sent_at
    assert len(await events_of(served, sent.delivery_ids[0])) == 1
    assert await shown_to(wecom, "chenzhuguan") == 1


async def test_two_senders_at_once_send_each_message_once(
    notify: NotifyServiceAsyncStub, outbox: Outbox, wecom: WecomServer
) -> None:
    other = Outbox(outbox.database, outbox.clock, outbox.http)
    for number in range(30):
        await notify.Send(alert(f"k{number}", "pe_chen", "pe_zhang"))
    await asyncio.gather(outbox.drain(), other.drain())
    messages = await wecom.messages()
    assert len(messages) == 60
    assert len({message["raw_body"] for message in messages}) == 60
    assert not any(message["dropped_rate"] for message in messages)


async def test_the_thirty_first_message_to_a_member_waits_and_none_is_dropped(
    notify: NotifyServiceAsyncStub, outbox: Outbox, wecom: WecomServer, clock: FixedClock
) -> None:
    for number in range(30):
        await notify.Send(alert(f"k{number}", "pe_chen"))
    last = await notify.Send(alert("k31", "pe_chen"))
    await outbox.drain()
    assert await shown_to(wecom, "chenzhuguan") == 30
    waiting = await delivery(notify, last)
    assert waiting.state == pb.DELIVERY_STATE_QUEUED
    assert [attempt.outcome for attempt in waiting.attempts] == ["limited"]
    clock.advance(MINUTE)
    await wecom.advance(60)
    await outbox.drain()
    assert (await delivery(notify, last)).state == pb.DELIVERY_STATE_SENT
    assert not any(message["dropped_rate"] for message in await wecom.messages())


async def test_an_urgent_message_overtakes_those_that_wait(
    notify: NotifyServiceAsyncStub, outbox: Outbox, wecom: WecomServer
) -> None:
    for number in range(25):
        await notify.Send(alert(f"k{number}", "pe_zhang"))
    urgent = alert("urgent", "pe_chen")
    urgent.urgency = pb.URGENCY_URGENT
    await notify.Send(urgent)
    await outbox.sender.run_once()
    assert await shown_to(wecom, "chenzhuguan") == 1


async def test_of_two_recipients_only_the_unknown_one_fails_and_is_not_tried_again(
    notify: NotifyServiceAsyncStub, served: Served, outbox: Outbox, clock: FixedClock
) -> None:
    await tell_of_person(served, "pe_gone", "nobody", 1)
    sent = await notify.Send(alert("k1", "pe_gone", "pe_chen"))
    await outbox.drain()
    clock.advance(timedelta(hours=1))
    assert await outbox.drain() == 0
    gone, chen = [
        await notify.GetDelivery(pb.GetDeliveryRequest(delivery_id=one))
        for one in sent.delivery_ids
    ]
    assert chen.state == pb.DELIVERY_STATE_SENT
    assert gone.state == pb.DELIVERY_STATE_FAILED
    assert [attempt.error_code for attempt in gone.attempts] == [81013]
    assert gone.last_error.startswith("refused: 81013")


async def test_a_person_the_directory_has_not_told_of_is_waited_for(
    notify: NotifyServiceAsyncStub,
    served: Served,
    outbox: Outbox,
    wecom: WecomServer,
    clock: FixedClock,
) -> None:
    sent = await notify.Send(alert("k1", "pe_new"))
    await outbox.drain()
    waiting = await delivery(notify, sent)
    assert waiting.state == pb.DELIVERY_STATE_QUEUED
    assert "no WeCom userid" in waiting.last_error
    await tell_of_person(served, "pe_new", "sunkefu", 1)
    clock.advance(MINUTE)
    await outbox.drain()
    assert await shown_to(wecom, "sunkefu") == 1


async def test_a_person_who_left_gets_nothing_more(
    notify: NotifyServiceAsyncStub, served: Served, outbox: Outbox, wecom: WecomServer
) -> None:
    left = directory_pb2.PERSON_STATE_LEFT
    await tell_of_person(served, "pe_li", "lisheji", 9, state=left)
    sent = await notify.Send(alert("k1", "pe_li"))
    await outbox.drain()
    assert (await delivery(notify, sent)).state == pb.DELIVERY_STATE_QUEUED
    assert await wecom.messages() == []


async def test_an_expired_token_is_refreshed_once_for_all_who_need_it(
    notify: NotifyServiceAsyncStub, outbox: Outbox, wecom: WecomServer
) -> None:
    await notify.Send(alert("k1", "pe_chen"))
    await outbox.drain()
    await wecom.admin(f"tokens/{AGENTID}/expire")
    await notify.Send(alert("k2", "pe_chen", "pe_zhang", "pe_li"))
    await outbox.drain()
    assert await wecom.calls("gettoken") == 2
    assert len(await wecom.messages()) == 4


async def test_a_token_that_is_never_good_is_refreshed_once_and_the_message_waits(
    notify: NotifyServiceAsyncStub, outbox: Outbox, wecom: WecomServer
) -> None:
    await wecom.fault(api="message/send", errcode=40014, times=2)
    sent = await notify.Send(alert("k1", "pe_chen"))
    await outbox.drain()
    assert (await wecom.calls("gettoken"), await wecom.calls("message/send")) == (2, 2)
    waiting = await delivery(notify, sent)
    assert waiting.state == pb.DELIVERY_STATE_QUEUED
    assert [attempt.error_code for attempt in waiting.attempts] == [40014]


async def test_too_many_calls_silence_the_channel_for_a_minute(
    notify: NotifyServiceAsyncStub, outbox: Outbox, wecom: WecomServer, clock: FixedClock
) -> None:
    await wecom.fault(api="message/send", errcode=45009)
    await notify.Send(alert("k1", "pe_chen"))
    await outbox.drain()
    await notify.Send(alert("k2", "pe_zhang"))
    clock.advance(timedelta(seconds=59))
    await outbox.drain()
    assert await wecom.calls("message/send") == 1
    clock.advance(MINUTE)
    await outbox.drain()
    assert len(await wecom.messages()) == 2


@pytest.fixture
async def wrong_secret(
    database: Database, clock: FixedClock, wecom: WecomServer
) -> AsyncIterator[Outbox]:
    async with http_client(wecom.url) as http:
        yield Outbox(database, clock, http, secret="not-the-secret")


async def test_a_wrong_secret_is_told_to_operators_and_not_tried_for_a_minute(
    notify: NotifyServiceAsyncStub, wrong_secret: Outbox, wecom: WecomServer, clock: FixedClock
) -> None:
    sent = await notify.Send(alert("k1", "pe_chen", "pe_zhang"))
    with capture_logs() as logs:
        await wrong_secret.drain()
    clock.advance(timedelta(seconds=59))
    await wrong_secret.drain()
    assert await wecom.calls("gettoken") == 1
    assert {"wecom_misconfigured"} == {log["event"] for log in logs}
    waiting = await delivery(notify, sent)
    assert waiting.state == pb.DELIVERY_STATE_QUEUED
    assert waiting.last_error.startswith("refused: 40001")


async def test_a_busy_wecom_is_tried_again(
    notify: NotifyServiceAsyncStub, outbox: Outbox, wecom: WecomServer, clock: FixedClock
) -> None:
    await wecom.fault(api="message/send", errcode=-1)
    await wecom.fault(api="message/send", http=503)
    sent = await notify.Send(alert("k1", "pe_chen"))
    for _ in range(3):
        await outbox.drain()
        clock.advance(MINUTE)
    done = await delivery(notify, sent)
    assert [attempt.outcome for attempt in done.attempts] == ["refused", "unclear", "sent"]
    assert await shown_to(wecom, "chenzhuguan") == 1


async def test_no_secret_and_no_token_is_written_anywhere(
    notify: NotifyServiceAsyncStub,
    outbox: Outbox,
    wrong_secret: Outbox,
    wecom: WecomServer,
    clock: FixedClock,
    caplog: pytest.LogCaptureFixture,
) -> None:
    token = await wecom.token()
    with capture_logs() as logs, caplog.at_level("WARNING"):
        faults: list[dict[str, Any]] = [{"reply_lost": True}, {"errcode": 48002}, {"http": 500}]
        for number, fault in enumerate(faults):
            await wecom.fault(api="message/send", **fault)
            await notify.Send(alert(f"k{number}", "pe_chen"))
            await outbox.drain()
            outbox.restart()
        await notify.Send(alert("k9", "pe_chen"))
        await wrong_secret.drain()
    listed = await notify.ListDeliveries(pb.ListDeliveriesRequest())
    assert sum(len(one.attempts) for one in listed.deliveries) >= 4
    written = f"{logs} {caplog.text} {listed}"
    for secret in (token, SECRET, "not-the-secret"):
        assert secret not in written


async def test_the_end_of_a_delivery_is_a_domain_event_of_its_case(
    notify: NotifyServiceAsyncStub, served: Served, outbox: Outbox
) -> None:
    sent = await notify.Send(alert("k1", "pe_chen"))
    await outbox.drain()
    [event] = await events_of(served, sent.delivery_ids[0])
    changed = pb.DeliveryChanged()
    assert event.payload.Unpack(changed)
    assert changed.delivery.state == pb.DELIVERY_STATE_SENT
    assert [attempt.outcome for attempt in changed.delivery.attempts] == ["sent"]
    assert event.case_id == "ca_1"
