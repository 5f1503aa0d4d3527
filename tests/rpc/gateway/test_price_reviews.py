"""Books before they are published, through the edge and on the command line."""

import json
from io import BytesIO
from pathlib import Path

import pytest
from openpyxl import load_workbook

from tests.rpc.gateway.conftest import As
from tests.rpc.gateway.test_command_line import Gongdan, gongdan  # noqa: F401 - a fixture
from tests.unit.pricing.conftest import SHIPPED

STANDARD = {"source": {"price_book_code": "standard"}}
SAMPLED = {
    "price_book": STANDARD,
    "sample": {"orders": 40, "seed": "3"},
    "group_by": "PRICE_CHANGE_GROUPING_ITEM",
}


def dearer(folder: Path) -> Path:
    """The shipped book with one price raised by half."""
    book = json.loads(SHIPPED.read_text())
    book["price_book"]["rates"][0]["list_price"]["amount_minor"] = 30_000
    file = folder / "dearer.json"
    file.write_text(json.dumps(book))
    return file


async def test_a_published_book_changes_nothing_against_itself(as_: As) -> None:
    keeper = as_("pe_zhao")
    checked = await keeper.post("/api/v1/price-reviews/check", json={"price_book": STANDARD})
    assert checked.status_code == 200, checked.text
    codes = {each["code"] for each in checked.json()["findings"]}
    assert not codes & {"PRICE_JUMP", "PRICE_NO_LONGER_PRICED"}
    change = await keeper.post("/api/v1/price-reviews/change", json=SAMPLED)
    [totals] = change.json()["totals"]
    assert totals["orders"] == 40
    assert totals["total_before"] == totals["total_after"]


async def test_progress_is_told_on_the_way_to_the_result(as_: As) -> None:
    asked = SAMPLED | {"sample": {"orders": 1200, "seed": "3"}}
    told = await as_("pe_zhao").post(
        "/api/v1/price-reviews/change", json=asked, headers={"Accept": "text/event-stream"}
    )
    names = [line[7:] for line in told.text.splitlines() if line.startswith("event: ")]
    assert names == ["progress", "progress", "progress", "end"]
    last = [json.loads(line[6:]) for line in told.text.splitlines() if line.startswith("data: ")][
        -1
    ]
    assert last["orders_done"] == 1200
    assert last["change"]["totals"][0]["orders"] == 1200


async def test_orders_of_a_month_are_grouped_by_who_did_the_work(as_: As) -> None:
    asked = {
        "price_book": STANDARD,
        "month": "2026-01",
        "group_by": "PRICE_CHANGE_GROUPING_TECHNICIAN",
    }
    told = await as_("pe_zhao").post("/api/v1/price-reviews/change", json=asked)
    assert told.status_code == 200, told.text
    assert told.json()["group_by"] == "PRICE_CHANGE_GROUPING_TECHNICIAN"


async def test_the_workbook_has_the_groups_and_a_chart(as_: As) -> None:
    told = await as_("pe_zhao").post("/api/v1/price-reviews/change.xlsx", json=SAMPLED)
    sheet = load_workbook(BytesIO(told.content))["分组 groups"]
    assert sheet["A1"].value == "分组 group"


async def test_a_field_that_does_not_exist_is_refused(as_: As) -> None:
    told = await as_("pe_zhao").post("/api/v1/price-reviews/check", json={"book": "standard"})
    assert (told.status_code, told.json()["reason"]) == (422, "FIELD_UNKNOWN")


async def test_the_command_line_checks_a_kept_book_and_asks_what_it_changes(
    gongdan: Gongdan,  # noqa: F811
    tmp_path: Path,
) -> None:
    checked = await gongdan("price", "check", "standard", "--json")
    assert json.loads(checked.stdout)["refusing"] == 0
    file = tmp_path / "change.xlsx"
    told = await gongdan("price", "what-if", "standard", "--sample", "30", "--xlsx", str(file))
    assert told.exit_code == 0, told.output
    assert "合计 all" in told.stdout
    assert load_workbook(file).sheetnames[0] == "分组 groups"


async def test_the_command_line_checks_a_file_by_itself(
    gongdan: Gongdan,  # noqa: F811
    tmp_path: Path,
) -> None:
    told = await gongdan("price", "check", str(dearer(tmp_path)), "--against", str(SHIPPED))
    assert told.exit_code == 0, told.output
    assert "PRICE_JUMP" in told.stdout
    assert "¥200.00 → ¥300.00" in told.stdout
    nothing = await gongdan("price", "check", str(SHIPPED), "--json")
    assert json.loads(nothing.stdout)["refusing"] == 0


async def test_the_command_line_asks_a_file_what_it_changes(
    gongdan: Gongdan,  # noqa: F811
    tmp_path: Path,
) -> None:
    file = dearer(tmp_path)
    told = await gongdan(
        "price", "what-if", str(file), "--against", str(SHIPPED), "--sample", "200", "--by", "item",
        "--json",
    )  # fmt: skip
    moved = [row["group"] for row in json.loads(told.stdout)["groups"] if row["dearer"]]
    assert moved == ["AC-INSTALL-STD"]
    refused = await gongdan("price", "what-if", str(file), "--month", "2026-01")
    assert refused.exit_code == 1
    assert "PRICING_ORDERS_UNKNOWN" in refused.stderr


@pytest.mark.parametrize("said", ["nonsense", '["nowhere"]', "[{"])
async def test_a_territory_that_cannot_be_read_is_refused(
    gongdan: Gongdan,  # noqa: F811
    tmp_path: Path,
    said: str,
) -> None:
    places = tmp_path / "places.json"
    places.write_text(said)
    told = await gongdan("price", "check", str(SHIPPED), "--territory", str(places))
    assert told.exit_code == 1
    assert "PRICING_FILE_MALFORMED" in told.stderr
