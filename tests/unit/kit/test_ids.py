from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from kit.ids import new_id

START = datetime(2026, 11, 21, 9, tzinfo=UTC)


@given(st.integers(min_value=1, max_value=10**10))
def test_an_id_made_later_sorts_later(milliseconds: int) -> None:
    later = START + timedelta(milliseconds=milliseconds)
    assert new_id("wo", START) < new_id("wo", later)


def test_ids_made_in_one_instant_differ() -> None:
    assert len({new_id("wo", START) for _ in range(1000)}) == 1000


def test_an_id_names_its_kind() -> None:
    assert new_id("ca", START).startswith("ca_")
    assert len(new_id("ca", START)) == 29
