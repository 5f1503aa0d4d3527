"""`gongdan receivable|receipt|refund|claim|reconcile|voucher`: as finance types them, over HTTP."""

import json
import re
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from kit.clock import SHANGHAI, SystemClock
from tests.rpc.gateway.test_command_line import Gongdan, gongdan  # noqa: F401 - a fixture

FINANCE, OTHER = "pe_qian", "pe_zheng"


def yesterday() -> datetime:
    now = SystemClock().now().astimezone(SHANGHAI)
    return (now - timedelta(days=1)).replace(hour=12, minute=0, second=0, microsecond=0)


class Typing:
    """Types a command and reads what it says."""

    def __init__(self, command: Gongdan) -> None:
        self.command = command

    async def said(self, *arguments: str, by: str = FINANCE) -> str:
        done = await self.command(*arguments, "--as", by)
        assert done.exit_code == 0, done.output
        return done.stdout

    async def answer(self, *arguments: str, by: str = FINANCE) -> Any:
        return json.loads(await self.said(*arguments, "--json", by=by))

    async def refused(self, *arguments: str, by: str = FINANCE) -> str:
        done = await self.command(*arguments, "--as", by)
        assert done.exit_code == 1, done.output
        return done.output


async def test_a_bill_is_paid_refunded_and_found(gongdan: Gongdan) -> None:  # noqa: F811
    typing, payer = Typing(gongdan), "customer:cu_money_in"
    billed = await typing.answer("receivable", "bill", payer, "空调安装=360.00", "满减=-30")
    assert billed["amount"]["amount_minor"] == 330_00
    assert "MONEY_MALFORMED" in await typing.refused("receivable", "bill", payer, "空调安装=x")
    received = await typing.answer(
        "receipt", "record", payer, "400.00", "--channel", "wechat", "--number", "cli-4200-1"
    )
    shown = await typing.said("receipt", "show", received["receipt_id"])
    assert "¥70.00" in shown
    assert billed["receivable_id"] in shown
    assert "已结清" in await typing.said("receivable", "show", billed["receivable_id"])
    assert "SETTLEMENT_RECEIPT_EXISTS" in await typing.refused(
        "receipt", "record", payer, "400.00", "--channel", "wechat", "--number", "cli-4200-1"
    )
    asked = await typing.answer(
        "refund", "request", received["receipt_id"], "70.00", "--reason", "多付"
    )
    refused = await typing.refused("refund", "approve", asked["refund_id"])
    assert "SETTLEMENT_FOUR_EYES" in refused
    listed = await typing.said("refund", "list", "--state", "requested")
    assert asked["refund_id"] in listed
    listed = await typing.said("receivable", "list", "--payer", payer)
    assert billed["receivable_id"] in listed
    assert "没有" in await typing.said("receivable", "list", "--payer", payer, "--overdue")


async def test_a_claim_is_drawn_sent_answered_and_exported(
    gongdan: Gongdan,  # noqa: F811
    tmp_path: Path,
) -> None:
    typing = Typing(gongdan)
    first, second = [
        await typing.answer(
            "receivable", "bill", "brand:br_cli", f"保内维修={amount}", "--purpose", "warranty"
        )
        for amount in ("80.00", "20.00")
    ]
    claim = (await typing.answer("claim", "draw", "br_cli"))["brand_claim_id"]
    assert "已送出" in await typing.said("claim", "send", claim)
    done = await typing.said(
        "claim", "answer", claim, "--reject", f"{first['receivable_id']}=过保", "--accept-others"
    )
    assert "过保" in done
    assert "已答复" in done
    file = tmp_path / "claim.xlsx"
    await typing.said("claim", "export", claim, str(file))
    assert file.read_bytes().startswith(b"PK")
    assert second["receivable_id"] in await typing.said("claim", "show", claim)
    assert claim in await typing.said("claim", "list", "--brand", "br_cli", "--state", "answered")


async def test_a_bank_statement_is_mapped_compared_and_closed_and_its_vouchers_exported(
    gongdan: Gongdan,  # noqa: F811
    tmp_path: Path,
) -> None:
    typing, at = Typing(gongdan), yesterday()
    await typing.said(
        "reconcile", "format", "put", "cli-bank", "--channel", "cli_bank",
        "--column", "occurred_at=日期", "--column", "channel_number=流水", "--column", "amount=金额",
        "--column", "fee=手续费", "--time", "%Y-%m-%d %H:%M",
    )  # fmt: skip
    assert "cli-bank v1" in await typing.said("reconcile", "format", "list")
    await typing.said(
        "receipt", "record", "customer:cu_bank", "100.00", "--channel", "cli_bank", "--number",
        "b1", "--at", f"{at:%Y-%m-%dT%H:%M}",
    )  # fmt: skip
    file = tmp_path / "bank.csv"
    file.write_text(
        f"日期,流水,金额,手续费\n{at:%Y-%m-%d %H:%M},b1,100.00,0.60\n"
        f"{at:%Y-%m-%d} 18:00,b2,25.00,0\n",
        "utf-8",
    )
    assert "do not agree" in await typing.said("reconcile", "import", str(file), "--dry-run")
    await typing.said("reconcile", "import", str(file))
    (bill,) = (await typing.answer("reconcile", "bills", "--channel", "cli_bank"))["channel_bills"]
    bill_id = bill["channel_bill_id"]
    found = await typing.answer("reconcile", "discrepancies", "--bill", bill_id)
    (missing,) = found["discrepancies"]
    assert "我方漏记" in await typing.said("reconcile", "discrepancies", "--bill", bill_id)
    assert "SETTLEMENT_BILL_UNRESOLVED" in await typing.refused("reconcile", "close", bill_id)
    dc = missing["discrepancy_id"]
    await typing.said(
        "reconcile", "correct", dc, "none", "--reason", "非我方款项，已通知银行"
    )  # fmt: skip
    closed = await typing.said("reconcile", "close", bill_id)
    assert re.search(r"closed\s+\d{4}-", closed)
    assert "b1" in await typing.said("reconcile", "matches", bill_id)
    assert "SETTLEMENT_BILL_CLOSED" in await typing.refused("reconcile", "again", bill_id)

    assert "1012" in await typing.said("voucher", "preview")
    run = await typing.answer("voucher", "make")
    assert "收款" in await typing.said("voucher", "show", str(run["run_number"]))
    vouchers = tmp_path / "vouchers.csv"
    await typing.said("voucher", "export", str(run["run_number"]), str(vouchers))
    assert "其他货币资金" in vouchers.read_text("utf-8-sig")
    assert str(run["run_number"]) in await typing.said("voucher", "runs")
    month = f"{at:%Y-%m}"
    transfers = await typing.said("voucher", "transfers", f"{month}/1")
    assert "receipt rc_" in transfers
    subjects = tmp_path / "subjects.csv"
    subjects.write_text("account_kind,subject_code,subject_name\n,9999,其他\n", "utf-8")
    assert "9999" in await typing.said("voucher", "subject", "put", str(subjects))
    assert "9999" in await typing.said("voucher", "subject", "list")
