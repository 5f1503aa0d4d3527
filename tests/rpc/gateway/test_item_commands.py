"""`gongdan item`: both libraries on the command line, files in and out."""

import json
from pathlib import Path

from tests.rpc.gateway.test_command_line import Gongdan, gongdan  # noqa: F401 - a fixture


async def test_an_item_is_put_changed_in_part_and_shown(gongdan: Gongdan) -> None:  # noqa: F811
    put = await gongdan(
        "item", "put", "CLI-1", "-l", "parts", "--name", "铜管", "--unit", "米", "--brand", "美的"
    )
    assert put.exit_code == 0, put.output
    changed = await gongdan("item", "put", "CLI-1", "--name", "紫铜管", "--json")
    item = json.loads(changed.stdout)
    assert (item["name"], item["brand"], item["revision"]) == ("紫铜管", "美的", 2)
    shown = await gongdan("item", "show", "CLI-1")
    assert "紫铜管" in shown.stdout
    assert "备件库" in shown.stdout
    missing = await gongdan("item", "show", "CLI-0")
    assert missing.exit_code == 1
    assert "PRICING_ITEM_MISSING" in missing.stderr


async def test_variants_and_own_fields_are_given_as_pairs(gongdan: Gongdan) -> None:  # noqa: F811
    field = await gongdan(
        "item", "field", "cli_colour", "-l", "parts", "--label", "外观颜色", "--kind", "choice",
        "--choice", "白", "--choice", "金",
    )  # fmt: skip
    assert field.exit_code == 0, field.output
    fields = await gongdan("item", "fields", "-l", "parts")
    assert "白、金" in fields.stdout
    await gongdan("item", "put", "CLI-BASE", "-l", "parts", "--name", "面板")
    variant = await gongdan(
        "item", "put", "CLI-GOLD", "-l", "parts", "--name", "金面板", "--variant-of", "CLI-BASE",
        "--option", "颜色=金", "--field", "cli_colour=金",
    )  # fmt: skip
    assert "颜色=金" in variant.stdout
    listed = await gongdan("item", "list", "-l", "parts", "--field", "cli_colour=金")
    assert "CLI-GOLD" in listed.stdout
    assert "CLI-BASE" not in listed.stdout
    wrong = await gongdan("item", "put", "CLI-GOLD", "--field", "cli_colour=黑")
    assert "PRICING_ITEM_FIELD_INVALID" in wrong.stderr
    assert "不在可选项中" in wrong.stderr


async def test_a_file_is_looked_at_imported_and_exported_again(
    gongdan: Gongdan,  # noqa: F811
    tmp_path: Path,
) -> None:
    file = tmp_path / "备件.csv"
    file.write_bytes("编码,名称,上级\r\nCLI-F1,阀门,CLI-F0\r\nCLI-F2,接头,\r\n".encode("gb18030"))
    wrong = await gongdan("item", "import", str(file), "-l", "parts")
    assert wrong.exit_code == 1
    assert "PRICING_ITEM_REFERENCE_UNKNOWN" in wrong.stdout
    assert "PRICING_IMPORT_WRONG" in wrong.stderr

    file.write_bytes(file.read_bytes().replace(b"CLI-F0", b"CLI-F2"))
    looked = await gongdan("item", "import", str(file), "-l", "parts", "--dry-run")
    assert "新增 added 2" in looked.stdout
    assert "CLI-F1" not in (await gongdan("item", "list", "CLI-F")).stdout
    done = await gongdan("item", "import", str(file), "-l", "parts", "--json")
    assert json.loads(done.stdout)["added"] == 2

    book = tmp_path / "备件.xlsx"
    exported = await gongdan("item", "export", str(book), "-l", "parts", "--words", "CLI-F")
    assert exported.exit_code == 0, exported.output
    again = await gongdan("item", "import", str(book), "-l", "parts", "--dry-run", "--json")
    assert json.loads(again.stdout)["unchanged"] == 2
    odd = await gongdan("item", "export", str(tmp_path / "备件.pdf"), "-l", "parts")
    assert "INPUT_FILE_ENDING_UNKNOWN" in odd.stderr


async def test_an_item_is_retired_and_restored(gongdan: Gongdan) -> None:  # noqa: F811
    await gongdan("item", "put", "CLI-OLD", "-l", "project", "--name", "旧项目")
    assert "停用 retired" in (await gongdan("item", "retire", "CLI-OLD")).stdout
    assert "CLI-OLD" not in (await gongdan("item", "list", "CLI-OLD")).stdout
    assert "CLI-OLD" in (await gongdan("item", "list", "CLI-OLD", "--retired", "only")).stdout
    assert "停用" not in (await gongdan("item", "restore", "CLI-OLD")).stdout
