"""`gongdan appointment` and `gongdan maintenance` on the command line, over the API."""

import json
from datetime import date, timedelta

from tests.rpc.gateway.conftest import As
from tests.rpc.gateway.test_command_line import Gongdan, gongdan  # noqa: F401 - a fixture

#: Far enough ahead for every zone of the clock, near enough to be open.
DAY = date.today() + timedelta(days=5)  # noqa: DTZ011 - any day soon will do
ZONE = "CLI-ZONE"


async def order_of(as_: As, key: dict[str, str], **fields: object) -> str:
    body = {
        "case_id": "ca_cli",
        "stage": "install",
        "title": "空调安装",
        "customer_id": "cu_cli",
        "place": {"adcode": "110105", "adcode_path": ["110105", "CN"], "zone_codes": [ZONE]},
        "lines": [{"item_code": "aircon_standard", "name": "空调安装", "quantity": 1}],
        **fields,
    }
    answer = await as_().post("/api/v1/work-orders", json=body, headers=key)
    assert answer.status_code == 200, answer.text
    work_order_id = answer.json()["work_order_id"]
    assert isinstance(work_order_id, str)
    return work_order_id


async def test_an_appointment_is_reserved_confirmed_moved_and_answered(
    gongdan: Gongdan,  # noqa: F811
    as_: As,
    key: dict[str, str],
) -> None:
    order = await order_of(as_, key)
    put = await gongdan(
        "appointment", "calendar", "put", ZONE, "1-7/09:00-11:00=1", "1-7/11:00-13:00=1"
    )
    assert put.exit_code == 0, put.output
    assert "7/11:00-13:00=1" in put.stdout
    slots = await gongdan("appointment", "slots", "--work-order", order, "--from", f"{DAY}")
    assert f"{DAY} 09:00" in slots.stdout, slots.output
    held = await gongdan("appointment", "reserve", order, f"{DAY}T09:00", "--json")
    assert held.exit_code == 0, held.output
    reservation = json.loads(held.stdout)["reservation_id"]
    confirmed = await gongdan("appointment", "confirm", reservation)
    assert "已确认" in confirmed.stdout, confirmed.output
    answered = await gongdan(
        "appointment", "answer", order, "another-time", "--comment", "周末才在家"
    )
    assert "希望改时间" in answered.stdout, answered.output
    moved = await gongdan(
        "appointment", "reschedule", order, f"{DAY}T11:00",
        "--because", "customer-unavailable", "--blame", "customer", "--reason", "出差",
    )  # fmt: skip
    assert f"{DAY} 11:00 – 13:00" in moved.stdout, moved.output
    shown = await gongdan("appointment", "show", order)
    assert "客户没空 customer unavailable 出差" in shown.stdout.replace("[dim]", ""), shown.output
    listed = await gongdan("appointment", "reservations", "--work-order", order, "--json")
    states = [each["state"] for each in json.loads(listed.stdout)["reservations"]]
    assert states == ["SLOT_RESERVATION_STATE_CONFIRMED", "SLOT_RESERVATION_STATE_RELEASED"]
    lowered = await gongdan("appointment", "calendar", "put", ZONE, "1-7/11:00-13:00=0")
    assert lowered.exit_code == 0
    overbooked = await gongdan("appointment", "overbooked", "--territory", ZONE)
    assert f"{DAY} 11:00" in overbooked.stdout, overbooked.output
    current = json.loads(
        (await gongdan("appointment", "show", order, "--json")).stdout
    )["reservation"]["reservation_id"]  # fmt: skip
    released = await gongdan("appointment", "release", current, "--reason", "排错了")
    assert "已释放" in released.stdout


async def test_days_differ_and_slots_that_are_written_wrong_are_refused(gongdan: Gongdan) -> None:  # noqa: F811
    closed = await gongdan(
        "appointment",
        "calendar",
        "close",
        "CLI-OTHER",
        f"{DAY}",
        "--at",
        "09:00",
        "--reason",
        "盘点",
    )
    assert "停约" in closed.stdout, closed.output
    opened = await gongdan(
        "appointment", "calendar", "open", "CLI-OTHER", f"{DAY}", "--extra", "2", "--reason", "加人"
    )
    assert "+2" in opened.stdout, opened.output
    withdrawn = await gongdan(
        "appointment", "calendar", "withdraw", "CLI-OTHER", f"{DAY}", "--reason", "不加了"
    )
    assert "撤回" in withdrawn.stdout
    days = await gongdan("appointment", "calendar", "days", "--territory", "CLI-OTHER")
    assert [line.split()[0][:3] for line in days.stdout.splitlines() if "so_" in line] == [
        "so_"
    ] * 3
    wrong = await gongdan("appointment", "calendar", "put", "CLI-OTHER", "monday")
    assert wrong.exit_code != 0
    assert "1-5/09:00-11:00=4" in wrong.output
    listed = await gongdan("appointment", "calendar", "list", "--territory", "CLI-OTHER")
    assert "没有" in listed.stdout
    full = await gongdan("appointment", "slots", "--place", "CLI-OTHER")
    assert "没有" in full.stdout


async def test_a_maintenance_plan_is_made_looked_at_paused_and_ended(gongdan: Gongdan) -> None:  # noqa: F811
    days = await gongdan(
        "maintenance", "preview", "--first", "2027-12-31", "--unit", "month", "--count", "3"
    )
    assert "2028-02-29" in days.stdout, days.output
    made = await gongdan(
        "maintenance", "create", "中央空调季度保养", "--customer", "cu_cli", "--adcode", "110105",
        "--flow", "aircon_install", "--first", "2098-12-31", "--every", "3", "--count", "8",
        "--item", "aircon_maintenance=2", "--contract", "HT-2026-118", "--input", "channel=contract",
        "--tell", "due_on=due_on", "--json",
    )  # fmt: skip
    assert made.exit_code == 0, made.output
    plan = json.loads(made.stdout)
    assert plan["next_visit_on"] == "2098-12-31"
    assert plan["flow_inputs"] == {"channel": "contract"}
    assert plan["visit_inputs"] == [{"input": "due_on", "fact": "VISIT_FACT_DUE_ON"}]
    listed = await gongdan("maintenance", "list", "--customer", "cu_cli")
    assert plan["plan_id"] in listed.stdout
    paused = await gongdan("maintenance", "pause", plan["plan_id"], "--reason", "客户装修")
    assert "已暂停" in paused.stdout, paused.output
    resumed = await gongdan("maintenance", "resume", plan["plan_id"])
    assert "执行中" in resumed.stdout, resumed.output
    to_come = await gongdan("maintenance", "preview", "--plan", plan["plan_id"])
    assert "2099-03-31" in to_come.stdout
    ended = await gongdan("maintenance", "end", plan["plan_id"], "--reason", "合同终止")
    assert "已结束" in ended.stdout
    shown = await gongdan("maintenance", "show", plan["plan_id"])
    assert "客户装修" in shown.stdout
    assert "没有" in (await gongdan("maintenance", "visits", "--plan", plan["plan_id"])).stdout
    unknown = await gongdan("maintenance", "skip", "mv_x", "--reason", "拆除")
    assert "MAINTENANCE_VISIT_UNKNOWN" in unknown.stderr
    wrong = await gongdan(
        "maintenance", "create", "x", "--customer", "cu_cli", "--adcode", "110105",
        "--flow", "f", "--first", "2098-12-31", "--item", "aircon=many",
    )  # fmt: skip
    assert wrong.exit_code != 0
