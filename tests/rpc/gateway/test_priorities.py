"""A case's priority, changed and looked for from the command line."""

import json

from stack.layout import PROJECT
from tests.rpc.gateway.play import until
from tests.rpc.gateway.test_command_line import Gongdan, gongdan

__all__ = ["gongdan"]

REPAIR = PROJECT / "flows/appliance_repair/flow.yaml"


async def test_a_case_becomes_urgent_is_found_so_and_says_who_made_it_so(gongdan: Gongdan) -> None:
    published = await gongdan("flow", "publish", str(REPAIR))
    assert published.exit_code == 0, published.output
    inputs = ("-i", "customer_id=cu_inside", "-i", "address_id=ad_inside")
    started = await gongdan(
        "case", "start", "appliance_repair", *inputs, "-i", "region_adcode=110105", "--json"
    )
    assert started.exit_code == 0, started.output
    case_id = json.loads(started.stdout)["case_id"]

    async def ordinary() -> bool | None:
        shown = await gongdan("case", "show", case_id)
        return True if "普通" in shown.stdout else None

    await until(ordinary, "the case is shown")
    unknown = await gongdan("case", "priority", case_id, "vip")
    assert unknown.exit_code != 0
    assert "it can become urgent" in unknown.stderr
    done = await gongdan("case", "priority", case_id, "urgent", "--comment", "冷藏药品")
    assert done.exit_code == 0, done.output

    async def urgent() -> bool | None:
        listed = await gongdan(
            "case", "list", "--flow", "appliance_repair", "--priority", "urgent", "--json"
        )
        found = [case["case_id"] for case in json.loads(listed.stdout)["cases"]]
        return True if found == [case_id] else None

    await until(urgent, "the case is found among the urgent ones")
    acts = json.loads((await gongdan("case", "acts", case_id, "--json")).stdout)["acts"]
    assert [(act["verb"], act["comment"]) for act in acts] == [
        ("replan", ""),
        ("prioritise", "冷藏药品"),
    ]
