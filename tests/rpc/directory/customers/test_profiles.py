"""What is known of a customer beside how they were registered."""

import asyncio

import pytest

from kit.errors import (
    FailedPrecondition,
    InvalidArgument,
    NotFound,
    PermissionDenied,
    ServiceError,
)
from protos.directory.v1 import customer_pb2 as pb
from protos.directory.v1 import directory_pb2
from tests.rpc.directory.customers.conftest import Desk, a_key, a_phone

SHOP, COMPANY = directory_pb2.CUSTOMER_TYPE_SHOP, directory_pb2.CUSTOMER_TYPE_COMPANY


async def tag(desk: Desk, *customer_ids: str, **tags: list[str]) -> int:
    request = pb.TagCustomersRequest(idempotency_key=a_key(), customer_ids=customer_ids, **tags)  # type: ignore[arg-type]  # by name
    return (await desk.customers.TagCustomers(request)).changed_count


async def contact(desk: Desk, customer_id: str, **said: object) -> pb.CustomerProfile:
    request = pb.PutContactRequest(
        idempotency_key=a_key(),
        customer_id=customer_id,
        **{"name": "王芳", "phone": "13800138001", **said},  # type: ignore[arg-type]  # by name
    )
    return await desk.customers.PutContact(request)


async def test_a_profile_is_masked_and_counts_its_changes(desk: Desk) -> None:
    await desk.customer("cu_profile")
    changed = await desk.customers.UpdateCustomer(
        pb.UpdateCustomerRequest(
            idempotency_key=a_key(),
            customer_id="cu_profile",
            revision=1,
            customer_level="key_account",
            phone="13700000001",
        )
    )
    assert changed.revision == 2
    assert changed.customer.customer_level == "key_account"
    assert changed.customer.phone_masked == "137******01"
    assert changed.customer.name_masked == "欧***"
    assert await desk.reveal(changed.customer.phone_ref) == "13700000001"
    with pytest.raises(FailedPrecondition, match="CUSTOMER_REVISION_STALE"):
        await desk.customers.UpdateCustomer(
            pb.UpdateCustomerRequest(
                idempotency_key=a_key(), customer_id="cu_profile", revision=1, customer_level="x"
            )
        )


async def test_of_two_who_change_what_they_saw_at_once_one_looks_again(desk: Desk) -> None:
    await desk.customer("cu_raced")

    async def change(level: str) -> str:
        request = pb.UpdateCustomerRequest(
            idempotency_key=a_key(), customer_id="cu_raced", revision=1, customer_level=level
        )
        try:
            return (await desk.customers.UpdateCustomer(request)).customer.customer_level
        except ServiceError as error:
            return error.reason

    ended = await asyncio.gather(*(change(f"level{n}") for n in range(5)))
    assert sum(end == "CUSTOMER_REVISION_STALE" for end in ended) == 4
    assert (await desk.profile("cu_raced")).revision == 2


async def test_a_replaced_address_can_still_be_resolved_and_revealed(desk: Desk) -> None:
    [old] = (await desk.customer("cu_moves")).addresses
    address = directory_pb2.NewAddress(adcode="310115", detail="世纪大道8号1201")
    moved = await desk.customers.ReplaceAddress(
        pb.ReplaceAddressRequest(
            idempotency_key=a_key(), address_id=old.address_id, address=address
        )
    )
    assert [each.place.adcode for each in moved.customer.addresses] == ["310115"]
    assert [each.address_id for each in moved.ended_addresses] == [old.address_id]
    assert await desk.reveal(old.detail_ref) == "建国路88号3号楼2单元1502室"
    place = await desk.directory.ResolvePlace(
        directory_pb2.ResolvePlaceRequest(address_id=old.address_id)
    )
    assert place.adcode == "110105"
    with pytest.raises(FailedPrecondition, match="ADDRESS_ENDED"):
        await desk.customers.EndAddress(
            pb.EndAddressRequest(idempotency_key=a_key(), address_id=old.address_id)
        )


async def test_a_contact_speaks_for_a_shop_and_for_its_company(desk: Desk) -> None:
    await desk.customer("cu_chain", name="安居连锁", customer_type=COMPANY)
    await desk.customer("cu_shop", name="安居一店", customer_type=SHOP)
    await desk.customers.PutParentCompany(
        pb.PutParentCompanyRequest(
            idempotency_key=a_key(), customer_id="cu_shop", parent_customer_id="cu_chain"
        )
    )
    [made] = (await contact(desk, "cu_shop", contact_role="店长", preferred=True)).contacts
    assert (made.name_masked, made.phone_masked, made.contact_role) == (
        "王*",
        "138******01",
        "店长",
    )
    linked = await desk.customers.LinkContact(
        pb.LinkContactRequest(
            idempotency_key=a_key(),
            contact_id=made.contact_id,
            customer_id="cu_chain",
            contact_role="门店对接人",
        )
    )
    assert list(linked.child_customer_ids) == ["cu_shop"]
    assert [(each.contact_role, list(each.customer_ids)) for each in linked.contacts] == [
        ("门店对接人", ["cu_chain", "cu_shop"])
    ]
    assert await desk.reveal(made.phone_ref) == "13800138001"
    left = await desk.customers.UnlinkContact(
        pb.UnlinkContactRequest(
            idempotency_key=a_key(), contact_id=made.contact_id, customer_id="cu_chain"
        )
    )
    assert not left.contacts
    with pytest.raises(NotFound, match="CONTACT_UNKNOWN"):
        await desk.customers.UnlinkContact(
            pb.UnlinkContactRequest(
                idempotency_key=a_key(), contact_id=made.contact_id, customer_id="cu_chain"
            )
        )


async def test_one_contact_of_a_customer_is_preferred(desk: Desk) -> None:
    await desk.customer("cu_two_contacts", customer_type=SHOP)
    await contact(desk, "cu_two_contacts", contact_role="店长", preferred=True)
    profile = await contact(
        desk, "cu_two_contacts", name="赵六", phone=a_phone(), contact_role="财务", preferred=True
    )
    assert [(each.contact_role, each.preferred) for each in profile.contacts] == [
        ("财务", True),
        ("店长", False),
    ]
    first = profile.contacts[1]
    corrected = await contact(
        desk, "cu_two_contacts", contact_id=first.contact_id, name="", phone="13900139009",
        contact_role="店长",
    )  # fmt: skip
    assert await desk.reveal(first.name_ref) == "王芳"
    assert corrected.contacts[1].phone_masked == "139******09"


async def test_a_parent_is_another_customer_and_a_company(desk: Desk) -> None:
    await desk.customer("cu_alone", customer_type=COMPANY)
    await desk.customer("cu_person")
    for parent in ("cu_alone", "cu_person"):
        with pytest.raises(FailedPrecondition, match="CUSTOMER_PARENT_INVALID"):
            await desk.customers.PutParentCompany(
                pb.PutParentCompanyRequest(
                    idempotency_key=a_key(), customer_id="cu_alone", parent_customer_id=parent
                )
            )


async def test_tags_are_put_on_many_customers_and_found_again(desk: Desk) -> None:
    for number in range(3):
        await desk.customer(f"cu_tagged_{number}")
    ids = [f"cu_tagged_{number}" for number in range(3)]
    assert await tag(desk, *ids, add_tags=["偏好静音 ", "VIP客户"]) == 3
    assert await tag(desk, *ids, add_tags=["偏好静音"]) == 0
    assert await tag(desk, ids[0], remove_tags=["偏好静音"]) == 1
    found = await desk.customers.SearchCustomers(
        pb.SearchCustomersRequest(tags=["偏好静音", "VIP客户"])
    )
    assert [each.customer_id for each in found.customers] == ids[1:]
    counts = await desk.customers.ListCustomerTags(pb.ListCustomerTagsRequest())
    assert [(each.tag, each.customer_count) for each in counts.tags] == [
        ("VIP客户", 3),
        ("偏好静音", 2),
    ]


async def test_tagging_is_all_or_nothing(desk: Desk) -> None:
    await desk.customer("cu_untagged")
    with pytest.raises(NotFound) as refusal:
        await tag(desk, "cu_untagged", "cu_nobody", add_tags=["新客"])
    assert (refusal.value.reason, refusal.value.field) == ("CUSTOMER_UNKNOWN", "customer_ids[1]")
    assert not (await desk.profile("cu_untagged")).tags
    with pytest.raises(InvalidArgument, match="CUSTOMER_TAG_INVALID"):
        await tag(desk, "cu_untagged", add_tags=["a"], remove_tags=["a"])


async def test_the_last_word_about_messages_counts_and_all_are_kept(desk: Desk) -> None:
    await desk.customer("cu_consents")
    for allowed in (True, False):
        await desk.customers.PutMessageConsent(
            pb.PutMessageConsentRequest(
                idempotency_key=a_key(),
                customer_id="cu_consents",
                message_channel=pb.MESSAGE_CHANNEL_SMS,
                allowed=allowed,
                remark="来电",
            )
        )
    profile = await desk.profile("cu_consents")
    assert [each.allowed for each in profile.message_consents] == [False]
    kept = await desk.rows(
        "SELECT allowed FROM message_consent WHERE customer_id = %s ORDER BY consent_number",
        "cu_consents",
    )
    assert kept == [(True,), (False,)]


async def test_only_who_keeps_customers_changes_them(desk: Desk) -> None:
    await desk.customer("cu_kept")
    request = pb.UpdateCustomerRequest(
        idempotency_key=a_key(), customer_id="cu_kept", customer_level="x"
    )
    with pytest.raises(PermissionDenied, match="ROLE_REQUIRED"):
        await desk.as_("technician").customers.UpdateCustomer(request)
    with pytest.raises(PermissionDenied, match="ROLE_REQUIRED"):
        await desk.as_("customer", person_id="cu_kept").profile("cu_kept")
