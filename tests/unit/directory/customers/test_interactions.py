from datetime import UTC, datetime, timedelta

import pytest

from kit.errors import InvalidArgument
from services.directory.domain.interactions import Happening, Kind, check_happening, shown_since

NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)


def happening(**changes: object) -> Happening:
    return Happening(
        **{
            "customer_id": "cu_1",
            "kind": Kind.NOTE,
            "occurred_at": NOW,
            "source": "manual",
            "source_id": "it_1",
            "source_revision": 0,
            "title": "回访",
            **changes,
        }  # type: ignore[arg-type]  # by name
    )


def test_what_happened_may_be_recorded() -> None:
    check_happening(happening(rating=5, details="很满意"), NOW)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"title": ""}, "title"),
        ({"title": "长" * 201}, "title"),
        ({"details": "长" * 4001}, "details"),
        ({"source": "workorder"}, "source"),
        ({"source_revision": -1}, "source_revision"),
        ({"rating": 6}, "rating"),
        ({"occurred_at": NOW + timedelta(seconds=1)}, "occurred_at"),
    ],
)
def test_what_cannot_stand_in_a_timeline_is_refused(changes: dict[str, object], field: str) -> None:
    with pytest.raises(InvalidArgument, match="INTERACTION_INVALID") as refusal:
        check_happening(happening(**changes), NOW)
    assert refusal.value.field == field


def test_a_timeline_begins_three_years_back_at_the_beginning_of_the_day() -> None:
    assert shown_since(NOW).isoformat() == "2023-03-02T00:00:00+08:00"


def test_of_a_leap_day_it_begins_on_the_day_before() -> None:
    leap = datetime(2028, 2, 29, 4, 0, tzinfo=UTC)
    assert shown_since(leap).isoformat() == "2025-02-28T00:00:00+08:00"
