"""Cases over HTTP: started once, acted on by those who may, followed live."""

import json
import secrets
from typing import Any

import httpx

from tests.rpc.gateway.conftest import As
from tests.rpc.gateway.play import (
    NEEDS,
    act,
    fresh_key,
    offer,
    sell,
    start,
    task_of,
    until,
)
from tests.rpc.gateway.test_problems import problem


async def test_the_same_key_starts_one_case(as_: As, key: dict[str, str]) -> None:
    assert await start(as_, key) == await start(as_, key)


async def test_wrong_inputs_start_nothing(as_: As, key: dict[str, str]) -> None:
    body = {"flow_code": "aircon_install", "inputs": {"customer_id": "cu_inside"}}
    refused = await as_("pe_wang").post("/api/v1/cases", json=body, headers=key)
    told = problem(refused, 422, "CASE_FORM_INVALID", "form.address_id")
    assert set(told["details"]) == {"address_id", "region_adcode"}


async def test_a_flow_that_is_not_published_starts_nothing(as_: As, key: dict[str, str]) -> None:
    refused = await as_("pe_wang").post("/api/v1/cases", json={"flow_code": "x"}, headers=key)
    problem(refused, 404, "FLOW_UNKNOWN", "flow_code")


async def test_an_act_is_decided_at_once_and_a_refusal_changes_nothing(as_: As) -> None:
    case_id = await start(as_)
    stranger = as_("pe_li")
    task = await task_of(as_("pe_wang"), case_id, "intake")
    body: dict[str, Any] = {"user_task_id": "intake/1", "verb": "complete", "form": NEEDS}
    path = f"/api/v1/cases/{case_id}/acts"
    refused = await stranger.post(path, json=body, headers=fresh_key())
    assert refused.json()["reason"] == "CASE_TASK_NOT_YOURS"
    wrong = body | {"form": NEEDS | {"floor": "high"}}
    refused = await as_("pe_wang").post(path, json=wrong, headers=fresh_key())
    told = problem(refused, 422, "CASE_FORM_INVALID", "form.floor")
    assert list(told["details"]) == ["floor"]
    stale = body | {"revision": task["revision"] + 5}
    refused = await as_("pe_wang").post(path, json=stale, headers=fresh_key())
    assert refused.json()["reason"] == "CASE_REVISION_STALE"
    assert (await task_of(as_("pe_wang"), case_id, "intake"))["revision"] == task["revision"]


async def test_an_act_of_an_unknown_shape_is_refused_by_name(as_: As) -> None:
    case_id = await start(as_)
    body = {"verb": "complete", "colour": "red"}
    refused = await as_("pe_wang").post(
        f"/api/v1/cases/{case_id}/acts", json=body, headers=fresh_key()
    )
    problem(refused, 422, "FIELD_MALFORMED", "colour")


async def test_who_did_what_is_kept_with_where_it_came_from(as_: As) -> None:
    case_id = await start(as_)
    await act(as_("pe_wang"), case_id, "intake", "complete", **NEEDS)

    async def look() -> list[dict[str, Any]] | None:
        acts: list[dict[str, Any]] = (
            await as_("pe_chen").get(f"/api/v1/cases/{case_id}/acts")
        ).json()["acts"]
        return acts or None

    [done] = await until(look, "the act to be recorded")
    assert (done["acting_person_id"], done["verb"], done["origin"]) == (
        "pe_wang",
        "complete",
        "cli",
    )


async def test_the_customer_sees_the_fee_list_and_never_the_settlement_price(as_: As) -> None:
    case_id = await sell(as_)
    path = f"/api/v1/cases/{case_id}/quote"
    theirs = (await as_("cu_inside").get(path)).json()
    assert theirs["total"] == {"currency": "CNY", "amount_minor": 28_800}
    assert [step["amount_after"]["amount_minor"] for step in theirs["lines"][0]["steps"]] == [
        20_000,
        24_000,
        28_800,
    ]
    assert "settlement_total" not in theirs
    assert "settlement" not in json.dumps({**theirs["lines"][0], "settlement_steps": []}).replace(
        "settlement_steps", ""
    )
    stranger = await as_("cu_outside").get(path)
    problem(stranger, 404, "CASE_UNKNOWN", "case_id")
    finance = (await as_("pe_qian").get(path)).json()
    assert finance["settlement_total"] == {"currency": "CNY", "amount_minor": 17_280}


async def test_there_is_no_quote_before_it_is_made(as_: As) -> None:
    case_id = await start(as_)
    await task_of(as_("pe_wang"), case_id, "intake")
    refused = await as_("pe_wang").get(f"/api/v1/cases/{case_id}/quote")
    problem(refused, 404, "QUOTE_NOT_MADE", "case_id")


async def test_a_technician_acts_on_the_work_order_and_the_field_work_decides(as_: As) -> None:
    case_id = await sell(as_)
    order = await offer(as_, case_id)
    order_id, technician_id = order["work_order_id"], order["offer"]["technician_id"]
    path = f"/api/v1/work-orders/{order_id}"
    other = "pe_liu" if technician_id == "pe_zhang" else "pe_zhang"
    technician = as_(technician_id)
    await task_of(technician, case_id, "install")
    refused = await as_(other).post(f"{path}/accept", json={}, headers=fresh_key())
    assert refused.status_code in (403, 404), refused.text
    early = await technician.post(f"{path}/check-in", json={}, headers=fresh_key())
    assert early.json()["reason"] == "CASE_VERB_ILLEGAL"
    accepted = await technician.post(f"{path}/accept", json={}, headers=fresh_key())
    assert accepted.status_code == 200, accepted.text
    assert (await technician.get(path)).json()["state"] == "WORK_ORDER_STATE_ACCEPTED"
    form = {"window_start": "tomorrow", "window_end": "later"}
    wrong = await technician.post(f"{path}/schedule", json={"form": form}, headers=fresh_key())
    assert wrong.json()["field"] == "form.window_start"
    theirs = (await as_("cu_inside").get(path)).json()
    assert len(theirs["completion_code"]) == 6
    assert (await technician.get(path)).json()["completion_code"] == ""


async def test_an_act_on_a_work_order_is_answered_again_though_the_offer_is_over(as_: As) -> None:
    case_id = await sell(as_)
    offered = await offer(as_, case_id)
    technician = as_(offered["offer"]["technician_id"])
    path = f"/api/v1/work-orders/{offered['work_order_id']}/decline"
    await task_of(technician, case_id, "install")
    once = fresh_key()
    declined = await technician.post(path, json={"comment": "太远"}, headers=once)
    assert declined.status_code == 200, declined.text
    again = await technician.post(path, json={"comment": "太远"}, headers=once)
    assert again.status_code == 200, again.text
    on_the_case = await technician.post(
        f"/api/v1/cases/{case_id}/acts",
        json={"user_task_id": "install/1/offer/1", "verb": "decline"},
        headers=once,
    )
    assert on_the_case.status_code == 200, on_the_case.text
    other = await technician.post(path, json={"comment": "太远"}, headers=fresh_key())
    assert other.status_code in (404, 409), other.text


async def test_an_offer_of_nobodys_is_no_offer(as_: As) -> None:
    refused = await as_("pe_zhang").post(
        "/api/v1/work-orders/wo_x/accept", json={}, headers=fresh_key()
    )
    problem(refused, 404, "WORK_ORDER_UNKNOWN", "work_order_id")


async def _events(
    client: httpx.AsyncClient, case_id: str, last: str = "", count: int = 1
) -> list[tuple[str, dict[str, Any]]]:
    """The first events of a stream, each with its id."""
    headers = {"Last-Event-ID": last} if last else {}
    found: list[tuple[str, dict[str, Any]]] = []
    event_id = ""
    path = f"/api/v1/cases/{case_id}/events"
    async with client.stream("GET", path, headers=headers) as response:
        assert response.headers["content-type"].startswith("text/event-stream")
        async for line in response.aiter_lines():
            if line.startswith("id:"):
                event_id = line.removeprefix("id:").strip()
            if line.startswith("data:"):
                found.append((event_id, json.loads(line.removeprefix("data:"))))
                if len(found) == count:
                    break
    return found


async def test_a_case_is_followed_live_and_a_stream_goes_on_where_it_broke_off(
    live: httpx.AsyncClient, as_: As
) -> None:
    case_id = await start(as_)
    await task_of(as_("pe_wang"), case_id, "intake")
    [(first, told)] = await _events(live, case_id)
    assert [task["node"] for task in told["user_tasks"]] == ["intake"]
    await act(as_("pe_wang"), case_id, "intake", "complete", **NEEDS)
    await task_of(as_("pe_li"), case_id, "measure")
    [(second, told)] = await _events(live, case_id, last=first)
    assert second != first
    assert [task["node"] for task in told["user_tasks"]] == ["measure"]


async def test_a_stream_of_a_case_that_is_not_there_is_refused_before_it_begins(as_: As) -> None:
    refused = await as_("pe_wang").get(f"/api/v1/cases/ca_{secrets.token_hex(4)}/events")
    problem(refused, 404, "CASE_UNKNOWN", "case_id")


async def test_a_case_can_be_sent_back(as_: As) -> None:
    case_id = await start(as_)
    await act(as_("pe_wang"), case_id, "intake", "complete", **NEEDS)
    task = await task_of(as_("pe_li"), case_id, "measure")
    assert {each["node"] for each in task["context"]["send_back_to"]} == {"intake"}
    body = {"user_task_id": task["user_task_id"], "verb": "reject", "to": "intake"}
    done = await as_("pe_li").post(
        f"/api/v1/cases/{case_id}/acts", json=body | {"comment": "楼层?"}, headers=fresh_key()
    )
    assert done.status_code == 200, done.text
    again = await task_of(as_("pe_wang"), case_id, "intake")
    assert again["user_task_id"] == "intake/2"
