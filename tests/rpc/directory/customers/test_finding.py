"""Customers found by what they are, by a number, and by each other."""

import pytest

from kit.authn import Actor
from kit.db.session import Database
from kit.errors import InvalidArgument, PermissionDenied
from protos.directory.v1 import customer_pb2 as pb
from protos.directory.v1 import directory_pb2
from services.directory.servicer.fingerprints import make_findable
from services.directory.vault import MasterKeyFile
from tests.rpc.conftest import Served
from tests.rpc.directory.customers.conftest import Desk, a_key, a_phone

SHOP = directory_pb2.CUSTOMER_TYPE_SHOP


async def search(desk: Desk, **asked: object) -> list[str]:
    request = pb.SearchCustomersRequest(**asked)  # type: ignore[arg-type]  # by name
    return [each.customer_id for each in (await desk.customers.SearchCustomers(request)).customers]


async def find(desk: Desk, phone: str, purpose: str = "来电") -> list[pb.PhoneMatch]:
    request = pb.FindCustomersByPhoneRequest(phone=phone, purpose=purpose)
    return list((await desk.customers.FindCustomersByPhone(request)).matches)


async def pairs(desk: Desk, customer_id: str) -> list[tuple[str, str, list[int]]]:
    found = await desk.customers.ListDuplicates(pb.ListDuplicatesRequest(customer_id=customer_id))
    return [
        (each.first.customer_id, each.second.customer_id, list(each.reasons))
        for each in found.duplicates
    ]


async def test_customers_are_found_by_type_and_place(desk: Desk) -> None:
    await desk.customer("cu_suzhou", adcode="320583", detail="前进路1号", customer_type=SHOP)
    await desk.customer("cu_suzhou_person", adcode="320583", detail="前进路2号")
    assert await search(desk, region_code="320500") == ["cu_suzhou", "cu_suzhou_person"]
    assert await search(desk, region_code="320500", customer_type=SHOP) == ["cu_suzhou"]
    assert await search(desk, region_code="320600") == []


async def test_who_works_for_a_region_finds_its_customers(directory: Served, desk: Desk) -> None:
    await desk.customer("cu_here", adcode="330106", detail="文三路1号")
    await desk.customer("cu_there", adcode="440305", detail="深南大道1号")
    sales = Desk(directory, Actor("pe_s", frozenset({"sales"}), region_adcodes=("330000",)))
    assert await search(sales) == ["cu_here"]
    assert await search(sales, region_code="440305") == []


async def test_who_said_no_to_messages_is_not_reached(desk: Desk) -> None:
    for name in ("silent", "yes", "no"):
        await desk.customer(f"cu_{name}", adcode="650102", detail="解放路1号")
    for name, allowed in (("yes", True), ("no", False)):
        for channel in (pb.MESSAGE_CHANNEL_SMS, pb.MESSAGE_CHANNEL_WECOM):
            await desk.customers.PutMessageConsent(
                pb.PutMessageConsentRequest(
                    idempotency_key=a_key(),
                    customer_id=f"cu_{name}",
                    message_channel=channel,
                    allowed=allowed,
                )
            )
    there = {"region_code": "650102"}
    assert await search(desk, reachable_by=pb.MESSAGE_CHANNEL_SMS, **there) == ["cu_yes"]
    wecom = await search(desk, reachable_by=pb.MESSAGE_CHANNEL_WECOM, **there)
    assert wecom == ["cu_silent", "cu_yes"]


async def test_who_calls_is_known_however_the_number_is_written(desk: Desk) -> None:
    phone = a_phone()
    await desk.customer("cu_calls", phone=phone)
    [match] = await find(desk, f"+86 {phone[:3]}-{phone[3:7]}-{phone[7:]}")
    assert match.customer.customer_id == "cu_calls"
    assert not match.HasField("contact")
    assert phone not in str(match)


async def test_a_contacts_call_leads_to_those_they_speak_for(desk: Desk) -> None:
    phone = a_phone()
    await desk.customer("cu_spoken_for", customer_type=SHOP)
    await desk.customers.PutContact(
        pb.PutContactRequest(
            idempotency_key=a_key(),
            customer_id="cu_spoken_for",
            name="王芳",
            phone=phone,
            contact_role="店长",
        )
    )
    [match] = await find(desk, phone)
    assert (match.customer.customer_id, match.contact.contact_role) == ("cu_spoken_for", "店长")


async def test_each_look_at_a_number_is_written_down_without_the_number(desk: Desk) -> None:
    phone = a_phone()
    await find(desk.as_("customer_service", person_id="pe_asks"), phone, "来电咨询")
    [(purpose, found, row)] = await desk.rows(
        "SELECT purpose, found_customer_ids, l::text FROM customer_lookup l WHERE person_id = %s",
        "pe_asks",
    )
    assert (purpose, found) == ("来电咨询", [])
    assert phone not in row


async def test_only_who_takes_calls_asks_whose_a_number_is_and_says_why(desk: Desk) -> None:
    with pytest.raises(PermissionDenied, match="ROLE_REQUIRED"):
        await find(desk.as_("technician"), a_phone())
    with pytest.raises(InvalidArgument, match="REVEAL_PURPOSE_MISSING"):
        await find(desk, a_phone(), " ")


async def test_customers_with_one_number_or_one_name_and_address_may_be_the_same(
    desk: Desk,
) -> None:
    phone = a_phone()
    await desk.customer("cu_dup_a", phone=phone, name="孙一", detail="东路1号")
    await desk.customer("cu_dup_b", phone=f"+86 {phone}", name="孙二", detail="西路2号")
    await desk.customer("cu_dup_c", name="孙 一", detail="东路 1号")
    await desk.customer("cu_dup_d", name="孙一", detail="南路3号")
    same_phone = [int(pb.DUPLICATE_REASON_SAME_PHONE)]
    same_place = [int(pb.DUPLICATE_REASON_SAME_NAME_AND_ADDRESS)]
    assert await pairs(desk, "cu_dup_a") == [
        ("cu_dup_a", "cu_dup_b", same_phone),
        ("cu_dup_a", "cu_dup_c", same_place),
    ]


async def test_those_of_whom_somebody_said_that_they_differ_are_left_out(desk: Desk) -> None:
    phone = a_phone()
    await desk.customer("cu_father", phone=phone)
    await desk.customer("cu_son", phone=phone, detail="别处1号")
    assert len(await pairs(desk, "cu_son")) == 1
    for _ in range(2):
        await desk.customers.DismissDuplicate(
            pb.DismissDuplicateRequest(
                idempotency_key=a_key(),
                first_customer_id="cu_son",
                second_customer_id="cu_father",
                reason="父子同号",
            )
        )
    assert await pairs(desk, "cu_son") == []


async def test_duplicates_come_page_by_page(desk: Desk) -> None:
    phone = a_phone()
    for number in range(3):
        await desk.customer(f"cu_paged_{number}", phone=phone, detail=f"{number}路1号")
    request = pb.ListDuplicatesRequest(customer_id="cu_paged_1")
    request.page.page_size = 1
    seen = []
    while True:
        answer = await desk.customers.ListDuplicates(request)
        seen += [(each.first.customer_id, each.second.customer_id) for each in answer.duplicates]
        request.page.page_token = answer.page.next_page_token
        if not request.page.page_token:
            break
    assert seen == [("cu_paged_0", "cu_paged_1"), ("cu_paged_1", "cu_paged_2")]


async def test_who_was_registered_before_there_were_fingerprints_is_found_after_a_start(
    directory: Served, master_key: MasterKeyFile, desk: Desk
) -> None:
    phone = a_phone()
    await desk.customer("cu_before", phone=phone, name="白居易")
    before = "SELECT kind, fingerprint FROM personal_data WHERE customer_id = 'cu_before'"
    made = sorted(await desk.rows(before))
    await desk.change("UPDATE personal_data SET fingerprint = NULL")
    assert await find(desk, phone) == []
    database = Database.connect(directory.database_url, "directory")
    assert await make_findable(database, master_key) >= 3
    assert await make_findable(database, master_key) == 0
    await database.close()
    assert sorted(await desk.rows(before)) == made
    assert [match.customer.customer_id for match in await find(desk, phone)] == ["cu_before"]
