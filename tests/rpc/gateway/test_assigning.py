"""Dispatch by hand over HTTP and on the command line: somebody is named, or it is dispatched anew."""

from typing import Any

from tests.rpc.gateway.conftest import As
from tests.rpc.gateway.play import fresh_key, offer, sell, task_of, until
from tests.rpc.gateway.test_command_line import Gongdan, gongdan  # noqa: F401 - a fixture


async def candidates(as_: As, work_order_id: str) -> list[str]:
    """Who could go, the best first."""
    chen = as_("pe_chen")
    listed = await chen.get(f"/api/v1/dispatch-decisions?work_order_id={work_order_id}")
    decision_id = listed.json()["decisions"][0]["decision_id"]
    found = await chen.get(f"/api/v1/dispatch-decisions/{decision_id}/candidates")
    return [each["technician_id"] for each in found.json()["candidates"]]


async def holder(as_: As, work_order_id: str, technician_id: str) -> dict[str, Any]:
    """The work order, once this technician has it."""

    async def look() -> dict[str, Any] | None:
        order = (await as_("pe_chen").get(f"/api/v1/work-orders/{work_order_id}")).json()
        return order if order.get("technician_id") == technician_id else None

    return await until(look, f"{technician_id} has {work_order_id}")


async def test_whom_a_dispatcher_names_has_the_work_with_an_earning_of_their_own(as_: As) -> None:
    case_id = await sell(as_)
    order = await offer(as_, case_id)
    work_order_id, first = order["work_order_id"], order["offer"]["technician_id"]
    second = next(each for each in await candidates(as_, work_order_id) if each != first)
    chen = as_("pe_chen")
    path = f"/api/v1/work-orders/{work_order_id}/assign"
    body = {"technician_id": second, "reason": "客户指定"}

    refused = await as_(first).post(path, json=body, headers=fresh_key())
    assert refused.status_code == 403, refused.text
    nameless = await chen.post(path, json={"technician_id": second}, headers=fresh_key())
    assert nameless.status_code == 422
    key = fresh_key()
    done = await chen.post(path, json=body, headers=key)
    assert done.status_code == 200, done.text
    again = await chen.post(path, json=body, headers=key)
    assert again.status_code == 200, "the same act is applied once"

    taken = await holder(as_, work_order_id, second)
    assert taken["state"] == "WORK_ORDER_STATE_ACCEPTED"
    task = await task_of(as_(second), case_id, "install")
    assert task["user_task_kind"] == "visit"
    assert int(task["context"]["earning"]["total"]["amount_minor"]) > 0
    inbox = (await as_(first).get(f"/api/v1/user-tasks?case_id={case_id}&person_id={first}")).json()
    assert inbox["user_tasks"] == []
    acts = (await chen.get(f"/api/v1/cases/{case_id}/acts")).json()["acts"]
    (assigned,) = [act for act in acts if act["verb"] == "assign"]
    assert (assigned["acting_person_id"], assigned["comment"]) == ("pe_chen", "客户指定")


async def test_what_speaks_against_somebody_is_said_and_can_be_overruled(
    as_: As,
    gongdan: Gongdan,  # noqa: F811
) -> None:
    case_id = await sell(as_)
    order = await offer(as_, case_id)
    work_order_id = order["work_order_id"]
    unfit = "pe_far_away"
    put = await as_("pe_zheng").put(
        f"/api/v1/technicians/{unfit}",
        json={
            "display_name": "广州师傅",
            "outlet_id": "ou_beijing",
            "cooperation_mode": "direct",
            "skills": [{"skill_code": "aircon_install", "level": 4}],
            "territory_codes": ["440100"],
            "daily_capacity": 4,
            "active": True,
        },
        headers=fresh_key(),
    )
    assert put.status_code == 200, put.text
    words = ("dispatch", "assign", work_order_id, unfit, "--reason", "只有他在附近")
    warned = await gongdan(*words, "--as", "pe_chen")
    assert warned.exit_code == 1
    assert "DISPATCH_WARNINGS" in warned.stderr
    overruled = await gongdan(*words, "--despite-warnings", "--as", "pe_chen")
    assert overruled.exit_code == 0, overruled.output
    await holder(as_, work_order_id, unfit)


async def test_who_takes_no_work_or_has_a_full_day_is_not_assigned_and_what_to_do_is_said(
    as_: As,
    gongdan: Gongdan,  # noqa: F811
) -> None:
    case_id = await sell(as_)
    work_order_id = (await offer(as_, case_id))["work_order_id"]
    profile = {
        "display_name": "停岗师傅", "outlet_id": "ou_beijing", "cooperation_mode": "direct",
        "skills": [{"skill_code": "aircon_install", "level": 4}], "territory_codes": ["110105"],
    }  # fmt: skip
    for unfit, more, reason, remedy in (
        ("pe_stopped", {"daily_capacity": 4, "active": False}, "TECHNICIAN_INACTIVE", "make them"),
        ("pe_full", {"daily_capacity": 0, "active": True}, "TECHNICIAN_CAPACITY_REACHED", "raise"),
    ):
        put = await as_("pe_zheng").put(
            f"/api/v1/technicians/{unfit}", json={**profile, **more}, headers=fresh_key()
        )
        assert put.status_code == 200, put.text
        words = ("dispatch", "assign", work_order_id, unfit, "--reason", "急", "--as", "pe_chen")
        warned = await gongdan(*words)
        assert "DISPATCH_WARNINGS" in warned.stderr
        assert "请另选师傅" in warned.stderr
        refused = await gongdan(*words, "--despite-warnings")
        assert refused.exit_code == 1
        assert reason in refused.stderr
        assert remedy in refused.stderr


async def test_work_that_was_taken_is_dispatched_anew(
    as_: As,
    gongdan: Gongdan,  # noqa: F811
) -> None:
    case_id = await sell(as_)
    order = await offer(as_, case_id)
    work_order_id, first = order["work_order_id"], order["offer"]["technician_id"]
    second = next(each for each in await candidates(as_, work_order_id) if each != first)
    chen = as_("pe_chen")
    await chen.post(
        f"/api/v1/work-orders/{work_order_id}/assign",
        json={"technician_id": second, "reason": "先派他"},
        headers=fresh_key(),
    )
    await holder(as_, work_order_id, second)
    moved = await gongdan(
        "dispatch", "again", work_order_id, "--reason", "师傅生病", "--release-code",
        "technician_ill", "--as", "pe_chen",
    )  # fmt: skip
    assert moved.exit_code == 0, moved.output

    async def look() -> dict[str, Any] | None:
        found = (await chen.get(f"/api/v1/work-orders/{work_order_id}")).json()
        asked = found.get("offered_technician_ids", [])
        return found if asked and second not in asked else None

    offered = await until(look, "the next one is asked")
    assert offered["state"] == "WORK_ORDER_STATE_OFFERED"


async def test_work_that_no_flow_dispatches_is_not_dispatched_by_one(as_: As) -> None:
    refused = await as_("pe_chen").post(
        "/api/v1/work-orders/wo_nobody/redispatch", json={"reason": "x"}, headers=fresh_key()
    )
    assert refused.status_code == 404
    assert refused.json()["reason"] == "WORK_ORDER_UNKNOWN"
