"""What looks wrong is raised once, explained line by line, and decided by people."""

from datetime import timedelta
from typing import Any

import pytest

from kit.authn import SYSTEM, Actor
from protos.common.v1.money_pb2 import Money
from protos.common.v1.place_pb2 import Location, Place
from protos.workorder.v1 import anomaly_pb2 as pb
from protos.workorder.v1 import extra_pb2, on_site_pb2
from tests.rpc.workorder.conftest import CUSTOMER, DISPATCHER, Desk, technician
from tests.rpc.workorder.on_site.conftest import OnSite, photo

SUPERVISOR = Actor("pe_supervisor", frozenset({"supervisor"}))
SOUTHERN = Actor("pe_south", frozenset({"supervisor"}), region_adcodes=("440000",))
TIANJIN = on_site_pb2.SiteArrival(location=Location(longitude=117.2, latitude=39.12), accuracy_m=20)


async def ask(desk: Desk, method: str, by: Actor = SUPERVISOR, **fields: Any) -> Any:
    return await desk.call(f"AnomalyService/{method}", by, **fields)


async def returned(desk: Desk, address_id: str, times: int = 3) -> None:
    """So many work orders of an address that were cancelled."""
    for _ in range(times):
        order = await desk.order(address_id=address_id)
        await desk.call("CancelWorkOrder", work_order_id=order.work_order_id, reason="不要了")


async def raised(desk: Desk, address_id: str, kind: str = "REPEATED_RETURNS") -> list[pb.Anomaly]:
    await ask(desk, "SweepAnomalies", SYSTEM)
    listed = await ask(desk, "ListAnomalies", kind=f"ANOMALY_KIND_{kind}")
    return [each for each in listed.anomalies if each.subject_id == address_id]


async def test_what_comes_back_too_often_is_raised_once_with_its_evidence(desk: Desk) -> None:
    await returned(desk, "ad_often", 2)
    assert not await raised(desk, "ad_often")
    await returned(desk, "ad_often", 1)
    (anomaly,) = await raised(desk, "ad_often")
    assert anomaly.state == pb.ANOMALY_STATE_OPEN
    assert anomaly.severity == pb.ANOMALY_SEVERITY_HIGH
    assert anomaly.place_code == "110105"
    assert not anomaly.HasField("frozen_until")
    await returned(desk, "ad_often", 1)
    assert len(await raised(desk, "ad_often")) == 1
    shown = await ask(desk, "GetAnomaly", anomaly_id=anomaly.anomaly_id)
    assert len(shown.evidence) == 4
    assert {each.measured_against for each in shown.evidence} == {3}
    assert all(each.fact_id == f"cancel:{each.work_order_id}" for each in shown.evidence)


async def test_it_is_acknowledged_and_dismissed_once_with_a_reason(desk: Desk) -> None:
    await returned(desk, "ad_dismissed")
    (anomaly,) = await raised(desk, "ad_dismissed")
    which: dict[str, Any] = {"anomaly_id": anomaly.anomaly_id}
    seen = await ask(desk, "AcknowledgeAnomaly", **which)
    assert seen.acknowledged_by_person_id == "pe_supervisor"
    refusal = await desk.refused("AnomalyService/DismissAnomaly", SUPERVISOR, **which)
    assert refusal.field == "reason"
    done = await ask(desk, "DismissAnomaly", **which, reason="同一小区的样板间")
    assert (done.state, done.reason) == (pb.ANOMALY_STATE_DISMISSED, "同一小区的样板间")
    for method in ("AcknowledgeAnomaly", "DismissAnomaly", "ConfirmAnomaly"):
        refusal = await desk.refused(f"AnomalyService/{method}", SUPERVISOR, **which, **(
            {} if method == "AcknowledgeAnomaly" else {"reason": "再看"}))  # fmt: skip
        assert refusal.reason == "ANOMALY_DECIDED"
    (again,) = await raised(desk, "ad_dismissed")
    assert again.state == pb.ANOMALY_STATE_DISMISSED, "what was dismissed is not raised anew"


@pytest.mark.parametrize(("hours", "frozen"), [(0, 168), (24, 24), (-1, 0)])
async def test_confirming_freezes_as_long_as_is_said(desk: Desk, hours: int, frozen: int) -> None:
    await returned(desk, f"ad_confirmed_{hours}")
    (anomaly,) = await raised(desk, f"ad_confirmed_{hours}")
    done = await ask(desk, "ConfirmAnomaly", anomaly_id=anomaly.anomaly_id, reason="骗补",
                     freeze_hours=hours)  # fmt: skip
    assert done.state == pb.ANOMALY_STATE_CONFIRMED
    until = done.frozen_until.seconds - int(desk.clock.now().timestamp())
    assert (until if done.HasField("frozen_until") else 0) == frozen * 3_600
    too_long = await desk.refused("AnomalyService/ConfirmAnomaly", SUPERVISOR,
        anomaly_id=(await raised_one(desk)).anomaly_id, reason="骗补", freeze_hours=9_000,
    )  # fmt: skip
    assert too_long.field == "freeze_hours"


async def raised_one(desk: Desk) -> pb.Anomaly:
    address_id = f"ad_one_{next(desk.numbers)}"
    await returned(desk, address_id)
    (anomaly,) = await raised(desk, address_id)
    return anomaly


async def test_people_see_what_lies_in_their_regions_and_decide_if_it_is_theirs_to(
    desk: Desk,
) -> None:
    anomaly = await raised_one(desk)
    which: dict[str, Any] = {"anomaly_id": anomaly.anomaly_id}
    (mine, theirs) = [
        {each.anomaly_id for each in (await ask(desk, "ListAnomalies", by)).anomalies}
        for by in (SUPERVISOR, SOUTHERN)
    ]
    assert anomaly.anomaly_id in mine - theirs
    refusal = await desk.refused("AnomalyService/GetAnomaly", SOUTHERN, **which)
    assert refusal.reason == "ANOMALY_UNKNOWN"
    for stranger in (CUSTOMER, technician("pe_zhang")):
        refusal = await desk.refused("AnomalyService/ListAnomalies", stranger)
        assert refusal.reason == "ROLE_REQUIRED"
    refusal = await desk.refused(
        "AnomalyService/ConfirmAnomaly", DISPATCHER, **which, reason="骗补"
    )
    assert refusal.reason == "ROLE_REQUIRED"
    refusal = await desk.refused("AnomalyService/SweepAnomalies", SUPERVISOR)
    assert refusal.reason == "ROLE_REQUIRED"


async def test_a_rule_is_tried_before_it_is_put_and_every_version_stays(desk: Desk) -> None:
    await returned(desk, "ad_tried", 2)
    rule: dict[str, Any] = {
        "kind": "ANOMALY_KIND_REPEATED_RETURNS", "window_hours": 720, "threshold": 2,
        "severity": "ANOMALY_SEVERITY_LOW", "freeze_hours": 48, "freezes_at_once": True,
        "enabled": True,
    }  # fmt: skip
    tried = await ask(desk, "TryAnomalyRule", rule=pb.AnomalyRule(**rule), days=1)
    assert "ad_tried" in {each.subject_id for each in tried.anomalies}
    assert tried.anomaly_count == len(tried.anomalies)
    south = await ask(desk, "TryAnomalyRule", SOUTHERN, rule=pb.AnomalyRule(**rule), days=1)
    assert not south.anomaly_count
    assert not await raised(desk, "ad_tried")
    put = await ask(desk, "PutAnomalyRule", rule=pb.AnomalyRule(**rule))
    (anomaly,) = await raised(desk, "ad_tried")
    assert anomaly.rule_version == put.version
    assert anomaly.frozen_until.seconds == int((desk.clock.now() + timedelta(hours=48)).timestamp())
    versions = await ask(desk, "ListAnomalyRules", kind="ANOMALY_KIND_REPEATED_RETURNS")
    assert [each.version for each in versions.rules][:2] == [put.version, put.version - 1]
    await ask(desk, "PutAnomalyRule", rule=versions.rules[-1])
    in_force = await ask(desk, "ListAnomalyRules")
    assert len(in_force.rules) == 6
    refusal = await desk.refused("AnomalyService/PutAnomalyRule", SUPERVISOR,
        rule=pb.AnomalyRule(**{**rule, "threshold": 1}),
    )  # fmt: skip
    assert (refusal.reason, refusal.field) == ("ANOMALY_RULE_INVALID", "rule.threshold")


async def test_one_technician_at_two_places_at_once(desk: Desk) -> None:
    who = await desk.technician()
    for minutes, arrival in (
        (
            0,
            on_site_pb2.SiteArrival(
                location=Location(longitude=116.46, latitude=39.92), accuracy_m=20
            ),
        ),
        (5, TIANJIN),
    ):
        site = OnSite(desk, await desk.in_progress(who))
        await site.report(site.tell(minutes, check_in=arrival))
    (anomaly,) = await raised(desk, who, "IMPOSSIBLE_TRAVEL")
    shown = await ask(desk, "GetAnomaly", anomaly_id=anomaly.anomaly_id)
    assert {each.measured_against for each in shown.evidence} == {150}
    assert all(100_000 < each.baseline < 120_000 for each in shown.evidence)


async def test_photos_that_others_show_and_visits_outside_the_territory(desk: Desk) -> None:
    who = await desk.technician(territory_codes=["440100"])
    orders = [await desk.in_progress(who) for _ in range(3)]
    for order in orders[:2]:
        site = OnSite(desk, order)
        await site.report(site.tell(1, evidence=photo("d")))
    assert len(await raised(desk, who, "SAME_PHOTO")) == 1
    (outside,) = await raised(desk, who, "OUT_OF_TERRITORY")
    shown = await ask(desk, "GetAnomaly", anomaly_id=outside.anomaly_id)
    assert {each.work_order_id for each in shown.evidence} == {
        order.work_order_id for order in orders
    }


async def approved(desk: Desk, price: int, item_code: str, **fields: Any) -> OnSite:
    """A work order on which the customer has approved one piece of an item."""
    site = OnSite(desk, await desk.in_progress(**fields))
    money = Money(currency="CNY", amount_minor=price)
    line = extra_pb2.ExtraLine(
        item_code=item_code, item_name="加长铜管", catalogue="project_library", quantity=1,
        amount=money, serial_numbers=[f"SN-{item_code}"],
    )  # fmt: skip
    extra = await site.propose(lines=[line], total=money)
    await desk.call("ExtraService/AnswerExtra", CUSTOMER, extra_id=extra.extra_id, approved=True)
    desk.clock.advance(timedelta(minutes=1))
    return site


async def test_an_extra_that_costs_more_than_was_usual_and_a_serial_number_of_elsewhere(
    desk: Desk,
) -> None:
    item = f"AC-{next(desk.numbers)}"
    for _ in range(5):
        await approved(desk, 10_000, item)
    dear = await approved(desk, 15_100, item)
    (overcharge,) = await raised(desk, dear.technician.person_id, "OVERCHARGE")
    shown = await ask(desk, "GetAnomaly", anomaly_id=overcharge.anomaly_id)
    (evidence,) = shown.evidence
    assert (evidence.measured, evidence.baseline, evidence.fact_value) == (151, 10_000, 15_100)
    assert evidence.work_order_id == dear.work_order_id

    serial = f"{item} SN-{item}"
    assert not await raised(desk, serial, "DIVERSION")
    guangzhou = Place(adcode="440106", adcode_path=["440106", "440100", "440000", "CN"])
    there = await desk.technician(territory_codes=["440106"])
    await approved(desk, 10_000, item, technician_id=there, place=guangzhou)
    (diversion,) = await raised(desk, serial, "DIVERSION")
    shown = await ask(desk, "GetAnomaly", SOUTHERN, anomaly_id=diversion.anomaly_id)
    assert {each.place_code for each in shown.evidence} == {"110105", "440106"}
    assert shown.place_code == "440106"
