from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit.errors import InvalidArgument
from services.workorder.domain.orders.suggestion import Work, require_limit, suggest

NOW = datetime(2026, 3, 2, tzinfo=UTC)
LEAK = Work("wo_0", "cu_li", "as_1", frozenset({"aircon_repair"}), "空调漏水")
OTHER = Work("wo_9", "cu_wang", "as_9", frozenset({"lock"}), "门锁换芯", NOW)


def test_the_same_asset_counts_more_than_all_else_together() -> None:
    same_asset = replace(OTHER, work_order_id="wo_1", asset_id="as_1")
    all_else = replace(
        OTHER,
        work_order_id="wo_2",
        customer_id="cu_li",
        item_codes=LEAK.item_codes,
        words="空调漏水",
    )
    found = suggest(LEAK, [all_else, same_asset], 5)
    assert [(each.work_order_id, each.points) for each in found] == [("wo_1", 52), ("wo_2", 48)]


def test_every_point_has_its_reason() -> None:
    everything = replace(LEAK, work_order_id="wo_1", completed_at=NOW)
    (found,) = suggest(LEAK, [everything], 5)
    assert found.points == 100
    assert [(each.code, each.points) for each in found.reasons] == [
        ("same_asset", 52),
        ("same_customer", 14),
        ("same_item", 14),
        ("same_words", 20),
    ]


def test_what_has_nothing_in_common_is_not_suggested_nor_the_work_itself() -> None:
    assert suggest(LEAK, [OTHER, replace(LEAK, completed_at=NOW)], 5) == []


def test_among_equals_the_newest_comes_first() -> None:
    old = replace(OTHER, work_order_id="wo_1", asset_id="as_1")
    new = replace(old, work_order_id="wo_2", completed_at=NOW + timedelta(days=1))
    assert [each.work_order_id for each in suggest(LEAK, [old, new], 5)] == ["wo_2", "wo_1"]


def test_work_on_no_asset_is_not_of_the_same_asset() -> None:
    found = suggest(replace(LEAK, asset_id=""), [replace(OTHER, asset_id="")], 5)
    assert found == []


@given(st.text(alphabet="空调漏水门锁", max_size=12), st.text(alphabet="空调漏水门锁", max_size=12))
def test_words_in_common_are_mutual_and_within_their_points(one: str, two: str) -> None:
    def points(mine: str, theirs: str) -> int:
        found = suggest(replace(LEAK, words=mine, asset_id=""), [replace(OTHER, words=theirs)], 1)
        return found[0].points if found else 0

    assert points(one, two) == points(two, one)
    assert 0 <= points(one, two) <= 20


@pytest.mark.parametrize("limit", [-1, 21])
def test_a_limit_has_its_limits(limit: int) -> None:
    assert require_limit(0) == 5
    with pytest.raises(InvalidArgument):
        require_limit(limit)
