"""Virtual numbers, with a telephone company on the other side: who dials one reaches the customer."""

from collections.abc import AsyncIterator

import httpx
import pytest
import uvicorn

from kit.clock import SystemClock
from kit.errors import (
    FailedPrecondition,
    InvalidArgument,
    NotFound,
    PermissionDenied,
    ResourceExhausted,
    Unavailable,
)
from protos.directory.v1 import customer_pb2
from protos.directory.v1 import virtual_number_pb2 as pb
from services.directory.main import mounts
from services.directory.telephony import HttpVirtualNumbers
from services.directory.vault import MasterKeyFile
from simulators.numbers.main import Exchange, create_app
from tests.http_server import serving
from tests.rpc.conftest import Serve
from tests.rpc.directory.customers.conftest import Desk, a_key, a_phone

POOL = 4


@pytest.fixture(scope="module")
async def exchange() -> AsyncIterator[str]:
    app = create_app(Exchange(POOL))
    config = uvicorn.Config(app, host="127.0.0.1", port=0, log_config=None, lifespan="off")
    async with serving(uvicorn.Server(config)) as address:
        yield address


@pytest.fixture(scope="module")
async def desk(serve: Serve, master_key: MasterKeyFile, exchange: str) -> AsyncIterator[Desk]:
    numbers = HttpVirtualNumbers(exchange)
    clock = SystemClock()
    yield Desk(await serve("directory", mounts(clock, master_key, numbers), clock))
    await numbers.close()


async def bind(desk: Desk, customer_id: str, **more: object) -> pb.VirtualNumberBinding:
    request = pb.BindVirtualNumberRequest(
        idempotency_key=a_key(),
        customer_id=customer_id,
        **more,  # type: ignore[arg-type]  # by name
    )
    stub = desk.numbers
    return await stub.BindVirtualNumber(request)


async def release(desk: Desk, binding: pb.VirtualNumberBinding) -> pb.VirtualNumberBinding:
    return await desk.numbers.ReleaseVirtualNumber(
        pb.ReleaseVirtualNumberRequest(idempotency_key=a_key(), binding_id=binding.binding_id)
    )


async def rings_at(exchange: str, virtual_number: str) -> str:
    async with httpx.AsyncClient(base_url=exchange, trust_env=False) as client:
        answer = await client.post("/calls", json={"virtual_number": virtual_number})
        return str(answer.json()["rings_at"])


async def test_who_dials_a_virtual_number_reaches_the_customer_until_it_is_released(
    desk: Desk, exchange: str
) -> None:
    phone = a_phone()
    await desk.customer("cu_dialled", phone=phone)
    technician = desk.as_("technician", person_id="pe_dials")
    bound = await bind(technician, "cu_dialled", work_order_id="wo_1", minutes=30)
    assert bound.expires_at.ToSeconds() - bound.bound_at.ToSeconds() == 30 * 60
    assert phone not in str(bound)
    assert await rings_at(exchange, bound.virtual_number) == phone
    released = await release(technician, bound)
    assert await rings_at(exchange, bound.virtual_number) == ""
    assert await release(technician, bound) == released
    listed = await desk.numbers.ListVirtualNumbers(
        pb.ListVirtualNumbersRequest(customer_id="cu_dialled")
    )
    assert list(listed.bindings) == [released]
    assert released.person_id == "pe_dials"


async def test_it_may_ring_at_a_contacts(desk: Desk, exchange: str) -> None:
    phone = a_phone()
    await desk.customer("cu_with_contact")
    profile = await desk.customers.PutContact(
        customer_pb2.PutContactRequest(
            idempotency_key=a_key(), customer_id="cu_with_contact", name="王芳", phone=phone
        )
    )
    contact_id = profile.contacts[0].contact_id
    bound = await bind(desk, "cu_with_contact", contact_id=contact_id)
    assert await rings_at(exchange, bound.virtual_number) == phone
    await release(desk, bound)
    await desk.customer("cu_without_contact")
    with pytest.raises(NotFound, match="CONTACT_UNKNOWN"):
        await bind(desk, "cu_without_contact", contact_id=contact_id)


async def test_the_same_request_takes_one_number(desk: Desk) -> None:
    await desk.customer("cu_again")
    request = pb.BindVirtualNumberRequest(idempotency_key=a_key(), customer_id="cu_again")
    bound = await desk.numbers.BindVirtualNumber(request)
    assert await desk.numbers.BindVirtualNumber(request) == bound
    await release(desk, bound)


async def test_when_all_numbers_are_bound_nothing_is_kept(desk: Desk) -> None:
    await desk.customer("cu_many")
    bound = [await bind(desk, "cu_many") for _ in range(POOL)]
    assert len({each.virtual_number for each in bound}) == POOL
    with pytest.raises(ResourceExhausted, match="VIRTUAL_NUMBERS_EXHAUSTED"):
        await bind(desk, "cu_many")
    for each in bound:
        await release(desk, each)
    assert await desk.rows(
        "SELECT count(*) FROM virtual_number_binding WHERE customer_id = 'cu_many'"
    ) == [(POOL,)]


async def test_without_a_provider_and_with_one_that_is_down_it_is_refused(
    serve: Serve, master_key: MasterKeyFile
) -> None:
    without = Desk(await serve("directory", mounts(SystemClock(), master_key)))
    await without.customer("cu_off")
    with pytest.raises(FailedPrecondition, match="VIRTUAL_NUMBERS_OFF"):
        await bind(without, "cu_off")
    numbers = HttpVirtualNumbers("http://127.0.0.1:9")
    down = Desk(await serve("directory", mounts(SystemClock(), master_key, numbers)))
    await down.customer("cu_down")
    with pytest.raises(Unavailable, match="VIRTUAL_NUMBERS_UNREACHABLE"):
        await bind(down, "cu_down")
    await numbers.close()


async def test_nobody_else_binds_and_not_for_long(desk: Desk) -> None:
    await desk.customer("cu_long")
    with pytest.raises(InvalidArgument, match="VIRTUAL_NUMBER_MINUTES_INVALID"):
        await bind(desk, "cu_long", minutes=10_081)
    with pytest.raises(PermissionDenied, match="ROLE_REQUIRED"):
        await bind(desk.as_("finance"), "cu_long")
