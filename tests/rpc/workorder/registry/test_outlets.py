"""Outlets' terms: put, changed as they were seen, listed by what dispatch asks for."""

from typing import Any

import pytest

from kit.authn import Actor
from protos.common.v1.page_pb2 import PageRequest
from protos.workorder.v1 import registry_pb2 as pb
from tests.rpc.workorder.conftest import CUSTOMER, DISPATCHER, HERE, Desk
from tests.rpc.workorder.registry.asking import HQ, MANAGER, ask, refused


def profile(outlet_id: str, **said: Any) -> pb.OutletProfile:
    return pb.OutletProfile(
        **{
            "outlet_id": outlet_id,
            "name": "朝阳服务站",
            "cooperation_modes": ["franchise", "direct"],
            "brand_codes": ["midea", "gree"],
            "territory_codes": ["110105", "BJ-RING5"],
            "contract_number": "HT-2026-031",
            "agent_id": "pe_agent",
            "stock_location_id": "sl_chaoyang",
            "location": HERE,
            **said,
        }
    )


async def put(desk: Desk, outlet_id: str, **said: Any) -> pb.OutletProfile:
    made = await ask(desk, "Registry/PutOutletProfile", outlet_profile=profile(outlet_id, **said))
    assert isinstance(made, pb.OutletProfile)
    return made


async def listed(desk: Desk, **wanted: Any) -> list[str]:
    answer = await ask(desk, "Registry/ListOutletProfiles", DISPATCHER, **wanted)
    return [one.outlet_id for one in answer.outlet_profiles]


async def test_terms_are_kept_as_put_and_changed_as_they_were_seen(desk: Desk) -> None:
    kept = await put(desk, "ou_kept", contract_valid_until=desk.later(days=300))
    assert kept.revision == 1
    assert list(kept.cooperation_modes) == ["direct", "franchise"]
    assert list(kept.brand_codes) == ["gree", "midea"]
    assert await ask(desk, "Registry/GetOutletProfile", DISPATCHER, outlet_id="ou_kept") == kept

    changed = await put(desk, "ou_kept", revision=1, name="朝阳一站")
    assert (changed.revision, changed.name) == (2, "朝阳一站")
    assert not changed.HasField("contract_valid_until")
    stale = await refused(
        desk, "Registry/PutOutletProfile", outlet_profile=profile("ou_kept", revision=1)
    )
    assert (stale.reason, stale.details["revision"]) == ("REGISTRY_STALE", "2")
    assert desk.rows(
        "SELECT count(*) FROM domain_event WHERE aggregate_id = 'ou_kept'"
        " AND payload_type = 'workorder.v1.OutletProfilePut'"
    ) == [(2,)]


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"outlet_id": "o u"}, "outlet_id"),
        ({"name": " "}, "name"),
        ({"cooperation_modes": []}, "cooperation_modes"),
        ({"cooperation_modes": ["partner"]}, "cooperation_modes"),
        ({"brand_codes": ["a,b"]}, "brand_codes[0]"),
        ({"suspended": True}, "suspend_reason"),
    ],
)
async def test_terms_that_make_no_sense_are_refused_by_their_field(
    desk: Desk, said: dict[str, Any], field: str
) -> None:
    wrong = profile(**({"outlet_id": "ou_wrong"} | said))
    refusal = await refused(desk, "Registry/PutOutletProfile", outlet_profile=wrong)
    assert (refusal.reason, refusal.field) == ("REGISTRY_INVALID", f"outlet_profile.{field}")
    assert desk.rows("SELECT * FROM outlet_profile WHERE outlet_id = 'ou_wrong'") == []


async def test_a_contract_is_not_over_before_it_begins(desk: Desk) -> None:
    wrong = profile(
        "ou_wrong",
        contract_valid_from=desk.later(days=2),
        contract_valid_until=desk.later(days=1),
    )
    refusal = await refused(desk, "Registry/PutOutletProfile", outlet_profile=wrong)
    assert refusal.field == "outlet_profile.contract_valid_until"


async def test_outlets_are_found_by_who_may_be_sent_now_for_a_brand_in_a_territory(
    desk: Desk,
) -> None:
    place = {"territory_codes": ["330113"]}
    await put(desk, "ou_a_open", **place)
    await put(desk, "ou_b_every_brand", brand_codes=[], **place)
    await put(desk, "ou_c_other_brand", brand_codes=["haier"], **place)
    await put(desk, "ou_d_over", contract_valid_until=desk.later(hours=-1), **place)
    await put(desk, "ou_e_to_come", contract_valid_from=desk.later(hours=1), **place)
    await put(desk, "ou_f_suspended", suspended=True, suspend_reason="投诉", **place)
    here: dict[str, Any] = {"territory_code": "330113"}
    assert len(await listed(desk, **here)) == 6
    assert await listed(desk, open_only=True, brand_code="gree", **here) == [
        "ou_a_open",
        "ou_b_every_brand",
    ]
    assert await listed(desk, contract_over_by=desk.later(days=1), **here) == ["ou_d_over"]
    assert await listed(desk, text="EVERY", **here) == ["ou_b_every_brand"]
    assert await listed(desk, agent_id="pe_nobody", **here) == []
    first = await ask(desk, "Registry/ListOutletProfiles", page=PageRequest(page_size=4), **here)
    rest = PageRequest(page_size=4, page_token=first.page.next_page_token)
    assert await listed(desk, page=rest, **here) == ["ou_e_to_come", "ou_f_suspended"]


async def test_contracts_are_kept_by_head_office_and_read_by_the_office(desk: Desk) -> None:
    await ask(desk, "Registry/PutOutletProfile", HQ, outlet_profile=profile("ou_hq"))
    for actor in (MANAGER, DISPATCHER, CUSTOMER):
        refusal = await refused(
            desk, "Registry/PutOutletProfile", actor, outlet_profile=profile("ou_hq")
        )
        assert refusal.reason == "ROLE_REQUIRED"
    for actor in (CUSTOMER, Actor("pe_t", frozenset({"technician"}))):
        refusal = await refused(desk, "Registry/GetOutletProfile", actor, outlet_id="ou_hq")
        assert refusal.reason == "ROLE_REQUIRED"
    unknown = await refused(desk, "Registry/GetOutletProfile", HQ, outlet_id="ou_nowhere")
    assert unknown.reason == "OUTLET_PROFILE_UNKNOWN"
