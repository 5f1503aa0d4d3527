"""How fast cases are told of an edit of their calendar."""

import pytest

from workflows.activities.replanning import pause_after


@pytest.mark.parametrize(
    ("lag", "pause"),
    [
        (0.01, 0.05),  # they take it at once: as fast as is allowed
        (0.3, 0.3),  # they take long: half of the time is for others
        (9.0, 2.0),  # they do not take it at all, and are told all the same
    ],
)
def test_the_next_case_is_told_no_sooner_than_the_last_took_it(lag: float, pause: float) -> None:
    assert pause_after(lag, per_second=20) == pause
