"""Teams, and who must not or shall be sent to whom."""

from typing import Any

from protos.workorder.v1 import registry_pb2 as pb
from tests.rpc.workorder.conftest import CUSTOMER, DISPATCHER, Desk, technician
from tests.rpc.workorder.registry.asking import MANAGER, ask, refused


def team(team_id: str, members: list[str], **said: Any) -> pb.Team:
    return pb.Team(
        **{
            "team_id": team_id,
            "name": "朝阳维修组",
            "kind": "repair",
            "outlet_id": "ol_chaoyang",
            "technician_ids": members,
            **said,
        }
    )


async def test_a_team_has_the_members_it_was_put_with_until_it_ends(desk: Desk) -> None:
    zhang, wang = await desk.technician(), await desk.technician()
    await ask(desk, "Registry/PutTeam", team=team("tm_1", [wang, zhang]))
    kept = await ask(desk, "Registry/PutTeam", team=team("tm_1", [zhang], kind="install"))
    assert (kept.revision, list(kept.technician_ids), kept.kind) == (2, [zhang], "install")
    mine = await ask(desk, "Registry/ListTeams", technician(zhang), technician_id=zhang)
    assert [one.team_id for one in mine.teams] == ["tm_1"]
    listed = await desk.call("ListTechnicians", team_id="tm_1")
    assert [one.technician_id for one in listed.technicians] == [zhang]

    ended = await ask(desk, "Registry/EndTeam", team_id="tm_1", revision=2)
    assert ended.HasField("ended_at")
    assert not ended.technician_ids
    assert not (await ask(desk, "Registry/ListTeams", technician_id=zhang)).teams
    again = await refused(desk, "Registry/EndTeam", team_id="tm_1")
    assert again.reason == "REGISTRY_ENDED"
    taken_up = await ask(desk, "Registry/PutTeam", team=team("tm_1", [wang]))
    assert not taken_up.HasField("ended_at")


async def test_a_team_is_of_technicians_only(desk: Desk) -> None:
    zhang = await desk.technician()
    refusal = await refused(desk, "Registry/PutTeam", team=team("tm_x", [zhang, "pe_nobody"]))
    assert refusal.reason == "TEAM_MEMBER_UNKNOWN"
    assert "pe_nobody" in refusal.message
    odd = await refused(desk, "Registry/PutTeam", team=team("tm_x", [zhang], kind="维修"))
    assert odd.field == "team.kind"
    assert desk.rows("SELECT * FROM team WHERE team_id = 'tm_x'") == []


async def test_an_outlet_manager_keeps_the_teams_of_their_outlet(desk: Desk) -> None:
    zhang = await desk.technician()
    await ask(desk, "Registry/PutTeam", MANAGER, team=team("tm_own", [zhang]))
    await ask(
        desk, "Registry/PutTeam", DISPATCHER, team=team("tm_far", [zhang], outlet_id="ol_far")
    )
    for wrong in (team("tm_far2", [zhang], outlet_id="ol_far"), team("tm_far", [zhang])):
        refusal = await refused(desk, "Registry/PutTeam", MANAGER, team=wrong)
        assert refusal.reason == "OUTLET_NOT_YOURS"
    refusal = await refused(desk, "Registry/EndTeam", MANAGER, team_id="tm_far")
    assert refusal.reason == "OUTLET_NOT_YOURS"


async def test_an_exclusion_stands_until_it_is_over_or_ended(desk: Desk) -> None:
    zhang = await desk.technician()
    made = await ask(
        desk,
        "Registry/AddExclusion",
        DISPATCHER,
        technician_id=zhang,
        customer_id="cu_li",
        reason="客户拉黑",
        until_at=desk.later(days=1),
    )
    assert made.recorded_by_person_id == DISPATCHER.person_id
    ever = await ask(desk, "Registry/AddExclusion", technician_id=zhang, reason="停职")
    standing = await ask(desk, "Registry/ListExclusions", technician_id=zhang)
    assert {one.exclusion_id for one in standing.exclusions} == {
        ever.exclusion_id,
        made.exclusion_id,
    }
    ended = await ask(desk, "Registry/EndExclusion", exclusion_id=ever.exclusion_id, reason="复职")
    assert ended.end_reason == "复职"
    again = await refused(
        desk, "Registry/EndExclusion", exclusion_id=ever.exclusion_id, reason="复职"
    )
    assert again.reason == "REGISTRY_ENDED"
    standing = await ask(desk, "Registry/ListExclusions", technician_id=zhang)
    assert [one.exclusion_id for one in standing.exclusions] == [made.exclusion_id]
    past = await ask(desk, "Registry/ListExclusions", technician_id=zhang, include_past=True)
    assert len(past.exclusions) == 2


async def test_an_exclusion_that_would_be_over_says_why_or_names_nobody_is_refused(
    desk: Desk,
) -> None:
    good = {"technician_id": "pe_1", "reason": "r"}
    for wrong, field in (
        ({"technician_id": ""}, "technician_id"),
        ({"reason": " "}, "reason"),
        ({"until_at": desk.later(hours=-1)}, "until_at"),
        ({"customer_id": "cu_1", "address_id": "ad_1"}, "address_id"),
    ):
        refusal = await refused(desk, "Registry/AddExclusion", **{**good, **wrong})
        assert (refusal.reason, refusal.field) == ("REGISTRY_INVALID", field)
    refusal = await refused(desk, "Registry/AddExclusion", CUSTOMER, **good)
    assert refusal.reason == "ROLE_REQUIRED"


async def test_the_same_wish_stands_once_and_may_be_wished_again_after_its_end(
    desk: Desk,
) -> None:
    wish: dict[str, Any] = {
        "customer_id": "cu_wish",
        "technician_id": "pe_1",
        "reason": "上次修得好",
    }
    first = await ask(desk, "Registry/AddPreference", **wish)
    assert await ask(desk, "Registry/AddPreference", **wish) == first
    await ask(desk, "Registry/EndPreference", preference_id=first.preference_id, reason="换人")
    second = await ask(desk, "Registry/AddPreference", **wish)
    assert second.preference_id != first.preference_id
    standing = await ask(desk, "Registry/ListPreferences", customer_id="cu_wish")
    assert [one.preference_id for one in standing.preferences] == [second.preference_id]
    past = await ask(desk, "Registry/ListPreferences", customer_id="cu_wish", include_past=True)
    assert len(past.preferences) == 2
