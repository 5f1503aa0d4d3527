"""A part that is issued in one city and fitted in another has gone astray."""

import pytest

from kit.authn import SYSTEM
from protos.common.v1.place_pb2 import Place
from protos.workorder.v1 import anomaly_pb2, part_pb2, stock_pb2
from tests.rpc.workorder.stock.conftest import Yard
from tests.rpc.workorder.stock.test_part_uses import used

GUANGZHOU = Place(adcode="440106", adcode_path=["440106", "440100", "440000", "CN"])


async def lies_in(yard: Yard, *place_codes: str) -> None:
    """Zhang's vehicle is of these places from now on."""
    room = stock_pb2.Stockroom(
        stockroom_id=yard.van,
        kind=stock_pb2.STOCKROOM_KIND_VEHICLE,
        name=yard.van,
        outlet_id=yard.zhang.outlet_id,
        technician_id=yard.zhang.person_id,
        place_codes=place_codes,
        active=True,
    )
    await yard.call("StockService/PutStockroom", SYSTEM, stockroom=room)


async def fitted(yard: Yard, serial: str) -> part_pb2.PartUse:
    """A pump from Zhang's vehicle in an appliance in Guangzhou."""
    await yard.receive(yard.pump, 1, 90_000, serial, room=yard.van)
    await yard.desk.technician(technician_id=yard.zhang.person_id, territory_codes=["440106"])
    order = await yard.desk.in_progress(yard.zhang.person_id, place=GUANGZHOU)
    part = part_pb2.UsedPart(item_code=yard.pump, quantity=1, serial_numbers=[serial])
    use: part_pb2.PartUse = await yard.call(
        "PartService/UseParts", yard.zhang, **used(yard, order.work_order_id, part)
    )
    return use


async def diverted(yard: Yard, serial: str) -> list[anomaly_pb2.Anomaly]:
    await yard.call("AnomalyService/SweepAnomalies", SYSTEM)
    listed = await yard.call(
        "AnomalyService/ListAnomalies", SYSTEM, kind=anomaly_pb2.ANOMALY_KIND_DIVERSION
    )
    return [each for each in listed.anomalies if each.subject_id == f"{yard.pump} {serial}"]


async def test_a_unit_of_beijings_stockroom_that_is_fitted_in_guangzhou_is_raised(
    yard: Yard,
) -> None:
    await lies_in(yard, "110105")
    use = await fitted(yard, "SN1")
    (anomaly,) = await diverted(yard, "SN1")
    assert anomaly.place_code == "440106", "where it was fitted is frozen"
    assert anomaly.technician_id == yard.zhang.person_id
    shown = await yard.call("AnomalyService/GetAnomaly", SYSTEM, anomaly_id=anomaly.anomaly_id)
    assert [(each.fact_id, each.place_code) for each in shown.evidence] == [
        (f"issue:{use.part_use_id}:SN1", "110100"),
        (f"{use.part_use_id}:SN1", "440106"),
    ]


@pytest.mark.parametrize(
    "place_codes", [["440105"], ["440100", "110100"], ["440000"], ["GZ-EAST"], []]
)
async def test_a_stockroom_of_the_same_city_its_province_or_nowhere_is_not_elsewhere(
    yard: Yard, place_codes: list[str]
) -> None:
    await lies_in(yard, *place_codes)
    await fitted(yard, "SN1")
    assert not await diverted(yard, "SN1")


async def test_what_was_recorded_by_mistake_is_no_evidence(yard: Yard) -> None:
    await lies_in(yard, "110000")
    use = await fitted(yard, "SN1")
    await yard.call("PartService/ReversePartUse", part_use_id=use.part_use_id, reason="录错工单")
    assert not await diverted(yard, "SN1")
