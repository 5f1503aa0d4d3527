"""`gongdan day-plan`: tomorrow, as a dispatcher plans it."""

import json
from typing import Any

from tests.rpc.gateway.conftest import As
from tests.rpc.gateway.play import fresh_key
from tests.rpc.gateway.test_command_line import Gongdan, gongdan  # noqa: F401 - a fixture

ZONE = "PL-CLI"
PLACE = {
    "adcode": "310115",
    "adcode_path": ["310115", "310100", "310000"],
    "zone_codes": [ZONE],
    "place_name": "上海市浦东新区",
    "zones_known": True,
}
HERE = {"longitude": 121.54, "latitude": 31.22}


async def test_a_day_is_proposed_accepted_pinned_and_read(
    gongdan: Gongdan,  # noqa: F811
    as_: As,
) -> None:
    chen = as_("pe_chen")
    technician = {
        "technician_id": "pe_plan_cli",
        "display_name": "周师傅",
        "cooperation_mode": "direct",
        "territory_codes": [ZONE],
        "home": HERE,
        "daily_capacity": 4,
        "active": True,
        "skills": [{"skill_code": "plan_cli", "level": 3}],
    }
    put = await chen.put("/api/v1/technicians/pe_plan_cli", json=technician, headers=fresh_key())
    assert put.status_code == 200, put.text
    work_orders = []
    for number in range(2):
        made = await chen.post(
            "/api/v1/work-orders",
            json={
                "stage": "install",
                "title": f"安装{number}",
                "customer_id": "cu_plan",
                "address_id": f"ad_{number}",
                "place": PLACE,
                "location": {**HERE, "latitude": 31.22 + number / 100},
                "required_skills": ["plan_cli"],
                "lines": [{"item_code": "x", "name": "安装", "quantity": 1}],
            },
            headers=fresh_key(),
        )
        assert made.status_code == 200, made.text
        work_orders.append(made.json()["work_order_id"])

    async def said(*arguments: str, by: str = "pe_chen") -> str:
        done = await gongdan("day-plan", *arguments, "--as", by)
        assert done.exit_code == 0, done.output
        return done.stdout

    async def answer(*arguments: str) -> Any:
        return json.loads(await said(*arguments, "--json"))

    plan = await answer("propose", "--region", ZONE, "--milliseconds", "300")
    assert plan["change_count"] == 2
    shown = await said("show", plan["day_plan_id"])
    assert "派给" in shown
    assert "周师傅" in shown
    assert "1 accepted" in await said("accept", plan["day_plan_id"], work_orders[0])
    assert "1 accepted" in await said("accept", plan["day_plan_id"])
    assert plan["day_plan_id"] in await said("list", "--day", plan["day"])
    route = await said("route", plan["day"], "--technician", "pe_plan_cli")
    assert route.index(work_orders[0]) > 0
    assert "客户点名" in await said("pin", work_orders[0], "--reason", "客户点名")
    assert "客户点名" not in await said("unpin", work_orders[0])
    assert "没有" in await said("route", plan["day"], "--affected")
    again = await answer("propose", plan["day"], "--region", ZONE, "--milliseconds", "200")
    assert again["change_count"] == 0
    await said("discard", again["day_plan_id"])
    done = await gongdan("day-plan", "accept", again["day_plan_id"], "--as", "pe_chen")
    assert "DAY_PLAN_DISCARDED" in done.output
