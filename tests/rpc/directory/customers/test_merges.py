"""Two customers who are the same: one while they are merged, two again when that is undone."""

import asyncio
import random
from datetime import timedelta

import pytest

from kit.errors import FailedPrecondition, InvalidArgument, PermissionDenied, ServiceError
from protos.directory.v1 import customer_pb2 as pb
from protos.directory.v1 import directory_pb2
from tests.rpc.conftest import Served
from tests.rpc.directory.conftest import events_of
from tests.rpc.directory.customers.conftest import Desk, a_key, a_phone


async def survivor(desk: Desk, customer_id: str) -> str:
    request = directory_pb2.GetCustomerRequest(customer_id=customer_id)
    return (await desk.directory.GetCustomer(request)).customer_id


async def test_what_names_the_merged_one_is_answered_with_the_survivor(
    directory: Served, desk: Desk
) -> None:
    phone = a_phone()
    await desk.customer("cu_stays", detail="东路1号")
    [theirs] = (await desk.customer("cu_goes", phone=phone, detail="西路2号")).addresses
    await desk.record("cu_goes", "合并前的来电")
    merge = await desk.merge("cu_stays", "cu_goes")
    assert merge.undo_until.ToDatetime() - merge.merged_at.ToDatetime() == timedelta(days=30)

    profile = await desk.profile("cu_goes")
    assert profile.customer.customer_id == "cu_stays"
    assert list(profile.merged_customer_ids) == ["cu_goes"]
    assert [each.detail_masked for each in profile.customer.addresses] == ["东路1号", "西路2号"]
    assert await desk.reveal(theirs.detail_ref) == "西路2号"
    assert [each.title for each in await desk.interactions("cu_stays")] == ["合并前的来电"]
    found = await desk.customers.FindCustomersByPhone(
        pb.FindCustomersByPhoneRequest(phone=phone, purpose="来电")
    )
    assert [each.customer.customer_id for each in found.matches] == ["cu_stays"]
    listed = await desk.customers.SearchCustomers(pb.SearchCustomersRequest())
    assert "cu_goes" not in [each.customer_id for each in listed.customers]
    [told] = await events_of(directory, "cu_stays", pb.CustomerMergeChanged)
    assert told.merge == merge


async def test_an_undone_merge_leaves_both_as_they_were(desk: Desk) -> None:
    await desk.customer("cu_first")
    await desk.customer("cu_second")
    before = await desk.profile("cu_second")
    merge = await desk.merge("cu_first", "cu_second")
    undone = await desk.split(merge)
    assert undone.HasField("undone_at")
    after = await desk.profile("cu_second")
    assert after.customer == before.customer
    assert not (await desk.profile("cu_first")).merged_customer_ids
    with pytest.raises(FailedPrecondition, match="CUSTOMER_MERGE_UNDONE"):
        await desk.split(merge)
    again = await desk.merge("cu_second", "cu_first")
    history = await desk.customers.ListCustomerMerges(
        pb.ListCustomerMergesRequest(customer_id="cu_first")
    )
    assert {each.merge_id for each in history.merges} == {merge.merge_id, again.merge_id}


async def test_nobody_is_merged_twice_with_themselves_or_with_a_shop(desk: Desk) -> None:
    for name in ("a", "b", "c"):
        await desk.customer(f"cu_m_{name}")
    await desk.customer("cu_m_shop", customer_type=directory_pb2.CUSTOMER_TYPE_SHOP)
    await desk.merge("cu_m_a", "cu_m_b")
    with pytest.raises(FailedPrecondition, match="CUSTOMER_MERGED"):
        await desk.merge("cu_m_c", "cu_m_b")
    with pytest.raises(FailedPrecondition, match="CUSTOMER_MERGED"):
        await desk.merge("cu_m_b", "cu_m_c")
    with pytest.raises(InvalidArgument, match="CUSTOMER_MERGE_INVALID"):
        await desk.merge("cu_m_c", "cu_m_c")
    with pytest.raises(FailedPrecondition, match="CUSTOMER_TYPES_DIFFER"):
        await desk.merge("cu_m_c", "cu_m_shop")
    with pytest.raises(PermissionDenied, match="ROLE_REQUIRED"):
        await desk.as_("technician").merge("cu_m_a", "cu_m_c")


async def test_merged_into_each_other_at_once_one_of_them_survives(desk: Desk) -> None:
    for number in range(5):
        one, other = f"cu_race_{number}_a", f"cu_race_{number}_b"
        await desk.customer(one)
        await desk.customer(other)
        ended = await asyncio.gather(
            desk.merge(one, other), desk.merge(other, one), return_exceptions=True
        )
        assert sum(isinstance(end, ServiceError) for end in ended) == 1
        assert await survivor(desk, one) == await survivor(desk, other)


@pytest.mark.parametrize("seed", range(5))
async def test_whatever_is_merged_and_undone_everybody_leads_to_one_survivor(
    desk: Desk, seed: int
) -> None:
    """Held to a model: the open merges, followed to their end."""
    chosen = random.Random(seed)
    everybody = [f"cu_model_{seed}_{n}" for n in range(6)]
    for customer_id in everybody:
        await desk.customer(customer_id)
    merges: dict[str, pb.CustomerMerge] = {}

    def end_of(customer_id: str) -> str:
        while customer_id in merges:
            customer_id = merges[customer_id].survivor_customer_id
        return customer_id

    for _ in range(15):
        alone = [each for each in everybody if each not in merges]
        if merges and (len(alone) < 2 or chosen.random() < 0.4):
            undone = merges.pop(chosen.choice(sorted(merges)))
            await desk.split(undone)
        else:
            stays, goes = chosen.sample(alone, 2)
            merges[goes] = await desk.merge(stays, goes)
        assert {each: await survivor(desk, each) for each in everybody} == {
            each: end_of(each) for each in everybody
        }


async def test_tags_and_contacts_of_merged_customers_are_the_survivors(desk: Desk) -> None:
    await desk.customer("cu_t_stays")
    await desk.customer("cu_t_goes")
    for customer_id, tag in (("cu_t_stays", "老客户"), ("cu_t_goes", "静音")):
        await desk.customers.TagCustomers(
            pb.TagCustomersRequest(
                idempotency_key=a_key(), customer_ids=[customer_id], add_tags=[tag]
            )
        )
    await desk.customers.PutContact(
        pb.PutContactRequest(
            idempotency_key=a_key(), customer_id="cu_t_goes", name="王芳", phone=a_phone()
        )
    )
    await desk.merge("cu_t_stays", "cu_t_goes")
    profile = await desk.profile("cu_t_stays")
    assert [each.tag for each in profile.tags] == ["老客户", "静音"]
    assert [each.name_masked for each in profile.contacts] == ["王*"]
    await desk.customers.TagCustomers(
        pb.TagCustomersRequest(
            idempotency_key=a_key(), customer_ids=["cu_t_stays"], remove_tags=["静音"]
        )
    )
    assert [each.tag for each in (await desk.profile("cu_t_goes")).tags] == ["老客户"]
