"""`gongdan split-rule` and `gongdan earning`: rules by four eyes, tried; earnings listed and summed."""

import json
from pathlib import Path

from tests.rpc.gateway.test_command_line import Gongdan, gongdan  # noqa: F401 - a fixture

RULE = """
cooperation_mode: cli_mode
portions:
  - {party_kind: agent, fixed: {currency: CNY, amount_minor: 2000}}
  - {party_kind: technician, portion: "0.7"}
  - {party_kind: platform, remaining: true}
"""


async def test_a_split_rule_is_tried_put_by_one_and_approved_by_another(
    gongdan: Gongdan,  # noqa: F811
    tmp_path: Path,
) -> None:
    file = tmp_path / "rule.yaml"
    file.write_text(RULE)
    tried = await gongdan("split-rule", "try", str(file), "220.00", "--as", "pe_qian", "--json")
    assert tried.exit_code == 0, tried.output
    shares = json.loads(tried.stdout)["shares"]
    assert [share["amount"]["amount_minor"] for share in shares] == [20_00, 140_00, 60_00]
    put = await gongdan("split-rule", "put", "cli_rule", str(file), "--as", "pe_qian")
    assert "待审批" in put.stdout, put.output
    own = await gongdan("split-rule", "approve", "cli_rule", "1", "--as", "pe_qian")
    assert "SETTLEMENT_FOUR_EYES" in own.stderr, own.output
    other = await gongdan("split-rule", "approve", "cli_rule", "1", "--as", "pe_zheng")
    assert "已批准" in other.stdout, other.output
    shown = await gongdan("split-rule", "show", "cli_rule", "--as", "pe_qian")
    assert "¥20.00" in shown.stdout, shown.output


async def test_earnings_are_listed_by_amount_and_summed(gongdan: Gongdan) -> None:  # noqa: F811
    listed = await gongdan(
        "earning", "list", "--sort", "highest", "--least", "1.00", "--since", "2020-01-01",
        "--as", "pe_qian", "--json",
    )  # fmt: skip
    assert listed.exit_code == 0, listed.output
    totals = [
        each["total"]["amount_minor"] for each in json.loads(listed.stdout).get("earnings", ())
    ]
    assert totals == sorted(totals, reverse=True)
    by_city = await gongdan("earning", "summary", "--by", "city", "--as", "pe_qian")
    assert by_city.exit_code == 0, by_city.output
    unknown = await gongdan("earning", "watch", "ea_unknown", "--as", "pe_qian")
    assert "SETTLEMENT_EARNING_NOT_FOUND" in unknown.stderr, unknown.output
    nothing = await gongdan(
        "earning", "change", "ea_unknown", "fee-event", "空跑费", "30.00", "--reason", "无人",
        "--evidence", "fe_1", "--as", "pe_qian",
    )  # fmt: skip
    assert "SETTLEMENT_EARNING_NOT_FOUND" in nothing.stderr, nothing.output
