"""`gongdan adjustment` and `gongdan holdback`: from a rule that two people make to what is posted."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tests.rpc.gateway.conftest import As
from tests.rpc.gateway.play import fresh_key
from tests.rpc.gateway.test_command_line import Gongdan, gongdan  # noqa: F401 - a fixture
from tests.rpc.gateway.test_on_site import Accepted, accepted  # noqa: F401 - a fixture

RULE = {
    "label": "高温补贴",
    "currency": "CNY",
    "effective_from": "2026-01-01",
    "automatic_limit_minor": 1000,
    "subsidy": {"amount_minor": 1500},
}


async def test_a_rule_is_put_by_one_approved_by_another_and_tried(
    gongdan: Gongdan,  # noqa: F811
    tmp_path: Path,
) -> None:
    file = tmp_path / "rule.json"
    file.write_text(json.dumps(RULE))
    put = await gongdan("adjustment", "rule", "put", "heat", str(file), "--as", "pe_qian")
    assert "高温补贴" in put.stdout, put.output
    own = await gongdan("adjustment", "rule", "approve", "heat", "1", "--as", "pe_qian")
    assert "SETTLEMENT_FOUR_EYES" in own.stderr, own.output
    other = await gongdan("adjustment", "rule", "approve", "heat", "1", "--as", "pe_zheng")
    assert "已批准" in other.stdout, other.output
    tried = await gongdan("adjustment", "rule", "try", "heat", "--as", "pe_qian", "--json")
    assert json.loads(tried.stdout)["total"]["amount_minor"] == 0
    shown = await gongdan("adjustment", "rule", "show", "heat", "--json")
    assert [rule["version"] for rule in json.loads(shown.stdout)["rules"]] == [1]


async def test_a_technicians_subsidy_is_proposed_approved_posted_and_seen(
    as_: As,
    gongdan: Gongdan,  # noqa: F811
) -> None:
    about = ("--party", "technician:pe_zhang", "--month", "2026-01", "--reason", "高温")
    made = await gongdan(
        "adjustment", "propose", "subsidy", "20.00", *about, "--as", "pe_qian", "--json"
    )
    assert made.exit_code == 0, made.output
    adjustment = json.loads(made.stdout)["adjustment_id"]
    refused = await gongdan("adjustment", "approve", adjustment, "--as", "pe_qian")
    assert "SETTLEMENT_FOUR_EYES" in refused.stderr, refused.output
    approved = await gongdan("adjustment", "approve", adjustment, "--as", "pe_zheng")
    assert "已入账" in approved.stdout, approved.output
    assert "¥20.00" in approved.stdout
    own = await gongdan("adjustment", "list", "--as", "pe_zhang", "--json")
    (seen,) = json.loads(own.stdout)["adjustments"]
    assert (seen["adjustment_id"], seen["reason"]) == (adjustment, "高温")
    assert (await as_("pe_liu").get(f"/api/v1/adjustments/{adjustment}")).status_code == 404
    undone = await gongdan(
        "adjustment", "reverse", adjustment, "--reason", "重复", "--as", "pe_zheng"
    )
    assert "已冲正" in undone.stdout, undone.output


async def test_what_takes_something_names_what_it_rests_on(gongdan: Gongdan) -> None:  # noqa: F811
    about = ("--party", "technician:pe_zhang", "--month", "2026-01", "--reason", "划伤墙面")
    bare = await gongdan("adjustment", "propose", "deduction", "20.00", *about, "--as", "pe_qian")
    assert "SETTLEMENT_ADJUSTMENT_INVALID" in bare.stderr, bare.output
    proven = await gongdan(
        "adjustment", "propose", "deduction", "20.00", *about, "--evidence", "photo=sha256:1f",
        "--as", "pe_qian", "--json",
    )  # fmt: skip
    adjustment = json.loads(proven.stdout)["adjustment_id"]
    rejected = await gongdan(
        "adjustment", "reject", adjustment, "--reason", "旧伤", "--as", "pe_zheng"
    )
    assert "已驳回" in rejected.stdout, rejected.output
    shown = await gongdan("adjustment", "show", adjustment)
    assert "sha256:1f" in shown.stdout, shown.output
    wrong = await gongdan("adjustment", "propose", "deduction", "1", "--party", "pe_zhang",
                          "--reason", "x")  # fmt: skip
    assert "INPUT_INVALID" in wrong.stderr


async def test_what_is_not_there_is_neither_released_nor_clawed_back(
    gongdan: Gongdan,  # noqa: F811
) -> None:
    listed = await gongdan("holdback", "list", "--state", "held", "--json")
    assert json.loads(listed.stdout)["holdbacks"] == [], listed.output
    for command, reason in (
        (("holdback", "release", "hb_none"), "SETTLEMENT_HOLDBACK_NOT_FOUND"),
        (("holdback", "forfeit", "hb_none", "--reason", "x"), "SETTLEMENT_HOLDBACK_NOT_FOUND"),
        (
            ("adjustment", "claw-back", "ea_none", "--cause", "rf_1", "--reason", "退款"),
            "SETTLEMENT_EARNING_NOT_FOUND",
        ),
        (("adjustment", "rate", "ea_none", "4.9"), "SETTLEMENT_ADJUSTMENT_RULE_NOT_FOUND"),
    ):
        refused = await gongdan(*command)
        assert reason in refused.stderr, refused.output


def command(hours_ago: int, **act: Any) -> dict[str, Any]:
    """What a phone reports, as having happened some hours ago."""
    at = datetime.now(UTC) - timedelta(hours=hours_ago)
    key = fresh_key()["Idempotency-Key"]
    return {"command_id": f"phone.{key}", "occurred_at": at.isoformat(), **act}


def clock(verb: str, hours_ago: int, **said: str) -> dict[str, Any]:
    """What a phone reports of its clock."""
    return command(hours_ago, work_clock={"verb": f"WORK_CLOCK_VERB_{verb}", **said})


async def test_what_stood_still_on_site_is_charged_to_whoever_blocked(
    as_: As,
    gongdan: Gongdan,  # noqa: F811
    accepted: Accepted,  # noqa: F811
    tmp_path: Path,
) -> None:
    order, technician = await accepted()
    here = {"location": {"longitude": 116.4612, "latitude": 39.9087}}
    acts = [
        command(9, check_in=here),
        clock("START", 8),
        clock("PAUSE", 7, reason="PAUSE_REASON_PARTS"),
        clock("RESUME", 4),
        clock("PAUSE", 3, reason="PAUSE_REASON_BREAK"),
        clock("RESUME", 2),
    ]
    told = await as_(technician).post(
        f"/api/v1/work-orders/{order}/on-site/reports",
        json={"device_id": "p-1", "sent_at": datetime.now(UTC).isoformat(), "commands": acts},
        headers=fresh_key(),
    )
    assert told.status_code == 200, told.text
    file = tmp_path / "waiting.json"
    terms = {"free_minutes": 30, "per_started_hour_minor": 2000, "cap_minor": 10000}
    rule = {"label": "等待", "effective_from": "2026-01-01", "sla_penalty": terms}
    file.write_text(json.dumps(rule))
    await gongdan("adjustment", "rule", "put", "waiting", str(file), "--as", "pe_qian")
    await gongdan("adjustment", "rule", "approve", "waiting", "1", "--as", "pe_zheng")
    unnamed = await gongdan("adjustment", "penalties", order)
    assert "PENALTY_PAYER_UNKNOWN" in unnamed.stderr, unnamed.output
    charged = await gongdan("adjustment", "penalties", order, "--warehouse", "wh_1", "--json")
    assert charged.exit_code == 0, charged.output
    (penalty,) = json.loads(charged.stdout)["adjustments"]
    assert (penalty["shares"][0]["party_id"], penalty["amount"]["amount_minor"]) == ("wh_1", -6000)
    assert penalty["evidence"][0]["reference"].startswith(f"{order}/on-site#")
    assert "等配件" in penalty["evidence"][0]["note"]
