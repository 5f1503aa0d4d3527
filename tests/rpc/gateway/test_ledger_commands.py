"""`gongdan ledger`: posted over HTTP, then found, looked back at, exported and proven."""

import json
from pathlib import Path

from tests.rpc.gateway.conftest import As
from tests.rpc.gateway.test_command_line import Gongdan, gongdan  # noqa: F401 - a fixture

OWN = "technician:pe_cli_ledger:earning"


async def test_books_are_found_looked_back_at_and_exported(
    gongdan: Gongdan,  # noqa: F811
    as_: As,
    tmp_path: Path,
) -> None:
    posted = await as_("pe_qian").post(
        "/api/v1/ledger/transfers",
        headers={"Idempotency-Key": "opening-2026"},
        json={
            "document_kind": "opening",
            "document_id": "op_cli",
            "transfers": [
                {
                    "debit_ledger_account": "platform:clearing",
                    "credit_ledger_account": OWN,
                    "amount": {"currency": "CNY", "amount_minor": amount},
                    "transfer_kind": "opening",
                    "leg": leg,
                    "effective_at": at,
                    "memo": "期初",
                }
                for leg, amount, at in (
                    ("march", 100_00, "2026-03-02T01:00:00Z"),
                    ("april", 20_00, "2026-04-02T01:00:00Z"),
                )
            ],
        },
    )
    assert posted.status_code == 200, posted.text

    async def told(*arguments: str) -> str:
        done = await gongdan("ledger", *arguments, "--as", "pe_qian")
        assert done.exit_code == 0, done.output
        return done.stdout

    assert "¥120.00" in await told("balances", OWN)
    assert "¥100.00" in await told("balances", OWN, "--as-of", "2026-03-02")
    assert "¥0.00" in await told("balances", OWN, "--as-of", "2026-03-01")
    assert "¥0.00" in await told("balances", OWN, "--known-at", "2026-03-31")
    assert OWN in await told("accounts", "cli_ledger")
    april = json.loads(await told("transfers", "--party", "pe_cli_ledger", "--from", "2026-04-01",
                                  "--to", "2026-04-02", "--json"))  # fmt: skip
    assert [each["leg"] for each in april["transfers"]] == ["april"]
    assert "没有" in await told("transfers", "--document", "op_cli", "--state", "pending")
    file = tmp_path / "账本.csv"
    await told("transfers", "--document", "op_cli", "--out", str(file))
    assert [OWN in each for each in file.read_text("utf-8-sig").splitlines()] == [False, True, True]
    assert (await gongdan("ledger", "transfers", "--out", "a.pdf")).exit_code == 1
    assert "sound" in await told("verify")


async def test_who_may_not_read_the_books_is_told_so(gongdan: Gongdan) -> None:  # noqa: F811
    refused = await gongdan("ledger", "accounts", "--as", "pe_zhang")
    assert (refused.exit_code, "finance" in refused.stderr) == (1, True)
