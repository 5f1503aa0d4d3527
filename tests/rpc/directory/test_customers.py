from typing import TYPE_CHECKING

import psycopg
import pytest
from psycopg import sql

from kit.authn import Actor
from kit.errors import (
    AlreadyExists,
    FailedPrecondition,
    InvalidArgument,
    NotFound,
    PermissionDenied,
)
from protos.common.v1 import page_pb2
from protos.common.v1.place_pb2 import Location
from protos.directory.v1 import directory_pb2 as pb
from protos.directory.v1 import directory_pb2_grpc
from tests.rpc.conftest import Served

if TYPE_CHECKING:
    from protos.directory.v1.directory_pb2_grpc import DirectoryServiceAsyncStub as Stub

CALL = "与客户确认上门时间"


def request_for(customer_id: str, **changes: object) -> pb.CreateCustomerRequest:
    request = pb.CreateCustomerRequest(
        idempotency_key=f"create {customer_id} {changes}",
        customer_id=customer_id,
        name="欧阳明月",
        phone="13812345678",
        addresses=[
            pb.NewAddress(
                adcode="110105",
                detail="建国路88号3号楼2单元1502室",
                location=Location(longitude=116.47, latitude=39.91),
                floor=15,
            )
        ],
    )
    request.MergeFrom(pb.CreateCustomerRequest(**changes))  # type: ignore[arg-type]  # by name
    return request


def reveal(reference: str, purpose: str = CALL) -> pb.RevealPersonalDataRequest:
    return pb.RevealPersonalDataRequest(reference=reference, purpose=purpose)


async def test_a_customer_comes_out_masked(stub: "Stub") -> None:
    customer = await stub.CreateCustomer(request_for("cu_masked"))
    assert customer.name_masked == "欧***"
    assert customer.phone_masked == "138******78"
    [address] = customer.addresses
    assert address.detail_masked == "建国路88号3号楼****"
    assert address.floor == 15
    assert list(address.place.adcode_path)[:3] == ["110105", "110100", "110000"]
    assert await stub.GetCustomer(pb.GetCustomerRequest(customer_id="cu_masked")) == customer


async def test_the_database_holds_no_clear_text(directory: Served, stub: "Stub") -> None:
    await stub.CreateCustomer(request_for("cu_sealed"))
    async with await psycopg.AsyncConnection.connect(directory.database_url) as connection:
        tables = await connection.execute(
            "SELECT tablename FROM pg_tables WHERE schemaname = 'directory'"
        )
        for (table,) in await tables.fetchall():
            dump = await connection.execute(
                sql.SQL("SELECT t::text FROM directory.{} t").format(sql.Identifier(table))
            )
            for (row,) in await dump.fetchall():
                for secret in ("欧阳", "12345678", "2单元"):
                    assert secret not in row
                    assert secret.encode().hex() not in row


async def test_a_reveal_shows_the_clear_text_and_is_written_down(
    directory: Served, stub: "Stub"
) -> None:
    customer = await stub.CreateCustomer(request_for("cu_revealed"))
    technician = Actor("pe_li", frozenset({"technician"}))
    as_technician = directory.stub(directory_pb2_grpc.DirectoryServiceStub, technician)
    shown = await as_technician.RevealPersonalData(reveal(customer.phone_ref))  # type: ignore[misc]  # aio
    assert shown.clear_text == "13812345678"
    detail = await stub.RevealPersonalData(reveal(customer.addresses[0].detail_ref))
    assert detail.clear_text == "建国路88号3号楼2单元1502室"
    async with await psycopg.AsyncConnection.connect(directory.database_url) as connection:
        rows = await connection.execute(
            "SELECT person_id, purpose FROM directory.personal_data_reveal WHERE reference = %s",
            [customer.phone_ref],
        )
        assert await rows.fetchall() == [("pe_li", CALL)]
        with pytest.raises(psycopg.errors.RestrictViolation):
            await connection.execute("DELETE FROM directory.personal_data_reveal")


async def test_a_reveal_needs_a_role_a_purpose_and_a_reference(
    directory: Served, stub: "Stub"
) -> None:
    customer = await stub.CreateCustomer(request_for("cu_guarded"))
    finance = directory.stub(
        directory_pb2_grpc.DirectoryServiceStub, Actor("pe_f", frozenset({"finance"}))
    )
    with pytest.raises(PermissionDenied, match="ROLE_REQUIRED"):
        await finance.RevealPersonalData(reveal(customer.name_ref))  # type: ignore[misc]  # aio
    with pytest.raises(InvalidArgument, match="REVEAL_PURPOSE_MISSING"):
        await stub.RevealPersonalData(reveal(customer.name_ref, " "))
    with pytest.raises(NotFound, match="PERSONAL_DATA_UNKNOWN"):
        await stub.RevealPersonalData(reveal("pd_nothing"))


async def test_without_the_wrapped_key_nothing_can_be_read_and_nothing_else_is_lost(
    directory: Served, stub: "Stub"
) -> None:
    customer = await stub.CreateCustomer(request_for("cu_shredded"))
    async with await psycopg.AsyncConnection.connect(directory.database_url) as connection:
        await connection.execute("DELETE FROM directory.data_key WHERE customer_id = 'cu_shredded'")
    kept = await stub.GetCustomer(pb.GetCustomerRequest(customer_id="cu_shredded"))
    assert (kept.name_masked, kept.phone_masked) == ("（已删除）", "（已删除）")
    assert kept.addresses[0].place == customer.addresses[0].place
    with pytest.raises(FailedPrecondition, match="PERSONAL_DATA_SHREDDED"):
        await stub.RevealPersonalData(reveal(customer.name_ref))
    with pytest.raises(FailedPrecondition, match="PERSONAL_DATA_SHREDDED"):
        await stub.AddAddress(
            pb.AddAddressRequest(
                idempotency_key="late",
                customer_id="cu_shredded",
                address=pb.NewAddress(adcode="110105", detail="建国路1号"),
            )
        )


async def test_a_further_address_is_kept_behind_the_first(stub: "Stub") -> None:
    await stub.CreateCustomer(request_for("cu_moved"))
    added = await stub.AddAddress(
        pb.AddAddressRequest(
            idempotency_key="moved",
            customer_id="cu_moved",
            address=pb.NewAddress(adcode="310115", detail="世纪大道8号1201", floor=12),
        )
    )
    assert added.detail_masked == "世纪大道8号****"
    customer = await stub.GetCustomer(pb.GetCustomerRequest(customer_id="cu_moved"))
    assert [address.place.adcode for address in customer.addresses] == ["110105", "310115"]
    place = await stub.ResolvePlace(pb.ResolvePlaceRequest(address_id=added.address_id))
    assert place == added.place


async def test_an_address_without_an_adcode_is_read_from_its_detail(stub: "Stub") -> None:
    await stub.CreateCustomer(request_for("cu_text"))
    address = pb.NewAddress(detail="上海浦东新区世纪大道8号1201", floor=12)
    added = await stub.AddAddress(
        pb.AddAddressRequest(idempotency_key="text", customer_id="cu_text", address=address)
    )
    assert added.place.adcode == "310115"
    assert not added.place.zones_known
    assert added.detail_masked == "世纪大道8号****"


@pytest.mark.parametrize(
    ("detail", "reason"),
    [("朝阳区建国路88号", "PLACE_AMBIGUOUS"), ("建国路88号", "PLACE_UNKNOWN")],
)
async def test_an_address_that_may_be_in_several_places_is_refused(
    stub: "Stub", detail: str, reason: str
) -> None:
    asked = request_for(f"cu_{reason.lower()}", addresses=[pb.NewAddress(detail=detail)])
    with pytest.raises(InvalidArgument) as refusal:
        await stub.CreateCustomer(asked)
    assert (refusal.value.reason, refusal.value.field) == (reason, "addresses[1].detail")


async def test_customers_are_listed_masked_page_by_page(stub: "Stub") -> None:
    for number in range(3):
        await stub.CreateCustomer(request_for(f"cu_{number}"))
    first = await stub.ListCustomers(
        pb.ListCustomersRequest(page=page_pb2.PageRequest(page_size=2))
    )
    assert [customer.customer_id for customer in first.customers] == ["cu_0", "cu_1"]
    assert {customer.name_masked for customer in first.customers} == {"欧***"}
    token = first.page.next_page_token
    second = await stub.ListCustomers(
        pb.ListCustomersRequest(page=page_pb2.PageRequest(page_size=1, page_token=token))
    )
    assert [customer.customer_id for customer in second.customers] == ["cu_2"]


@pytest.mark.parametrize(
    ("changes", "reason", "field"),
    [
        ({"name": " " * 3 + "x" * 101}, "CUSTOMER_NAME_INVALID", "name"),
        ({"phone": "call me"}, "CUSTOMER_PHONE_INVALID", "phone"),
        (
            {"addresses": [pb.NewAddress(adcode="999999", detail="x路1号")]},
            "PLACE_UNKNOWN",
            "addresses[1].adcode",
        ),
        (
            {"addresses": [pb.NewAddress(adcode="110105")]},
            "ADDRESS_DETAIL_INVALID",
            "addresses[1].detail",
        ),
        (
            {
                "addresses": [
                    pb.NewAddress(
                        adcode="110105", detail="x路1号", location=Location(longitude=999)
                    )
                ]
            },
            "LOCATION_INVALID",
            "addresses[1].location",
        ),
    ],
)
async def test_a_wrong_field_is_named_and_nothing_is_kept(
    stub: "Stub", changes: dict[str, object], reason: str, field: str
) -> None:
    with pytest.raises(InvalidArgument) as refusal:
        await stub.CreateCustomer(request_for("cu_wrong", **changes))
    assert (refusal.value.reason, refusal.value.field) == (reason, field)
    with pytest.raises(NotFound, match="CUSTOMER_UNKNOWN"):
        await stub.GetCustomer(pb.GetCustomerRequest(customer_id="cu_wrong"))


async def test_a_customer_is_registered_once(stub: "Stub") -> None:
    request = request_for("cu_once")
    assert await stub.CreateCustomer(request) == await stub.CreateCustomer(request)
    with pytest.raises(AlreadyExists, match="CUSTOMER_EXISTS"):
        await stub.CreateCustomer(request_for("cu_once", customer_level="key_account"))


async def test_customers_see_no_other_customers(directory: Served) -> None:
    customer = Actor("cu_masked", frozenset({"customer"}))
    stub = directory.stub(directory_pb2_grpc.DirectoryServiceStub, customer)
    with pytest.raises(PermissionDenied, match="ROLE_REQUIRED"):
        await stub.ListCustomers(pb.ListCustomersRequest())  # type: ignore[misc]  # aio
