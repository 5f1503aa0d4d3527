"""`gongdan case migrate`: from publishing a version to the cases that have moved."""

import json
from pathlib import Path

from tests.gateway_server import WholeProduct
from tests.rpc.gateway.conftest import As
from tests.rpc.gateway.play import start, task_of, until
from tests.rpc.gateway.test_command_line import FLOW, Gongdan, gongdan
from tests.rpc.gateway.test_list_pages import hidden

__all__ = ["gongdan"]


async def test_a_new_version_takes_the_cases_that_can_move(
    gongdan: Gongdan, as_: As, tmp_path: Path
) -> None:
    case_id = await start(as_)
    await task_of(as_("pe_wang"), case_id, "intake")
    file = tmp_path / "flow.yaml"
    file.write_text(FLOW.read_text().replace("name: 空调安装", "name: 空调安装与清洗", 1))
    published = await gongdan("flow", "publish", str(file))
    assert "gongdan case migrate --flow aircon_install --to 2 --dry-run" in published.output
    order = ("case", "migrate", "--flow", "aircon_install", "--to", "2", "--case", case_id)
    dry = await gongdan(*order, "--dry-run", "--json")
    assert dry.exit_code == 0, dry.output
    assert [tally["outcome"] for tally in json.loads(dry.output)["tallies"]] == [
        "MIGRATION_OUTCOME_SAFE"
    ]
    shown = await gongdan("case", "show", case_id)
    assert "v1, today v2" in shown.output
    assert "空调安装与清洗" in shown.output
    done = await gongdan(*order, "--reason", "清洗也做")
    assert "已迁移" in done.output

    async def moved() -> bool | None:
        shown = await gongdan("case", "show", case_id, "--json")
        return json.loads(shown.output)["flow_version"] == 2 or None

    await until(moved, "the case has version 2")
    acts = await gongdan("case", "acts", case_id)
    assert "清洗也做" in acts.output


async def test_a_choice_that_is_not_written_old_equals_new_is_refused(gongdan: Gongdan) -> None:
    refused = await gongdan(
        "case", "migrate", "--flow", "aircon_install", "--to", "1", "--choose", "intake"
    )
    assert refused.exit_code == 2


async def test_the_page_says_what_differs_which_cases_could_move_and_moves_them(
    gongdan: Gongdan, as_: As, product: WholeProduct, tmp_path: Path
) -> None:
    case_id = await start(as_)
    await task_of(as_("pe_wang"), case_id, "intake")
    file = tmp_path / "flow.yaml"
    renamed = FLOW.read_text().replace("name: 空调安装", "name: 空调安装与保养", 1)
    file.write_text(renamed)
    published = json.loads((await gongdan("flow", "publish", str(file), "--json")).output)
    version = published["version"]
    visitor = product.visitor()
    await visitor.post("/login", data={"person_id": "pe_yun", "next": "/"})
    assert "/flows/aircon_install/migrate" in (await visitor.get("/flows")).text
    page = (await visitor.get("/flows/aircon_install/migrate")).text
    assert "空调安装与保养" in page
    order = {
        "csrf_token": hidden(page, "csrf_token"),
        "from_version": "0",
        "to_version": str(version),
        "reason": "保养也做",
    }

    async def ended(run: str) -> str:
        key = {"act_key": f"{run}-{case_id}", "run": run}
        ordered = await visitor.post("/flows/aircon_install/migrate", data=order | key)

        async def look() -> str | None:
            shown = (await visitor.get(ordered.headers["location"])).text
            return shown if "已结束" in shown else None

        return await until(look, "the migration has ended")

    dry = await ended("dry")
    assert "可以迁移" in dry
    assert f"/cases/{case_id}" in dry
    assert "迁移安全的个案" in dry
    moved = await ended("move")
    assert "已迁移" in moved
    assert "迁移安全的个案" not in moved


async def test_whoever_may_not_migrate_is_told_so(product: WholeProduct) -> None:
    visitor = product.visitor()
    await visitor.post("/login", data={"person_id": "pe_wang", "next": "/"})
    page = (await visitor.get("/flows")).text
    assert "/migrate" not in page
    order = {"csrf_token": hidden(page, "csrf_token"), "act_key": "k", "run": "dry"}
    refused = await visitor.post("/flows/aircon_install/migrate", data=order)
    assert refused.status_code == 403


async def test_a_flow_that_nobody_published_is_said_to_be_unknown(product: WholeProduct) -> None:
    visitor = product.visitor()
    await visitor.post("/login", data={"person_id": "pe_yun", "next": "/"})
    unknown = await visitor.get("/flows/no_such_flow/migrate")
    assert unknown.status_code == 404
    assert "FLOW_UNKNOWN" in unknown.text
