"""`gongdan` against a gateway: what people read, what programs read, how a refusal looks."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from structlog.testing import capture_logs
from typer.testing import CliRunner, Result

from cli.main import app
from stack.layout import PROJECT
from tests.gateway_server import WholeProduct
from tests.rpc.gateway.conftest import As
from tests.rpc.gateway.play import start, task_of

FLOW = PROJECT / "flows/aircon_install/flow.yaml"
Gongdan = Callable[..., Awaitable[Result]]


@pytest.fixture
def gongdan(product: WholeProduct, address: str, tmp_path: Path) -> Gongdan:
    """Run a command as a newcomer does: the stack's address and token come from its files."""
    environment = {
        "GONGDAN_GATEWAY_URL": address,
        "GONGDAN_BOOTSTRAP_TOKEN_FILE": str(product.edge.settings.bootstrap_token_file),
    }

    async def run(*arguments: str, **more: str) -> Result:
        runner = CliRunner(env=environment | more)
        # The gateway logs in this process, to the stream that the runner captures.
        with capture_logs():
            return await asyncio.to_thread(runner.invoke, app, list(arguments))

    return run


async def test_a_list_is_a_table_for_people_and_json_for_programs(gongdan: Gongdan) -> None:
    shown = await gongdan("person", "list", "--role", "technician")
    assert shown.exit_code == 0, shown.output
    assert "张师傅" in shown.stdout
    told = await gongdan("person", "list", "--role", "technician", "--json")
    people = json.loads(told.stdout)["people"]
    assert {person["person_id"] for person in people} == {"pe_zhang", "pe_liu"}


async def test_departments_are_shown_as_a_tree(gongdan: Gongdan) -> None:
    put = await gongdan(
        "department", "put", "dp_training", "--name", "培训组", "--parent", "dp_install"
    )
    assert put.exit_code == 0, put.output
    shown = (await gongdan("department", "list")).stdout.splitlines()
    rows = [line for line in shown if line.strip().startswith("dp_")]
    assert [row.split()[0] for row in rows] == [
        "dp_company", "dp_office", "dp_service", "dp_install", "dp_training", "dp_presale",
    ]  # fmt: skip
    indents = [row.index(row.split()[1]) - rows[0].index("安居暖通") for row in rows]
    assert indents == [0, 2, 2, 4, 6, 4]


async def test_an_absence_is_declared_listed_and_cancelled(gongdan: Gongdan) -> None:
    asked = ("person", "absence", "add", "pe_zhou", "--proxy", "pe_qian", "--json")
    added = await gongdan(*asked, "--from", "2099-10-01T14:00", "--until", "2099-10-07")
    assert added.exit_code == 0, added.output
    absence = json.loads(added.stdout)
    assert (absence["starts_at"], absence["ends_at"]) == (
        "2099-10-01T06:00:00Z", "2099-10-07T16:00:00Z",
    )  # fmt: skip
    listed = await gongdan("person", "absence", "list", "--person", "pe_zhou")
    assert absence["absence_id"] in listed.stdout
    assert "pe_qian" in listed.stdout
    assert (await gongdan("person", "absence", "cancel", absence["absence_id"])).exit_code == 0
    left = await gongdan("person", "absence", "list", "--person", "pe_zhou", "--json")
    assert json.loads(left.stdout)["absences"] == []
    past = await gongdan("person", "absence", "list", "--person", "pe_zhou", "--past")
    assert absence["absence_id"] in past.stdout


async def test_it_can_be_asked_who_would_take_a_task(gongdan: Gongdan) -> None:
    led = await gongdan("person", "assignees", "--leader-of", "pe_zhang", "--json")
    assert json.loads(led.stdout)["person_ids"] == ["pe_chen"]
    top = await gongdan("person", "assignees", "--leader-of", "pe_zhang", "--levels", "9", "--json")
    assert json.loads(top.stdout)["person_ids"] == ["pe_zhao"]
    by_role = await gongdan("person", "assignees", "--role", "designer", "--region", "110105")
    assert "pe_li" in by_role.stdout
    nobody = await gongdan("person", "assignees")
    assert "ASSIGNEE_RULE_INVALID" in nobody.stderr


async def test_a_person_leaves_to_a_successor(gongdan: Gongdan, as_: As) -> None:
    body = {"display_name": "马上走", "roles": ["sales"]}
    await as_().put("/api/v1/people/pe_ma", json=body, headers={"Idempotency-Key": "pe_ma"})
    left = await gongdan("person", "leave", "pe_ma", "--to", "pe_wang", "--reason", "合同到期")
    assert left.exit_code == 0, left.output
    assert "离职" in left.stdout
    takes = (await gongdan("person", "assignees", "pe_ma", "pe_li")).stdout.splitlines()
    assert [row.split() for row in takes if "pe_" in row] == [["pe_wang", "pe_ma"], ["pe_li"]]


async def test_a_quote_shows_every_step_with_amounts_on_the_right(gongdan: Gongdan) -> None:
    inside = ("--longitude", "116.4612", "--latitude", "39.9087")
    shown = await gongdan("quote", "preview", "AC-INSTALL-HIGH", *inside)
    assert shown.exit_code == 0, shown.output
    assert "¥432.00" in shown.stdout
    assert "¥300.00 × 20%" in shown.stdout


async def test_a_refusal_is_a_sentence_with_reason_and_field_and_exit_code_1(
    gongdan: Gongdan,
) -> None:
    refused = await gongdan("quote", "preview", "NO-SUCH-ITEM")
    assert refused.exit_code == 1
    assert refused.stdout == ""
    assert "PRICING_RATE_MISSING" in refused.stderr
    assert "facts.lines[0].item_code" in refused.stderr
    assert "Traceback" not in refused.output


async def test_a_command_that_is_not_understood_ends_with_2(gongdan: Gongdan) -> None:
    assert (await gongdan("case", "start")).exit_code == 2
    assert (await gongdan("quote", "preview", "AC*many")).exit_code == 2
    assert (await gongdan("work-order", "schedule", "wo_x", "--start", "soon")).exit_code == 2


async def test_a_gateway_that_is_away_is_named_with_what_to_do(gongdan: Gongdan) -> None:
    away = await gongdan("case", "list", GONGDAN_GATEWAY_URL="http://127.0.0.1:9")
    assert away.exit_code == 1
    assert "make up" in away.stderr


async def test_the_stacks_token_goes_to_no_other_gateway(gongdan: Gongdan, address: str) -> None:
    refused = await gongdan("case", "list", GONGDAN_URL=address)
    assert refused.exit_code == 1
    assert "LOGIN_REQUIRED" in refused.stderr


async def test_a_case_is_started_acted_on_and_shown_by_commands(
    gongdan: Gongdan, as_: As, tmp_path: Path
) -> None:
    customer = json.loads((await gongdan("customer", "show", "cu_inside", "--json")).stdout)
    inputs = tmp_path / "inputs.json"
    inputs.write_text(json.dumps({"address_id": customer["addresses"][0]["address_id"]}))
    started = await gongdan(
        *("case", "start", "aircon_install", "--json", "--as", "pe_wang"),
        *("--input", str(inputs)),
        *("--input", "customer_id=cu_inside", "--input", "region_adcode=110105"),
    )
    assert started.exit_code == 0, started.output
    case_id = json.loads(started.stdout)["case_id"]
    await task_of(as_("pe_wang"), case_id, "intake")
    assert "需求登记" in (await gongdan("inbox", "--as", "pe_wang")).stdout
    refused = await gongdan("case", "act", case_id, "intake", "complete", "--as", "pe_wang")
    assert refused.exit_code == 1
    assert "needs" in refused.stderr
    done = await gongdan(
        *("case", "act", case_id, "intake", "complete", "--as", "pe_wang"),
        *(
            "-i",
            "needs=一台挂机",
            "-i",
            "floor=15",
            "-i",
            "work_at_height=true",
            "-i",
            "budget=800",
        ),
    )
    assert done.exit_code == 0, done.output
    await task_of(as_("pe_li"), case_id, "measure")
    shown = await gongdan("case", "show", case_id)
    assert "李设计" in shown.stdout or "pe_li" in shown.stdout
    assert "/namespaces/default/workflows/case%3A" in shown.stdout
    acts = await gongdan("case", "acts", case_id, "--as", "pe_chen")
    assert "pe_wang" in acts.stdout


async def test_an_act_on_what_is_not_open_names_what_is(gongdan: Gongdan, as_: As) -> None:
    case_id = await start(as_)
    await task_of(as_("pe_wang"), case_id, "intake")
    refused = await gongdan("case", "act", case_id, "measure", "complete", "--as", "pe_wang")
    assert refused.exit_code == 1
    assert "intake/1" in refused.stderr


async def test_a_flow_is_checked_by_the_gateway_as_by_the_local_compiler(
    gongdan: Gongdan, tmp_path: Path
) -> None:
    source = FLOW.read_text()
    (tmp_path / "flow.yaml").write_text(source.replace("inputs.address_id", "inputs.adress_id"))
    here = await gongdan("flow", "check", str(tmp_path))
    there = await gongdan("flow", "publish", str(tmp_path))
    assert there.exit_code == here.exit_code == 1
    found = [line for line in here.stdout.splitlines() if "FLOW_FIELD_UNKNOWN" in line]
    assert found
    assert all(line in there.stdout for line in found)
    assert "did you mean 'address_id'?" in there.stdout


async def test_a_draft_is_kept_checked_published_and_compared(
    gongdan: Gongdan, tmp_path: Path
) -> None:
    file = tmp_path / "flow.yaml"
    file.write_text(FLOW.read_text().replace("code: aircon_install", "code: drafted"))
    assert (await gongdan("flow", "draft", "save", "drafted", str(file))).exit_code == 0
    stale = await gongdan("flow", "draft", "save", "drafted", str(file))
    assert "FLOW_DRAFT_STALE" in stale.stderr
    assert "drafted" in (await gongdan("flow", "draft", "list")).stdout
    early = await gongdan("flow", "draft", "publish", "drafted")
    assert "FLOW_DRAFT_UNCHECKED" in early.stderr
    assert "sound" in (await gongdan("flow", "draft", "check", "drafted")).stdout
    assert (await gongdan("flow", "draft", "publish", "drafted")).exit_code == 0
    file.write_text(file.read_text().replace("respond: 2h", "respond: 3h"))
    assert (await gongdan("flow", "draft", "save", "drafted", str(file))).exit_code == 0
    told = await gongdan("flow", "diff", "drafted", "--draft")
    assert told.stdout.strip() == "~ 节点「量房确认」的时限的响应时限由 2h 改为 3h"
    assert (await gongdan("flow", "draft", "discard", "drafted")).exit_code == 0
    assert (await gongdan("flow", "versions", "drafted")).stdout.count("drafted") == 1


async def test_a_broken_flow_is_not_published(gongdan: Gongdan, tmp_path: Path) -> None:
    (tmp_path / "flow.yaml").write_text("flow: 5\n")
    refused = await gongdan("flow", "publish", str(tmp_path))
    assert refused.exit_code == 1
    assert "not publishable" in refused.stdout


async def test_publishing_the_same_source_again_is_the_same_version(gongdan: Gongdan) -> None:
    told = await gongdan("flow", "publish", "flows/aircon_install", "--json")
    assert told.exit_code == 0, told.output
    assert json.loads(told.stdout)["version"] == 1


async def test_a_flow_is_shown_and_drawn(gongdan: Gongdan, tmp_path: Path) -> None:
    shown = await gongdan("flow", "show", "aircon_install")
    assert "技术总监二次确认" in shown.stdout
    drawn = await gongdan("flow", "draw", "aircon_install")
    assert drawn.stdout.startswith("flowchart TD")
    file = tmp_path / "flow.svg"
    await gongdan("flow", "draw", "aircon_install", "--svg", str(file))
    assert file.read_text().startswith("<svg")


async def test_the_books_are_read_and_proven(gongdan: Gongdan) -> None:
    assert "sound" in (await gongdan("ledger", "verify")).stdout
    assert (await gongdan("ledger", "transfers")).exit_code == 0
    assert (await gongdan("ledger", "balances")).exit_code == 0
    assert (await gongdan("earning", "list")).exit_code == 0


async def test_personal_data_is_revealed_for_a_purpose_only(gongdan: Gongdan) -> None:
    masked = json.loads(
        (await gongdan("customer", "show", "cu_inside", "--json", "--as", "pe_sun")).stdout
    )
    reference = masked["name_ref"]
    assert (await gongdan("customer", "reveal", reference)).exit_code == 2
    told = await gongdan(
        "customer", "reveal", reference, "--purpose", "call about the visit", "--as", "pe_sun"
    )
    assert told.stdout.strip() == "林晓雨"


async def test_a_calendar_shows_holidays_and_make_up_days(gongdan: Gongdan) -> None:
    shown = await gongdan("calendar", "show", "office", "--year", "2026")
    assert "国庆节" in shown.stdout
    assert "调休上班" in shown.stdout
    listed = await gongdan("calendar", "list")
    assert "一二三四五 09:00–18:00" in listed.stdout


async def test_working_time_is_added_and_measured_day_by_day(gongdan: Gongdan) -> None:
    added = await gongdan("calendar", "add", "2026-02-13T16:00", "8h", "--calendar", "office")
    assert added.exit_code == 0, added.output
    lines = [" ".join(line.split()) for line in added.stdout.splitlines()]
    assert "to 2026-02-14 15:00" in lines, "Saturday is worked before the Spring Festival"
    assert any(line.startswith("2026-02-13 五 09:00–18:00 2h00m") for line in lines)
    assert any(line.startswith("2026-02-14 六 09:00–18:00 6h00m 调休上班") for line in lines)
    told = await gongdan("calendar", "between", "2026-02-13T16:00", "2026-02-25", "--json")
    measured = json.loads(told.stdout)
    assert measured["worked"] == "72000s", "two hours, the Saturday, and Tuesday after it"
    assert not measured["provisional"]
    later = await gongdan("calendar", "add", "2029-12-31T17:00", "3h")
    assert "暂定" in later.stdout


async def test_a_calendar_is_edited_after_a_look_at_what_that_would_change(
    gongdan: Gongdan,
) -> None:
    day = "2027-03-03"
    look = await gongdan("calendar", "edit", "edited", "--preview")
    assert look.exit_code == 0, look.output
    assert "将成为第 1 版" in look.stdout
    assert (await gongdan("calendar", "edit", "edited", "--week", "6 10:00-16:00")).exit_code == 0
    seen = await gongdan("calendar", "edit", "edited", "--off", f"{day}=盘点", "--preview")
    assert f"将成为第 2 版；变更的日期：{day}" in seen.stdout
    done = await gongdan("calendar", "edit", "edited", "--off", f"{day}=盘点")
    assert "变更为第 2 版" in done.stdout
    shown = await gongdan("calendar", "show", "edited", "--year", "2027")
    assert "盘点" in shown.stdout
    assert "10:00–16:00" in shown.stdout
    left = await gongdan("calendar", "replanning", "edited")
    assert left.stdout.strip() == "edited 第 2 版：0 个未结个案都按它计时"
    earlier = await gongdan("calendar", "show", "edited", "--year", "2027", "--version", "1")
    assert "盘点" not in earlier.stdout
    listed = json.loads((await gongdan("calendar", "versions", "edited", "--json")).stdout)
    assert [each["version"] for each in listed["calendars"]] == [2, 1]
    wrong = await gongdan("calendar", "edit", "edited", "--work", f"{day}=nine")
    assert wrong.exit_code != 0


ONE_STEP = """
language: "1.0"
code: one_step
name: 一步
roles:
  sales: {name: 销售顾问}
stages:
  - {id: presale, name: 售前}
start: ask
nodes:
  - id: ask
    kind: form
    stage: presale
    name: 询问
    assignee: {role: sales}
    form:
      - {id: answer, kind: text, name: 回答, required: true}
  - {id: done, kind: end, stage: presale, name: 完成}
edges:
  - {from: ask, to: done}
"""


async def test_a_case_is_watched_until_it_ends(gongdan: Gongdan, as_: As, tmp_path: Path) -> None:
    (tmp_path / "flow.yaml").write_text(ONE_STEP)
    published = await gongdan("flow", "publish", str(tmp_path))
    assert published.exit_code == 0, published.output
    started = await gongdan("case", "start", "one_step", "--as", "pe_wang", "--json")
    case_id = json.loads(started.stdout)["case_id"]
    await task_of(as_("pe_wang"), case_id, "ask")
    answer = ("-i", "answer=42", "--as", "pe_wang")
    done = await gongdan("case", "act", case_id, "ask", "complete", *answer)
    assert done.exit_code == 0, done.output
    watched = await gongdan("case", "watch", case_id, "--json")
    assert watched.exit_code == 0, watched.output
    last = json.loads(watched.stdout.splitlines()[-1])
    assert last["state"] == "CASE_STATE_COMPLETED"
