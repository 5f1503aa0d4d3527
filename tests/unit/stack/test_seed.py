"""The example company is written in the services' own requests, each made once."""

from typing import Any

from stack import seed
from workflows.compiler.library import flows_used
from workflows.language.model import FlowDefinition


def calls() -> list[tuple[str, Any]]:
    return [*seed.calls(), *field_calls()]


def field_calls() -> list[tuple[str, Any]]:
    return list(seed.field_calls({customer: f"ad_of_{customer}" for customer in seed.addressed()}))


def test_every_entry_is_a_request_of_an_rpc_that_changes_something() -> None:
    made = calls()
    assert len(made) > 20
    assert all("idempotency_key" in request.DESCRIPTOR.fields_by_name for _, request in made)


def test_the_same_entry_has_the_same_key_and_a_changed_one_another() -> None:
    keys = [request.idempotency_key for _, request in calls()]
    assert keys == [request.idempotency_key for _, request in calls()]
    assert len(set(keys)) == len(keys)
    rpc = "directory.v1.DirectoryService/PutCityTier"
    before: Any = seed.call(rpc, {"city_tier": {"adcode": "110100", "city_tier": "tier1"}})[1]
    after: Any = seed.call(rpc, {"city_tier": {"adcode": "110100", "city_tier": "tier2"}})[1]
    assert before.idempotency_key != after.idempotency_key


def test_every_technician_of_the_seed_is_one_of_its_people() -> None:
    people = {request.person.person_id for name, request in calls() if name.endswith("/PutPerson")}
    technicians = {
        request.technician.technician_id
        for name, request in calls()
        if name.endswith("/PutTechnician")
    }
    assert technicians
    assert technicians <= people


def test_the_field_is_equipped_for_customers_and_technicians_of_the_company() -> None:
    technicians = {
        request.technician.technician_id
        for name, request in calls()
        if name.endswith("/PutTechnician")
    }
    customers = {
        request.customer_id for name, request in calls() if name.endswith("/CreateCustomer")
    }
    assert seed.addressed() <= customers
    vans = {
        request.stockroom.technician_id
        for name, request in field_calls()
        if name.endswith("/PutStockroom") and request.stockroom.technician_id
    }
    assert vans
    assert vans <= technicians


def test_the_first_call_that_equips_the_field_is_one_that_is_refused_the_second_time() -> None:
    name, request = field_calls()[0]
    assert name.endswith("/RegisterAsset")
    assert request.asset_id
    assert request.address_id == "ad_of_cu_inside"


def test_a_flow_is_published_after_those_that_it_lives_through() -> None:
    sources = [request.source for name, request in calls() if name == seed.PUBLISH]
    published: set[str] = set()
    for source in sources:
        assert flows_used(source).keys() <= published
        definition = FlowDefinition.read(source)
        assert definition is not None
        published.add(definition.code)
    assert {"aircon_install", "shop_opening"} <= published


def test_every_role_of_the_library_is_held_by_somebody_of_the_seed() -> None:
    held = {
        role
        for name, request in calls()
        if name.endswith("/PutPerson")
        for role in request.person.roles
    }
    needed = {
        role
        for source in seed.library()
        if (definition := FlowDefinition.read(source)) is not None
        for role in definition.roles
    }
    assert needed <= held
