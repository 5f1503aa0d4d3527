"""`gongdan work-order`: the desk on the command line, and work orders as a workbook."""

import io
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
from openpyxl import load_workbook

from tests.gateway_server import WholeProduct
from tests.rpc.gateway.conftest import As
from tests.rpc.gateway.test_command_line import Gongdan, gongdan  # noqa: F401 - a fixture
from tests.rpc.gateway.test_pages import enter

TEMPLATE = {
    "label": "门锁维修",
    "stage": "aftersale",
    "title": "智能门锁维修",
    "lines": [{"item_code": "lock_repair", "name": "门锁维修", "quantity": 1}],
    "required_fields": ["floor"],
    "due_within_minutes": 120,
}


async def _template(gongdan: Gongdan, folder: Path, code: str) -> None:  # noqa: F811
    file = folder / "template.json"
    file.write_text(json.dumps(TEMPLATE))
    put = await gongdan("work-order", "put-template", code, str(file))
    assert "门锁维修" in put.stdout, put.output


async def test_the_desk_keeps_a_work_order_in_order(gongdan: Gongdan, tmp_path: Path) -> None:  # noqa: F811
    await _template(gongdan, tmp_path, "lock_repair")
    assert "lock_repair" in (await gongdan("work-order", "templates")).stdout
    missing = await gongdan(
        "work-order", "create", "lock_repair", "--customer", "cu_cli", "--adcode", "110105"
    )
    assert missing.exit_code == 1
    assert "WORK_ORDER_FIELDS_MISSING" in missing.stderr
    made = await gongdan(
        "work-order", "create", "lock_repair", "--customer", "cu_cli", "--adcode", "110105",
        "--floor", "7", "--json",
    )  # fmt: skip
    assert made.exit_code == 0, made.output
    order = json.loads(made.stdout)["work_order_id"]
    urgent = await gongdan("work-order", "priority", order, "1", "--reason", "老人独居")
    assert "老人独居" in urgent.stdout, urgent.output
    changed = await gongdan("work-order", "change", order, "--floor", "9", "--reason", "更正")
    assert "9" in changed.stdout
    stale = await gongdan(
        "work-order", "change", order, "--floor", "8", "--reason", "更正", "--revision", "1"
    )
    assert "WORK_ORDER_REVISION_STALE" in stale.stderr
    listed = await gongdan(
        "work-order", "list", "智能门锁", "--state", "open", "--sort", "priority"
    )
    assert order in listed.stdout, listed.output
    history = await gongdan("work-order", "changes", order)
    assert "set_priority" in history.stdout, history.output
    part = await gongdan("work-order", "link", order, "part-of", "--reason", "另派一人", "--json")
    assert part.exit_code == 0, part.output
    child = json.loads(part.stdout)["work_order_id"]
    assert child in (await gongdan("work-order", "list", "--parent", order)).stdout
    assert (await gongdan("work-order", "suggest", order)).exit_code == 0
    off = await gongdan(
        "work-order", "cancel", order, "--code", "duplicate", "--reason", "与另一张重复"
    )
    assert "与另一张重复" in off.stdout, off.output


async def test_all_work_orders_are_counted(gongdan: Gongdan) -> None:  # noqa: F811
    for command in ("board", "figures", "forecast"):
        shown = await gongdan("work-order", command)
        assert shown.exit_code == 0, shown.output
    by_region = await gongdan("work-order", "board", "--by", "region", "--json")
    assert "counts" in json.loads(by_region.stdout)


async def test_rules_are_put_on_top_of_those_that_were_read(
    gongdan: Gongdan,  # noqa: F811
    tmp_path: Path,
) -> None:
    read = json.loads((await gongdan("work-order", "rules", "--json")).stdout)
    file = tmp_path / "rules.json"
    rule = {
        "rule_code": "leak_first",
        "reason": "漏水优先",
        "condition": {"keywords": ["漏水"]},
        "priority": 1,
    }
    file.write_text(json.dumps({**read, "rules": [rule], "reason": "雨季"}))
    put = await gongdan("work-order", "put-rules", str(file))
    assert "漏水优先" in put.stdout, put.output
    again = await gongdan("work-order", "put-rules", str(file))
    assert "INTAKE_RULES_STALE" in again.stderr


async def test_the_page_of_a_work_order_without_a_case_leads_to_none(
    product: WholeProduct,
    gongdan: Gongdan,  # noqa: F811
    tmp_path: Path,
) -> None:
    await _template(gongdan, tmp_path, "lock_page")
    made = await gongdan(
        "work-order", "create", "lock_page", "--customer", "cu_page", "--adcode", "110105",
        "--floor", "3", "--json",
    )  # fmt: skip
    order = json.loads(made.stdout)["work_order_id"]
    async with product.visitor() as visitor:
        await enter(visitor, "pe_chen")
        page = (await visitor.get(f"/work-orders/{order}")).text
    assert "现场记录" in page
    assert "打开个案" not in page


async def test_a_list_is_a_workbook_too(as_: As, gongdan: Gongdan, tmp_path: Path) -> None:  # noqa: F811
    await _template(gongdan, tmp_path, "lock_export")
    made = await gongdan(
        "work-order", "create", "lock_export", "--customer", "cu_export", "--adcode", "110105",
        "--floor", "3", "--json",
    )  # fmt: skip
    order = json.loads(made.stdout)["work_order_id"]
    answer = await as_().get(
        "/api/v1/exports/work-orders.xlsx", params={"customer_id": "cu_export"}
    )
    assert answer.status_code == 200, answer.text
    sheet = load_workbook(io.BytesIO(answer.content))["work-orders"]
    rows = list(sheet.iter_rows(values_only=True))
    assert [row[0] for row in rows[1:]] == [order]
    csv = await as_().get("/api/v1/exports/work-orders.csv", params={"customer_id": "cu_export"})
    assert order in csv.text


async def test_the_board_is_told_again_when_it_changes_and_only_then(
    live: httpx.AsyncClient,
    gongdan: Gongdan,  # noqa: F811
    tmp_path: Path,
) -> None:
    await _template(gongdan, tmp_path, "lock_live")
    path, wanted = "/api/v1/work-order-board/events", {"region_code": "650000"}
    async with live.stream("GET", path, params=wanted) as answer:
        told = _told(answer)
        empty = await anext(told)
        assert empty["board"]["open_count"] == 0
        await gongdan(
            "work-order", "create", "lock_live", "--customer", "cu_live", "--adcode", "650102",
            "--floor", "3",
        )  # fmt: skip
        changed = await anext(told)
        assert changed["board"]["open_count"] == 1
    async with live.stream(
        "GET", path, params=wanted, headers={"Last-Event-ID": empty["id"]}
    ) as answer:
        assert (await anext(_told(answer)))["id"] == changed["id"]


async def _told(answer: httpx.Response) -> AsyncIterator[dict[str, Any]]:
    event: dict[str, Any] = {}
    async for line in answer.aiter_lines():
        name, _, value = line.partition(": ")
        if name == "id":
            event["id"] = value
        if name == "data":
            event["board"] = json.loads(value)
        if not line and "board" in event:
            yield event
            event = {}
