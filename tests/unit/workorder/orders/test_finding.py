from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from services.workorder.domain.orders.finding import (
    Findable,
    id_term,
    is_told_by_terms,
    search_text,
    terms_of,
    word_terms,
)

ORDER = Findable(
    ids=("wo_01jdk3aaaaaaaaaaaaaaaaaaaa", "ca_01jdk3bbbbbbbbbbbbbbbbbbbb", "cu_li"),
    state="created",
    stage="install",
    source="shop",
    customer_id="cu_li",
    asset_id="",
    team_id="tm_a",
    outlet_id="",
    place_codes=["110105", "110000"],
    technician_ids=[],
    item_codes=["aircon_standard"],
    search_text=search_text("客厅空调安装", ["标准 AC-200"], "北京市朝阳区"),
)


@given(st.text(alphabet="客厅空调安装北京AC2 -", min_size=1), st.data())
def test_whatever_stands_in_the_text_has_its_terms(text: str, data: st.DataObject) -> None:
    written = search_text(text, [], "")
    terms = set(terms_of(replace(ORDER, search_text=written)))
    start = data.draw(st.integers(0, len(written)))
    for word in written[start : data.draw(st.integers(start, len(written)))].split():
        assert terms.issuperset(word_terms(word))


def test_one_and_two_characters_are_told_by_their_terms_alone() -> None:
    assert is_told_by_terms("空")
    assert is_told_by_terms("空调")
    assert not is_told_by_terms("空调安")
    assert not is_told_by_terms("ac-200")


def test_ids_are_found_whole_and_by_their_ends() -> None:
    terms = terms_of(ORDER)
    assert id_term("wo_01jdk3aaaaaaaaaaaaaaaaaaaa") in terms
    assert id_term("bbbbbbbb") in terms
    assert id_term("bbb") == ""


def test_what_is_not_there_has_no_term() -> None:
    terms = terms_of(ORDER)
    assert "team:tm_a" in terms
    assert not [term for term in terms if term.startswith(("asset:", "outlet:", "technician:"))]


def test_places_are_found_by_everything_they_lie_in() -> None:
    assert {"at:110105", "at:110000"} <= set(terms_of(ORDER))
