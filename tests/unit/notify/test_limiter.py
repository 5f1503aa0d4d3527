from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from services.notify.domain.limiter import WECOM_MEMBER_LIMITS, next_free_instant

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def test_a_member_who_got_little_may_get_more_at_once() -> None:
    assert next_free_instant([NOW - SECOND] * 29, NOW) == NOW


def test_the_thirty_first_message_waits_until_the_first_is_a_minute_old() -> None:
    arrivals = [NOW - 20 * SECOND, *[NOW - 5 * SECOND] * 29]
    assert next_free_instant(arrivals, NOW) == NOW + 40 * SECOND


def test_the_thousand_and_first_waits_for_the_hour() -> None:
    arrivals = [NOW - timedelta(minutes=50)] + [NOW - timedelta(minutes=30)] * 999
    assert next_free_instant(arrivals, NOW) == NOW + timedelta(minutes=10)


def test_a_message_that_may_still_be_arriving_counts_from_its_latest_arrival() -> None:
    arrivals = [NOW + 15 * SECOND] * 30
    assert next_free_instant(arrivals, NOW) == NOW + 75 * SECOND


@given(gaps=st.lists(st.integers(min_value=0, max_value=9), min_size=1, max_size=120))
def test_whatever_the_demand_no_window_ever_holds_more_than_its_limit(gaps: list[int]) -> None:
    sent: list[datetime] = []
    now = NOW
    for gap in gaps:
        now = max(now + gap * SECOND, next_free_instant(sent, now + gap * SECOND))
        sent.append(now)
    for limit in WECOM_MEMBER_LIMITS:
        for index, at in enumerate(sent[limit.count :]):
            assert at - sent[index] >= limit.window
