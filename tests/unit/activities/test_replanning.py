"""How fast cases are told of an edit of their calendar."""

import pytest

from workflows.activities.replanning import next_pause


@pytest.mark.parametrize(
    ("behind", "pause"), [(0, 0.08), (1, 0.08), (2, 0.1), (3, 0.15), (10, 0.15)]
)
def test_cases_are_told_slower_while_they_fall_behind_and_faster_while_they_keep_up(
    behind: int, pause: float
) -> None:
    assert next_pause(0.1, behind, per_second=20) == pytest.approx(pause)


def test_never_faster_than_is_allowed_and_never_not_at_all() -> None:
    assert next_pause(0.05, 0, per_second=20) == 0.05
    assert next_pause(2.0, 10, per_second=20) == 2.0
