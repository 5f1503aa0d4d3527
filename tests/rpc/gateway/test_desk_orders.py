"""A work order that was taken in without a case: quoted, dispatched, done, accepted."""

from typing import Any

from tests.rpc.gateway.conftest import As
from tests.rpc.gateway.play import fresh_key, task_of, until


async def taken_in(as_: As) -> dict[str, Any]:
    """A work order from the desk."""
    customer = (await as_("pe_chen").get("/api/v1/customers/cu_inside")).json()
    address = customer["addresses"][0]
    body = {
        "stage": "install",
        "title": "加装一台空调",
        "customer_id": "cu_inside",
        "address_id": address["address_id"],
        "place": {"adcode": "110105"},
        "lines": [{"item_code": "AC-INSTALL-STD", "name": "标准空调安装", "quantity": 1}],
        "required_skills": ["aircon_install"],
        "source": "WORK_ORDER_SOURCE_FORM",
    }
    made = await as_("pe_chen").post("/api/v1/work-orders", json=body, headers=fresh_key())
    assert made.status_code in (200, 201), made.text
    order: dict[str, Any] = made.json()
    assert order.get("case_id", "") == ""
    return order


async def test_a_work_order_from_the_desk_is_dispatched_once(as_: As) -> None:
    order = await taken_in(as_)
    work_order_id = order["work_order_id"]
    chen = as_("pe_chen")
    path = f"/api/v1/work-orders/{work_order_id}"
    by_a_technician = await as_("pe_zhang").post(f"{path}/dispatch", json={}, headers=fresh_key())
    assert by_a_technician.status_code in (403, 404)
    nowhere = {"price_book_code": "nowhere"}
    unknown = await chen.post(f"{path}/dispatch", json=nowhere, headers=fresh_key())
    assert unknown.status_code == 404, unknown.text
    started = await chen.post(f"{path}/dispatch", json={}, headers=fresh_key())
    assert started.status_code == 201, started.text
    case_id = started.json()["case_id"]

    async def offered() -> dict[str, Any] | None:
        found: dict[str, Any] = (await chen.get(path)).json()
        return found if found.get("offered_technician_ids") else None

    asked = await until(offered, "somebody is asked")
    assert asked["case_id"] == case_id
    assert asked["quote_id"]
    assert "110000" in asked["place"]["adcode_path"]
    technician = asked["offered_technician_ids"][0]
    task = await task_of(as_(technician), case_id, "work")
    assert int(task["context"]["earning"]["total"]["amount_minor"]) > 0
    taken = await as_(technician).post(f"{path}/accept", json={}, headers=fresh_key())
    assert taken.status_code == 200, taken.text

    again = await chen.post(f"{path}/dispatch", json={}, headers=fresh_key())
    assert again.status_code == 409
    assert again.json()["reason"] == "WORK_ORDER_CASE_TAKEN"
