"""Tax and currency through the whole product: a rate that pricing records converts a balance."""

import secrets
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from kit.authn import SYSTEM, TokenMinter
from kit.clock import SystemClock
from kit.rpc.client import RpcCaller
from protos.common.v1.money_pb2 import Money
from protos.settlement.v1 import settlement_pb2
from tests.e2e.conftest import Product, until

FINANCE = "pe_qian"


@pytest.fixture
async def settlement(product: Product) -> AsyncIterator[RpcCaller]:
    minter = TokenMinter.from_file(product.layout.keys / "worker.key", "worker", SystemClock())
    caller = RpcCaller.connect({"settlement": product.address("settlement")}, minter, SYSTEM)
    yield caller
    await caller.close()


async def earn(settlement: RpcCaller, technician_id: str, amount: Money) -> settlement_pb2.Earning:
    """An earning, promised, accepted and posted."""
    name = secrets.token_hex(6)

    async def ask(method: str, request: Any) -> Any:
        request.idempotency_key = f"{name}-{method}"
        return await settlement.call(f"settlement.v1.SettlementService/{method}", request)

    facts = settlement_pb2.EarningFacts(
        case_id=f"ca_{name}",
        work_order_id=f"wo_{name}",
        technician_id=technician_id,
        outlet_id="ou_beijing",
        quote_id=f"qt_{name}",
        lines=[
            settlement_pb2.SettlementLine(
                line_kind="base", label="按次收费", amount=amount, rule_id="r"
            )
        ],
    )
    promised = await ask("PromiseEarning", settlement_pb2.PromiseEarningRequest(facts=facts))
    earning_id = promised.earning_id
    await ask("LockEarning", settlement_pb2.LockEarningRequest(earning_id=earning_id))
    posted: settlement_pb2.Earning = await ask(
        "PostEarning", settlement_pb2.PostEarningRequest(earning_id=earning_id)
    )
    return posted


async def test_a_balance_in_baht_is_converted_at_the_rate_that_pricing_told(
    product: Product, settlement: RpcCaller
) -> None:
    rate = await product.told(
        "price-policy", "rate", "put", "THB", "CNY", "0.2045", "--source", "中国人民银行中间价",
        "--from", "2026-01-01", person=FINANCE,
    )  # fmt: skip
    earned = await earn(settlement, "pe_abroad", Money(currency="THB", amount_minor=10_000_00))
    own = earned.total.amount_minor
    account = "technician:pe_abroad"

    async def exposed() -> Any:
        listed = await product.told("conversion", "exposures", "--prefix", account, person=FINANCE)
        (exposure,) = listed["exposures"]
        return exposure if exposure["exchange_rate_id"] else None

    exposure = await until(exposed, "settlement is told of the rate")
    assert exposure["now"]["amount_minor"] == exposure["booked"]["amount_minor"]

    asked = ("pe_abroad", f"{own / 100:.2f}", "THB", "CNY")
    preview = await product.told("conversion", "preview", *asked, person=FINANCE)
    assert preview["exchange_rate_id"] == rate["exchange_rate_id"]
    made = await product.told(
        "conversion", "convert", *asked, "--rate", rate["exchange_rate_id"], "--reason", "付人民币",
        person=FINANCE,
    )  # fmt: skip
    assert made["received"] == preview["received"]
    balances = await product.told("ledger", "balances", account, person=FINANCE)
    posted = {
        each["posted"]["currency"]: each["posted"]["amount_minor"] for each in balances["balances"]
    }
    assert posted == {"THB": 0, "CNY": made["received"]["amount_minor"]}
    assert (await product.told("ledger", "verify", person=FINANCE))["sound"]


async def test_finance_puts_a_profile_estimates_and_takes_the_years_totals_away(
    product: Product, tmp_path: Path
) -> None:
    await product.told(
        "tax", "profile", "put", "platform_worker", "--payee", "pe_liu", "--from", "2026-01-01",
        "--reason", "平台用工协议", person=FINANCE,
    )  # fmt: skip
    estimate = await product.told("tax", "estimate", "pe_liu", "10000", person=FINANCE)
    assert estimate["tax"]["amount_minor"] == 90_00
    own = await product.told("tax", "estimate", "pe_liu", "10000", person="pe_liu")
    assert own["net"] == estimate["net"]
    human = await product.gongdan("tax", "estimate", "pe_liu", "10000", "--as", "pe_liu")
    assert "预估到手" in human.output
    assert "减除费用 ¥5,000.00 × 1 个月" in human.output
    refused = await product.gongdan("tax", "estimate", "pe_liu", "10000", "--as", "pe_wang")
    assert refused.code != 0
    tables = await product.gongdan("tax", "table", "list", "--as", FINANCE)
    assert "tt_platform_worker_2025" in tables.output

    out = tmp_path / "declaration.xlsx"
    done = await product.gongdan("tax", "annual", "--by-month", "--out", str(out), "--as", FINANCE)
    assert done.code == 0, done.errors
    assert load_workbook(out)["tax-totals"]["A1"].value == "年度 year"
