"""Personal data is seen for a purpose and for a time, and destroyed by two people."""

import asyncio
from collections import Counter
from datetime import timedelta

import pytest

from kit.errors import FailedPrecondition, NotFound, PermissionDenied, ServiceError
from protos.directory.v1 import customer_pb2, directory_pb2
from protos.directory.v1 import privacy_pb2 as pb
from tests.rpc.directory.conftest import NOW, instant
from tests.rpc.directory.customers.conftest import Desk, a_key, a_phone

GONE = "（已删除）"


async def ask(desk: Desk, customer_id: str) -> pb.Shredding:
    return await desk.privacy.RequestShredding(
        pb.RequestShreddingRequest(
            idempotency_key=a_key(), customer_id=customer_id, reason="客户要求删除"
        )
    )


async def shred(desk: Desk, asked: pb.Shredding, *, despite: bool = False) -> pb.Shredding:
    return await desk.privacy.ShredCustomer(
        pb.ShredCustomerRequest(
            idempotency_key=a_key(), shredding_id=asked.shredding_id, despite_open_work=despite
        )
    )


@pytest.fixture
def service(desk: Desk) -> Desk:
    return desk.as_("customer_service", person_id="pe_asks")


@pytest.fixture
def hq(desk: Desk) -> Desk:
    return desk.as_("hq", person_id="pe_does")


async def test_every_reveal_is_shown_for_minutes_and_stands_in_the_audit(
    desk: Desk, hq: Desk
) -> None:
    customer = await desk.customer("cu_seen")
    technician = desk.as_("technician", person_id="pe_looks")
    revealed = await technician.directory.RevealPersonalData(
        directory_pb2.RevealPersonalDataRequest(reference=customer.phone_ref, purpose="上门前联系")
    )
    assert revealed.shown_until == instant(NOW + timedelta(minutes=5))
    await technician.reveal(customer.addresses[0].detail_ref)
    audit = await hq.privacy.ListReveals(pb.ListRevealsRequest(customer_id="cu_seen"))
    assert [(each.person_id, each.kind, each.purpose) for each in audit.reveals] == [
        ("pe_looks", "address", "与客户确认时间"),
        ("pe_looks", "phone", "上门前联系"),
    ]
    assert audit.reveals[1].shown_until == revealed.shown_until
    with pytest.raises(PermissionDenied, match="ROLE_REQUIRED"):
        await technician.privacy.ListReveals(pb.ListRevealsRequest(customer_id="cu_seen"))


async def test_shredding_leaves_all_that_is_not_personal(
    desk: Desk, service: Desk, hq: Desk
) -> None:
    phone = a_phone()
    customer = await desk.customer("cu_shred", phone=phone)
    await desk.customers.PutContact(
        customer_pb2.PutContactRequest(
            idempotency_key=a_key(), customer_id="cu_shred", name="王芳", phone=a_phone()
        )
    )
    await desk.record("cu_shred", "来电", details="李先生要求改期", rating=4)
    await desk.reveal(customer.phone_ref)
    done = await shred(hq, await ask(service, "cu_shred"))
    assert done.state == pb.SHREDDING_STATE_SHREDDED
    assert (done.requested_by_person_id, done.decided_by_person_id) == ("pe_asks", "pe_does")

    profile = await desk.profile("cu_shred")
    assert profile.shredded
    assert (profile.customer.name_masked, profile.customer.phone_masked) == (GONE, GONE)
    assert profile.customer.addresses[0].place == customer.addresses[0].place
    assert profile.contacts[0].phone_masked == GONE
    [kept] = await desk.interactions("cu_shred")
    assert (kept.title, kept.rating, kept.details) == ("来电", 4, GONE)
    for reference in (customer.name_ref, customer.addresses[0].detail_ref):
        with pytest.raises(FailedPrecondition, match="PERSONAL_DATA_SHREDDED"):
            await desk.reveal(reference)
    found = await desk.customers.FindCustomersByPhone(
        customer_pb2.FindCustomersByPhoneRequest(phone=phone, purpose="来电")
    )
    assert not found.matches
    audit = await hq.privacy.ListReveals(pb.ListRevealsRequest(customer_id="cu_shred"))
    assert len(audit.reveals) == 1


async def test_answers_are_kept_without_what_they_show_and_shown_again_as_long_as_it_is_there(
    desk: Desk, service: Desk, hq: Desk
) -> None:
    await desk.customer("cu_again", name="司马相如")
    added = directory_pb2.AddAddressRequest(
        idempotency_key=a_key(),
        customer_id="cu_again",
        address=directory_pb2.NewAddress(adcode="110105", detail="望京西路甲50号2单元301室"),
    )
    contact = customer_pb2.PutContactRequest(
        idempotency_key=a_key(), customer_id="cu_again", name="卓文君", phone=a_phone()
    )
    address = await desk.directory.AddAddress(added)
    profile = await desk.customers.PutContact(contact)
    assert address.detail_masked == "望京西路甲50号****"
    assert await desk.directory.AddAddress(added) == address
    assert await desk.customers.PutContact(contact) == profile
    answers = await desk.rows("SELECT response FROM idempotency_key")
    written = b"\n".join(bytes(response) for (response,) in answers).decode(errors="replace")
    assert address.address_id in written
    for shown in ("望京", "司*", "卓*", profile.customer.phone_masked, "139***"):
        assert shown not in written

    await shred(hq, await ask(service, "cu_again"))
    assert (await desk.directory.AddAddress(added)).detail_masked == GONE
    again = await desk.customers.PutContact(contact)
    assert [again.customer.name_masked, again.contacts[0].phone_masked] == [GONE, GONE]


async def test_nobody_shreds_alone_or_twice(desk: Desk, hq: Desk) -> None:
    await desk.customer("cu_two_people")
    asked = await ask(hq, "cu_two_people")
    assert await ask(desk, "cu_two_people") == asked
    with pytest.raises(PermissionDenied, match="SHREDDING_NEEDS_ANOTHER"):
        await shred(hq, asked)
    with pytest.raises(PermissionDenied, match="ROLE_REQUIRED"):
        await shred(desk.as_("customer_service"), asked)
    other = desk.as_("admin", person_id="pe_admin")
    await shred(other, asked)
    with pytest.raises(FailedPrecondition, match="SHREDDING_DECIDED"):
        await shred(other, asked)
    with pytest.raises(FailedPrecondition, match="PERSONAL_DATA_SHREDDED"):
        await ask(hq, "cu_two_people")
    with pytest.raises(NotFound, match="SHREDDING_UNKNOWN"):
        await shred(other, pb.Shredding(shredding_id="sh_nothing"))


async def test_what_is_under_way_is_waited_for_unless_it_is_said_otherwise(
    desk: Desk, service: Desk, hq: Desk
) -> None:
    await desk.customer("cu_busy")
    await desk.record("cu_busy", "退货处理中", source="tmall", source_id="T9", is_open=True)
    asked = await ask(service, "cu_busy")
    with pytest.raises(FailedPrecondition, match="CUSTOMER_WORK_OPEN") as refusal:
        await shred(hq, asked)
    assert "T9" in refusal.value.message
    assert not (await desk.profile("cu_busy")).shredded
    await shred(hq, asked, despite=True)
    assert (await desk.profile("cu_busy")).shredded


async def test_a_merged_customer_is_shredded_with_the_survivor(
    desk: Desk, service: Desk, hq: Desk
) -> None:
    await desk.customer("cu_sh_stays")
    merged = await desk.customer("cu_sh_goes")
    merge = await desk.merge("cu_sh_stays", "cu_sh_goes")
    await shred(hq, await ask(service, "cu_sh_goes"))
    with pytest.raises(FailedPrecondition, match="PERSONAL_DATA_SHREDDED"):
        await desk.reveal(merged.phone_ref)
    await desk.split(merge)
    assert (await desk.profile("cu_sh_goes")).customer.name_masked == GONE


async def test_a_request_is_refused_for_a_reason_and_may_come_again(
    desk: Desk, service: Desk, hq: Desk
) -> None:
    await desk.customer("cu_refused")
    asked = await ask(service, "cu_refused")
    refused = await hq.privacy.RefuseShredding(
        pb.RefuseShreddingRequest(
            idempotency_key=a_key(), shredding_id=asked.shredding_id, reason="质保期内"
        )
    )
    assert (refused.state, refused.decision_reason) == (pb.SHREDDING_STATE_REFUSED, "质保期内")
    again = await ask(service, "cu_refused")
    assert again.shredding_id != asked.shredding_id
    waiting = await hq.privacy.ListShreddings(pb.ListShreddingsRequest(open_only=True))
    assert again in waiting.shreddings
    assert asked.shredding_id not in [each.shredding_id for each in waiting.shreddings]


async def test_of_many_who_shred_at_once_one_does(desk: Desk, service: Desk, hq: Desk) -> None:
    await desk.customer("cu_at_once")
    asked = await ask(service, "cu_at_once")
    ended = await asyncio.gather(*(shred(hq, asked) for _ in range(6)), return_exceptions=True)
    counted = Counter(
        end.reason if isinstance(end, ServiceError) else type(end).__name__ for end in ended
    )
    assert counted == {"Shredding": 1, "SHREDDING_DECIDED": 5}


async def test_customers_with_whom_nothing_happened_for_years_are_listed(
    desk: Desk, service: Desk
) -> None:
    for name in ("old", "old_busy", "old_once"):
        await desk.customer(f"cu_{name}")
    long_ago = NOW - timedelta(days=5 * 365)
    await desk.change(
        "UPDATE customer SET registered_at = %s WHERE customer_id LIKE 'cu_old%%'", long_ago
    )
    await desk.record("cu_old_busy", "回访")
    once = long_ago + timedelta(days=365)
    await desk.record("cu_old_once", "来电", occurred_at=instant(once))
    found = await service.privacy.ListInactiveCustomers(pb.ListInactiveCustomersRequest())
    assert [each.customer_id for each in found.inactive_customers] == ["cu_old", "cu_old_once"]
    never, last = found.inactive_customers
    assert not never.HasField("last_interaction_at")
    assert last.last_interaction_at == instant(once)
    longer = await service.privacy.ListInactiveCustomers(pb.ListInactiveCustomersRequest(years=6))
    assert not longer.inactive_customers
