"""`gongdan price-book`: drafts, comparisons and files on the command line."""

import json
from pathlib import Path

from openpyxl import load_workbook

from tests.rpc.gateway.test_command_line import Gongdan, gongdan  # noqa: F401 - a fixture

PUT = {
    "put": {
        "rate": {
            "item_code": "AC-INSTALL-STD",
            "place_code": "330100",
            "list_price": {"currency": "CNY", "amount_minor": 19000},
            "settlement_price": {"currency": "CNY", "amount_minor": 13000},
        }
    }
}


async def a_draft(gongdan: Gongdan, book: str, *more: str) -> str:  # noqa: F811
    made = await gongdan("price-book", "draft", "create", book, *more, "--json")
    assert made.exit_code == 0, made.output
    return str(json.loads(made.stdout)["draft_id"])


async def test_a_copy_is_edited_reviewed_published_and_rolled_back(
    gongdan: Gongdan,  # noqa: F811
    tmp_path: Path,
) -> None:
    book = "price-book", "draft"
    draft = await a_draft(gongdan, "cli-east", "--copy-of", "standard", "--title", "华东")
    edits = tmp_path / "edits.json"
    edits.write_text(json.dumps([PUT]))
    edited = await gongdan(*book, "edit", draft, str(edits))
    assert edited.exit_code == 0, edited.output
    assert (await gongdan(*book, "undo", draft)).exit_code == 0
    assert (await gongdan(*book, "redo", draft)).exit_code == 0
    shown = await gongdan(*book, "show", draft)
    assert "AC-INSTALL-STD@330100" in shown.stdout
    assert "新增" in shown.stdout
    assert "待审核" in (await gongdan(*book, "submit", draft)).stdout
    own = await gongdan(*book, "review", draft, "--approve")
    assert "PRICING_FOUR_EYES" in own.stderr
    approved = await gongdan(*book, "review", draft, "--approve", "--as", "pe_zheng")
    assert "已批准" in approved.stdout, approved.output
    assert "cli-east v1" in (await gongdan(*book, "publish", draft)).stdout
    listed = await gongdan("price-book", "list")
    assert "cli-east" in listed.stdout
    rates = await gongdan("price-book", "show", "cli-east", "--place", "330100")
    assert "190.00" in rates.stdout
    assert "1" in (await gongdan("price-book", "versions", "cli-east")).stdout
    nothing = await gongdan(*book, "rebase", await a_draft(gongdan, "cli-east", "--roll-back", "1"))
    assert nothing.exit_code == 0, nothing.output


async def test_a_book_is_compared_exported_and_imported(
    gongdan: Gongdan,  # noqa: F811
    tmp_path: Path,
) -> None:
    draft = await a_draft(gongdan, "maintenance")
    file = tmp_path / "价目.xlsx"
    assert (await gongdan("price-book", "export", "maintenance", str(file))).exit_code == 0
    same = await gongdan("price-book", "draft", "import", draft, str(file), "--dry-run")
    assert "新增 added 0 · 修改 changed 0" in same.stdout, same.output
    sheet = load_workbook(file)
    headings = {cell.value: number for number, cell in enumerate(sheet["价格"][1], start=1)}
    sheet["价格"].cell(2, headings["标价 list price"], "很多")
    sheet.save(file)
    wrong = await gongdan("price-book", "draft", "import", draft, str(file))
    assert wrong.exit_code == 1
    assert "SHEET_CELL_INVALID" in wrong.stdout
    sheet["价格"].cell(2, headings["标价 list price"], 321)
    sheet.save(file)
    done = await gongdan("price-book", "draft", "import", draft, str(file))
    assert done.exit_code == 0, done.output
    told = await gongdan("price-book", "compare", "maintenance", draft)
    assert "321.00 CNY" in told.stdout
    out = tmp_path / "对比.xlsx"
    compared = await gongdan("price-book", "compare", "maintenance", draft, "--out", str(out))
    assert compared.exit_code == 0, compared.output
    assert load_workbook(out).sheetnames == ["对比"]
    rates = tmp_path / "rates.csv"
    assert (await gongdan("price-book", "export", draft, str(rates))).exit_code == 0
    assert "321" in rates.read_text("utf-8-sig")
    assert "已作废" in (await gongdan("price-book", "draft", "discard", draft)).stdout
    assert draft in (await gongdan("price-book", "draft", "list", "--book", "maintenance")).stdout


async def test_two_drafts_that_change_the_same_rule_and_a_draft_that_changes_nothing(
    gongdan: Gongdan,  # noqa: F811
    tmp_path: Path,
) -> None:
    book = "price-book", "draft"
    first = await a_draft(gongdan, "cli-both", "--copy-of", "standard")
    assert (await gongdan(*book, "submit", first)).exit_code == 0
    await gongdan(*book, "review", first, "--approve", "--as", "pe_zheng")
    assert (await gongdan(*book, "publish", first)).exit_code == 0
    empty = await a_draft(gongdan, "cli-both")
    refused = await gongdan(*book, "submit", empty)
    assert "PRICING_DRAFT_UNCHANGED" in refused.stderr, refused.output
    edits = tmp_path / "edits.json"
    drafts = []
    for price in (19_000, 18_000):
        drafts.append(await a_draft(gongdan, "cli-both"))
        put = {"put": {"rate": PUT["put"]["rate"] | {"list_price": yuan(price)}}}
        edits.write_text(json.dumps([put]))
        assert (await gongdan(*book, "edit", drafts[-1], str(edits))).exit_code == 0
    theirs, mine = drafts
    assert (await gongdan(*book, "submit", theirs)).exit_code == 0
    await gongdan(*book, "review", theirs, "--approve", "--as", "pe_zheng")
    assert (await gongdan(*book, "publish", theirs)).exit_code == 0
    both = await gongdan(*book, "rebase", mine, "--dry-run")
    assert "AC-INSTALL-STD@330100" in both.stdout
    bad = await gongdan(*book, "rebase", mine, "--theirs", "AC-INSTALL-STD@330100")
    assert "KIND:CODE" in bad.stderr
    kept = await gongdan(
        *book, "rebase", mine, "--theirs", "rate:AC-INSTALL-STD@330100/*/*/*", "--json"
    )
    assert kept.exit_code == 0, kept.output
    assert json.loads(kept.stdout)["draft"]["changed_rules"] == 0


async def test_who_may_price_locally_is_put_listed_and_ended(gongdan: Gongdan) -> None:  # noqa: F811
    made = await gongdan(
        *("price-book", "delegation", "put", "330000/CN-EAST/CN", "--person", "pe_zhao"),
        *("--least", "-0.1", "--most", "0.15", "--list-only", "--as", "pe_zheng", "--json"),
    )
    assert made.exit_code == 0, made.output
    delegation = json.loads(made.stdout)["delegation_id"]
    listed = await gongdan("price-book", "delegation", "list", "--person", "pe_zhao")
    assert delegation in listed.stdout
    assert "-0.1 ～ 0.15" in listed.stdout
    ended = await gongdan(
        "price-book", "delegation", "end", delegation, "--as", "pe_zheng", "--json"
    )
    assert json.loads(ended.stdout)["valid_until"], ended.output
    unknown = await gongdan("price-book", "delegation", "end", "dg_none", "--as", "pe_zheng")
    assert "PRICING_DELEGATION_UNKNOWN" in unknown.stderr


def yuan(minor: int) -> dict[str, object]:
    return {"currency": "CNY", "amount_minor": minor}
