"""`gongdan dispatch`: who was chosen and why, on the command line, from a case that really ran."""

import json
from pathlib import Path

from tests.rpc.gateway.conftest import As
from tests.rpc.gateway.play import offer, sell
from tests.rpc.gateway.test_command_line import Gongdan, gongdan  # noqa: F401 - a fixture


async def test_a_dispatch_is_read_explained_and_checked(
    as_: As,
    gongdan: Gongdan,  # noqa: F811
) -> None:
    order = await offer(as_, await sell(as_))
    work_order, chosen = order["work_order_id"], order["offer"]["technician_id"]
    listed = await gongdan("dispatch", "list", work_order, "--json")
    assert listed.exit_code == 0, listed.output
    (decision,) = json.loads(listed.stdout)["decisions"]
    decision_id = decision["decision_id"]
    assert decision["candidates"][0]["technician_id"] == chosen

    shown = await gongdan("dispatch", "show", decision_id)
    assert chosen in shown.stdout, shown.output
    everybody = await gongdan("dispatch", "candidates", decision_id, "--json")
    ids = [each["technician_id"] for each in json.loads(everybody.stdout)["candidates"]]
    assert ids[0] == chosen

    why = await gongdan("dispatch", "why", decision_id, chosen)
    assert f"在 {len(ids)} 名候选人中排第 1" in why.stdout, why.output
    assert "公平" in why.stdout or "fairness" in why.stdout
    checked = await gongdan("dispatch", "check", work_order, chosen)
    assert checked.exit_code == 0, checked.output
    nobody = await gongdan("dispatch", "why", decision_id, "pe_nobody")
    assert nobody.exit_code == 1
    assert "TECHNICIAN_UNKNOWN" in nobody.stderr

    fair = await gongdan(
        "dispatch", "fairness", "--from", "2020-01-01T00:00", "--until", "2099-01-01T00:00"
    )
    assert chosen in fair.stdout, fair.output


async def test_a_policy_is_tried_and_put(
    as_: As,
    gongdan: Gongdan,  # noqa: F811
    tmp_path: Path,
) -> None:
    in_force = await gongdan("dispatch", "policy", "list", "--json")
    policy = json.loads(in_force.stdout)["policies"][0]
    policy = {
        name: value
        for name, value in policy.items()
        if name not in ("effective_from", "put_at", "put_by_person_id")
    }
    file = tmp_path / "policy.json"
    file.write_text(json.dumps({**policy, "policy_version": "cli-1", "note": "试算"}))
    tried = await gongdan("dispatch", "policy", "try", str(file))
    assert tried.exit_code == 0, tried.output
    assert "0 of " in tried.stdout
    kept = await gongdan("dispatch", "policy", "put", str(file))
    assert "cli-1" in kept.stdout, kept.output
    again = await gongdan("dispatch", "policy", "put", str(file))
    assert "DISPATCH_POLICY_EXISTS" in again.stderr
    file.write_text("no JSON")
    assert (await gongdan("dispatch", "policy", "put", str(file))).exit_code == 2
