"""Nobody asks too often; whoever waits a moment may ask again."""

import pytest

from kit.errors import ResourceExhausted
from services.gateway.pace import Pace


def test_a_burst_is_served_and_then_so_many_a_second() -> None:
    now = 0.0
    pace = Pace(3, 2, lambda: now)
    for _ in range(3):
        pace.take("pe_yun")
    with pytest.raises(ResourceExhausted):
        pace.take("pe_yun")
    pace.take("pe_other")
    now = 0.5
    pace.take("pe_yun")
    with pytest.raises(ResourceExhausted):
        pace.take("pe_yun")


def test_a_long_rest_saves_up_no_more_than_a_burst() -> None:
    now = 0.0
    pace = Pace(2, 1, lambda: now)
    pace.take("pe_yun")
    now = 3600.0
    for _ in range(2):
        pace.take("pe_yun")
    with pytest.raises(ResourceExhausted):
        pace.take("pe_yun")
