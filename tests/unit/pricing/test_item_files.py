"""Whatever a library holds goes out into a file and comes in again unchanged."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kit.spreadsheet.importing import Outcome
from kit.spreadsheet.reading import read_tables
from kit.spreadsheet.records import Unreadable, read_records
from kit.spreadsheet.table import Limits
from kit.spreadsheet.writing import write_csv, write_xlsx
from services.pricing.domain.item_columns import SHEETS, columns_of
from services.pricing.domain.item_fields import FieldKind, ItemField, settle
from services.pricing.domain.item_import import Plan, finish, merge, without_repeats
from services.pricing.domain.item_tree import Surroundings
from services.pricing.domain.items import Item, problems_of, settled_fields
from workflows.language.file_types import endings_of, is_reference

DEFINITIONS = (
    ItemField("power_kw", "功率(kW)", FieldKind.NUMBER),
    ItemField("made_on", "出厂日期", FieldKind.DATE),
    ItemField("original", "原厂", FieldKind.FLAG),
    ItemField("colour", "颜色", FieldKind.CHOICE, ("红", "=蓝", "'绿", "1")),
    ItemField("remark", "备注", FieldKind.TEXT),
)
COLUMNS = columns_of(DEFINITIONS)

LETTERS = st.characters(exclude_categories=["C", "Zl", "Zp"])
LINES = st.text(LETTERS, max_size=20).map(str.strip)
SOME_LINES = LINES.filter(bool)
OPTION = st.text(
    st.characters(exclude_categories=["C", "Zl", "Zp"], exclude_characters=";；=＝"), max_size=60
)
OPTIONS = st.dictionaries(
    OPTION.map(str.strip).filter(bool), OPTION.map(str.strip).filter(bool), min_size=1, max_size=3
)
VALUES = {
    "power_kw": st.decimals(-(10**8), 10**8, places=3).map(str),
    "made_on": st.dates(date(1990, 1, 1)).map(str),
    "original": st.sampled_from(["true", "false"]),
    "colour": st.sampled_from(DEFINITIONS[3].choices),
    "remark": SOME_LINES,
}
PICTURES = st.lists(st.from_regex(r"fl_[0-9a-z]{26}\.jpg", fullmatch=True), max_size=2, unique=True)


@st.composite
def items(draw: st.DrawFn) -> list[Item]:
    made: list[Item] = []
    for number in range(draw(st.integers(1, 4))):
        item = Item(
            f"{draw(st.sampled_from(['A', '中', '0']))}-{number}",
            "project_library",
            name=draw(SOME_LINES),
            unit=draw(LINES),
            parent_item_code=draw(st.sampled_from(["", *(other.item_code for other in made)])),
            fields=draw(st.fixed_dictionaries({}, optional=VALUES)),
            pictures=tuple(draw(PICTURES)),
            description="\n".join(draw(st.lists(SOME_LINES, max_size=2))),
            spec=draw(LINES),
            retired=draw(st.booleans()),
        )
        if bool(made) and draw(st.booleans()):
            options = {**draw(OPTIONS), "号": str(number)}
            item = replace(item, variant_of_item_code=made[0].item_code, variant_options=options)
        fields, problems = settled_fields(item, DEFINITIONS)
        assert not problems
        made.append(replace(item, fields=fields))
    return made


def files_of(kept: Sequence[Item]) -> list[bytes]:
    headings = [column.heading for column in COLUMNS]
    rows = [[column.write(item) for column in COLUMNS] for item in kept]
    return [write_csv(headings, rows), write_xlsx([("项目库", headings, rows)])]


def plan_of(content: bytes, kept: Sequence[Item]) -> Plan:
    [table] = read_tables(content, SHEETS["project_library"], Limits())
    reading = without_repeats(read_records(table, COLUMNS))
    existing = {item.item_code: item for item in kept}
    merged = merge(reading, "project_library", existing, DEFINITIONS)
    items = existing | {row.item.item_code: row.item for row in merged}
    return finish(reading, merged, existing, Surroundings(items))


@settings(max_examples=30)
@given(items())
def test_what_goes_out_comes_in_unchanged_and_into_an_empty_library_whole(
    kept: list[Item],
) -> None:
    for item in kept:
        assert not list(problems_of(item))
    for content in files_of(kept):
        again = plan_of(content, kept)
        assert not again.problems
        assert {row.outcome for row in again.rows} == {Outcome.UNCHANGED}
        fresh = plan_of(content, [])
        assert [row.item for row in fresh.rows] == kept
        assert {row.outcome for row in fresh.rows} == {Outcome.ADDED}


@settings(max_examples=30)
@given(items(), SOME_LINES)
def test_one_other_name_is_one_change(kept: list[Item], name: str) -> None:
    renamed = [replace(kept[0], name=name), *kept[1:]]
    [content, _] = files_of(renamed)
    changed = [row for row in plan_of(content, kept).rows if row.outcome is Outcome.CHANGED]
    told = [(one.field, one.before, one.after) for row in changed for one in row.changes]
    assert told == ([("name", kept[0].name, name)] if name != kept[0].name else [])


@given(st.sampled_from(DEFINITIONS), st.text(max_size=12))
def test_a_settled_value_settles_to_itself(definition: ItemField, text: str) -> None:
    try:
        value = settle(definition, text)
    except Unreadable:
        return
    assert settle(definition, value) == value


@pytest.mark.parametrize("ending", endings_of(()))
def test_a_picture_is_what_a_form_takes_for_an_image(ending: str) -> None:
    reference = f"fl_{'0' * 26}.{ending}"
    item = Item("A", "project_library", name="甲", pictures=(reference,))
    assert (not list(problems_of(item))) == is_reference(reference, ("image",))


@pytest.mark.parametrize(
    ("loop", "at_fault"),
    [
        ({"A": "B", "B": "C", "C": "A"}, {"A", "B", "C"}),
        ({"A": "B", "B": "C", "C": "B"}, {"B", "C"}),
    ],
)
def test_only_what_stands_in_a_loop_is_told_of_it(loop: dict[str, str], at_fault: set[str]) -> None:
    tree = {
        code: Item(code, "project_library", name=code, parent_item_code=parent)
        for code, parent in loop.items()
    }
    surroundings = Surroundings(tree)
    told = {code for code, item in tree.items() if list(surroundings.problems_of(item))}
    assert told == at_fault
