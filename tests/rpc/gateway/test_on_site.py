"""On site over HTTP and on the command line: a phone's report, photos, extras priced and tapped."""

import io
import json
import re
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from PIL import Image

from tests.gateway_server import WholeProduct
from tests.rpc.gateway.conftest import As
from tests.rpc.gateway.play import fresh_key, offer, sell, task_of
from tests.rpc.gateway.test_command_line import Gongdan, gongdan  # noqa: F401 - a fixture
from tests.rpc.gateway.test_pages import enter, hidden

Accepted = Callable[[], Awaitable[tuple[str, str]]]


def picture(turned: int = 0, tone: int = 0) -> bytes:
    """A photo of a wall that grows lighter."""
    shades = Image.linear_gradient("L").rotate(turned).point(lambda value: min(255, value + tone))
    written = io.BytesIO()
    shades.convert("RGB").save(written, "JPEG")
    return written.getvalue()


@pytest.fixture
def accepted(as_: As) -> Accepted:
    async def make() -> tuple[str, str]:
        """A work order that its technician has accepted, and who that is."""
        case_id = await sell(as_)
        order = await offer(as_, case_id)
        technician_id = order["offer"]["technician_id"]
        await task_of(as_(technician_id), case_id, "install")
        done = await as_(technician_id).post(
            f"/api/v1/work-orders/{order['work_order_id']}/accept", json={}, headers=fresh_key()
        )
        assert done.status_code == 200, done.text
        return str(order["work_order_id"]), str(technician_id)

    return make


async def report(
    client: httpx.AsyncClient, work_order_id: str, *acts: dict[str, Any]
) -> dict[str, Any]:
    now = datetime.now(UTC).isoformat()
    commands = [
        {"command_id": f"phone.{fresh_key()['Idempotency-Key']}", "occurred_at": now, **act}
        for act in acts
    ]
    answer = await client.post(
        f"/api/v1/work-orders/{work_order_id}/on-site/reports",
        json={"device_id": "phone-7", "sent_at": now, "commands": commands},
        headers=fresh_key(),
    )
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


def evidence(file_id: str) -> dict[str, Any]:
    return {"evidence": {"kind": "EVIDENCE_KIND_BEFORE", "file_id": file_id, "sha256": "0" * 64}}


async def test_the_gateway_says_what_a_reported_file_is_whatever_the_phone_says(
    as_: As, accepted: Accepted
) -> None:
    order, technician = await accepted()
    phone = as_(technician)
    uploaded = await phone.post("/api/v1/files", content=picture())
    file_id = uploaded.json()["file_id"]
    told = await report(
        phone, order, evidence(file_id), evidence("fl_00000000000000000000000000.jpg")
    )
    assert [each["outcome"] for each in told["standings"]] == [
        "COMMAND_OUTCOME_APPLIED", "COMMAND_OUTCOME_REFUSED",
    ]  # fmt: skip
    assert told["standings"][1]["reason"] == "EVIDENCE_FILE_UNKNOWN"
    record = (await as_("pe_chen").get(f"/api/v1/work-orders/{order}/on-site")).json()
    kept = [each["command"]["evidence"] for each in record["entries"]
            if each["command"].get("evidence", {}).get("file_id") == file_id]  # fmt: skip
    assert kept[0]["sha256"] not in ("", "0" * 64)
    assert len(kept[0]["perceptual_hash"]) == 16


async def test_a_photo_that_was_shown_before_is_flagged_for_the_office(
    as_: As, accepted: Accepted
) -> None:
    (first, zhang), (second, other) = await accepted(), await accepted()
    same = await as_(zhang).post("/api/v1/files", content=picture(45))
    again = await as_(other).post("/api/v1/files", content=picture(45))
    assert same.json()["file_id"] != again.json()["file_id"]
    await report(as_(zhang), first, evidence(same.json()["file_id"]))
    told = await report(as_(other), second, evidence(again.json()["file_id"]))
    assert told["standings"][0]["flags"] == ["ON_SITE_FLAG_KIND_SAME_PHOTO"]
    listed = await as_("pe_chen").get(f"/api/v1/on-site-flags?work_order_id={second}")
    (flag,) = listed.json()["flags"]
    assert flag["other_work_order_id"] == first
    hidden = await as_("cu_inside").get("/api/v1/on-site-flags")
    assert hidden.status_code == 403


async def test_an_extra_is_priced_by_the_library_and_answered_by_the_customers_tap(
    as_: As, accepted: Accepted
) -> None:
    order, technician = await accepted()
    path = f"/api/v1/work-orders/{order}/on-site/extras"
    body = {"items": [{"item_code": "AC-INSTALL-HIGH"}], "note": "现场实为高空"}
    once = fresh_key()
    proposed = await as_(technician).post(path, json=body, headers=once)
    assert proposed.status_code == 200, proposed.text
    extra = proposed.json()
    assert extra["total"] == {"currency": "CNY", "amount_minor": 43_200}
    assert extra["lines"][0]["catalogue"] == "project_library"
    assert "settlement" not in proposed.text
    again = await as_(technician).post(path, json=body, headers=once)
    assert again.json()["extra_id"] == extra["extra_id"]

    answer = f"/api/v1/extras/{extra['extra_id']}/answer"
    for stranger in (technician, "pe_chen"):
        refused = await as_(stranger).post(answer, json={"approved": True}, headers=fresh_key())
        assert refused.json()["reason"] == "EXTRA_NOT_YOURS"
    tapped = await as_("cu_inside").post(answer, json={"approved": True}, headers=fresh_key())
    assert tapped.json()["state"] == "EXTRA_STATE_APPROVED"
    listed = (await as_("cu_inside").get(path)).json()
    assert listed["approved_total"]["amount_minor"] == 43_200


async def test_nobody_types_a_price_and_strangers_propose_nothing(
    as_: As, accepted: Accepted
) -> None:
    order, technician = await accepted()
    path = f"/api/v1/work-orders/{order}/on-site/extras"
    typed = {"items": [{"item_code": "AC-INSTALL-HIGH", "amount": 1}], "note": "x"}
    refused = await as_(technician).post(path, json=typed, headers=fresh_key())
    assert refused.status_code == 422
    unknown = {"items": [{"item_code": "NO-SUCH"}], "note": "x"}
    refused = await as_(technician).post(path, json=unknown, headers=fresh_key())
    assert refused.json()["reason"] == "PRICING_RATE_MISSING"
    theirs = {"items": [{"item_code": "AC-INSTALL-HIGH"}], "note": "x"}
    refused = await as_("cu_inside").post(path, json=theirs, headers=fresh_key())
    assert refused.json()["reason"] == "ROLE_REQUIRED"


async def test_a_day_on_site_by_commands(
    gongdan: Gongdan,  # noqa: F811
    accepted: Accepted,
    tmp_path: Path,
) -> None:
    order, technician = await accepted()
    (tmp_path / "before.jpg").write_bytes(picture(90))
    by = ("--as", technician)
    arrived = await gongdan(
        "on-site", "check-in", order, "--longitude", "116.4612", "--latitude", "39.9087", *by
    )
    assert "有效" in arrived.stdout, arrived.output
    for words in (
        ("start", order),
        ("photo", order, str(tmp_path / "before.jpg"), "--shows", "before"),
        ("pause", order, "parts"),
        ("resume", order),
        ("stop", order),
    ):
        done = await gongdan("on-site", *words, *by)
        assert "有效" in done.stdout, done.output
    idle = await gongdan("on-site", "resume", order, *by)
    assert "WORK_CLOCK_NOT_PAUSED" in idle.stdout
    shown = await gongdan("on-site", "show", order)
    assert "before fl_" in shown.stdout
    assert "worked minutes" in shown.stdout
    kept = tmp_path / "offline.json"
    now = datetime.now(UTC).isoformat()
    kept.write_text(json.dumps({"sent_at": now, "commands": [
        {"command_id": "phone.offline", "occurred_at": now, "customer_absent": {}}]}))  # fmt: skip
    late = await gongdan("on-site", "report", order, str(kept), *by)
    assert "WASTED_TRIP_WORK_BEGAN" in late.stdout, late.output
    fees = await gongdan("on-site", "fees", "--work-order", order)
    assert "没有" in fees.stdout
    flags = await gongdan("on-site", "flags", "--work-order", order, "--json")
    assert flags.exit_code == 0, flags.output


async def test_an_extra_by_commands(gongdan: Gongdan, accepted: Accepted) -> None:  # noqa: F811
    order, technician = await accepted()
    proposed = await gongdan(
        "extra", "propose", order, "AC-INSTALL-HIGH*2", "--note", "加装一台", "--as", technician,
        "--json",
    )  # fmt: skip
    assert proposed.exit_code == 0, proposed.output
    extra = json.loads(proposed.stdout)["extra_id"]
    tapped = await gongdan("extra", "approve", extra, "--as", "cu_inside")
    assert "客户已同意" in tapped.stdout, tapped.output
    over = await gongdan("extra", "withdraw", extra, "--reason", "x", "--as", technician)
    assert "EXTRA_ENDED" in over.stderr
    assert "¥864.00" in (await gongdan("extra", "list", order)).stdout


async def test_rules_and_checklists_by_commands(
    gongdan: Gongdan,  # noqa: F811
    tmp_path: Path,
) -> None:
    put = await gongdan("on-site", "rule", "put", "--stage", "presale", "--radius", "300")
    assert "300 m" in put.stdout, put.output
    assert "default-1" in (await gongdan("on-site", "rule", "list")).stdout
    file = tmp_path / "checklist.yaml"
    file.write_text(
        "name: 自检\nstage: presale\nitems:\n"
        "  - {item_key: drain, text: 排水顺畅, kind: CHECKLIST_ITEM_KIND_YES_NO, required: true}\n"
    )
    made = await gongdan("on-site", "checklist", "put", "cli-check", str(file), "--json")
    assert json.loads(made.stdout)["version"] == 1, made.output
    assert "cli-check" in (await gongdan("on-site", "checklist", "list")).stdout


async def test_the_customer_sees_the_extra_on_a_page_and_taps(
    product: WholeProduct, as_: As, accepted: Accepted
) -> None:
    order, technician = await accepted()
    path = f"/api/v1/work-orders/{order}/on-site/extras"
    body = {"items": [{"item_code": "AC-INSTALL-HIGH"}], "note": "现场实为高空"}
    await as_(technician).post(path, json=body, headers=fresh_key())
    async with product.visitor() as visitor:
        await enter(visitor, "cu_inside")
        page = (await visitor.get(f"/work-orders/{order}/on-site")).text
        assert "现场实为高空" in page
        assert "¥432.00" in page
        action = re.search(r'action="(/extras/[^"]+/answer)"', page)
        assert action is not None
        tapped = await visitor.post(
            action[1],
            data={
                "csrf_token": hidden(page, "csrf_token"),
                "act_key": hidden(page, "act_key"),
                "answer": "approve",
            },
        )
        assert tapped.status_code == 303, tapped.text
        seen = (await visitor.get(f"/work-orders/{order}/on-site")).text
    assert "客户已同意" in seen
    assert action[1] not in seen


async def test_the_record_shows_the_parts_that_were_used_with_their_serials(
    product: WholeProduct,
    as_: As,
    gongdan: Gongdan,  # noqa: F811
    accepted: Accepted,
) -> None:
    order, technician = await accepted()
    van = f"sr_van_{order[-8:]}"
    start, end = (datetime.now(UTC) + timedelta(hours=hours) for hours in (1, 3))
    window = {"window_start": start.isoformat(), "window_end": end.isoformat()}
    for verb, form in (("schedule", window), ("check-in", {})):
        done = await as_(technician).post(
            f"/api/v1/work-orders/{order}/{verb}", json={"form": form}, headers=fresh_key()
        )
        assert done.status_code == 200, done.text
    for words in (
        ("room", "item", "SITE-MOTOR", "--name", "风机", "--serials"),
        ("room", "put", van, "vehicle", "--name", "车载仓", "--technician", technician, "--place", "110000"),
        ("receive", van, f"SITE-MOTOR=SN-{order[-6:]}@96"),
        ("use", "record", order, f"SITE-MOTOR=SN-{order[-6:]}", "--technician", technician,
         "--room", van, "--in-warranty"),
    ):  # fmt: skip
        told = await gongdan("stock", *words)
        assert told.exit_code == 0, told.output
    async with product.visitor() as visitor:
        await enter(visitor, "pe_chen")
        page = (await visitor.get(f"/work-orders/{order}/on-site")).text
    assert "已用配件" in page
    assert f"SN-{order[-6:]}" in page
    assert "96.00" not in page
