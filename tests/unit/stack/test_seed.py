"""The example company is written in the services' own requests, each made once."""

from typing import Any

from stack import seed


def calls() -> list[tuple[str, Any]]:
    return list(seed.calls())


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
