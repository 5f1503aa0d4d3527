from datetime import UTC, datetime, timedelta

import pytest

from services.notify.domain.delivery import (
    Answer,
    Due,
    GiveUp,
    Go,
    Outcome,
    Wait,
    after_attempt,
    before_attempt,
)

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
DUE = Due(queued_at=NOW, first_unclear_at=None, wecom_userid="zhangshifu")


def test_a_due_delivery_goes_out() -> None:
    assert before_attempt(DUE, [], NOW) == Go()


def test_somebody_without_a_userid_is_waited_for() -> None:
    decision = before_attempt(Due(NOW, None, ""), [], NOW)
    assert isinstance(decision, Wait)
    assert decision.until > NOW
    assert "no WeCom userid" in decision.reason


def test_a_member_at_the_limit_waits_and_the_wait_is_an_outcome() -> None:
    decision = before_attempt(DUE, [NOW] * 30, NOW)
    assert isinstance(decision, Wait)
    assert (decision.until, decision.outcome) == (NOW + timedelta(minutes=1), Outcome.LIMITED)


def test_a_message_a_day_old_is_given_up() -> None:
    assert isinstance(before_attempt(DUE, [], NOW + timedelta(hours=24, seconds=1)), GiveUp)


def test_an_unclear_message_is_repeated_only_while_the_channel_recognises_it() -> None:
    unclear = Due(NOW, first_unclear_at=NOW, wecom_userid="zhangshifu")
    assert before_attempt(unclear, [], NOW + timedelta(minutes=29)) == Go()
    assert isinstance(before_attempt(unclear, [], NOW + timedelta(minutes=30)), GiveUp)


def test_a_sent_message_needs_nothing_more() -> None:
    assert after_attempt(Answer(Outcome.SENT), 1, NOW, 0) is None


def test_a_final_refusal_is_the_end_and_keeps_its_words() -> None:
    refused = Answer(Outcome.REFUSED, 81013, "81013 all recipients invalid", final=True)
    assert after_attempt(refused, 1, NOW, 0) == GiveUp("refused: 81013 all recipients invalid")


@pytest.mark.parametrize(
    ("attempt", "seconds"), [(1, 1), (2, 2), (3, 4), (9, 256), (10, 300), (1000, 300)]
)
def test_pauses_double_up_to_five_minutes(attempt: int, seconds: int) -> None:
    decision = after_attempt(Answer(Outcome.UNREACHABLE), attempt, NOW, 0)
    assert isinstance(decision, Wait)
    assert decision.until == NOW + timedelta(seconds=seconds)


def test_jitter_spreads_a_pause_by_at_most_half() -> None:
    decision = after_attempt(Answer(Outcome.UNREACHABLE), 1, NOW, 1)
    assert isinstance(decision, Wait)
    assert decision.until == NOW + timedelta(seconds=1.5)


def test_a_channel_that_wants_silence_is_not_tried_before_it() -> None:
    too_often = Answer(Outcome.REFUSED, 45009, pause=timedelta(seconds=60))
    decision = after_attempt(too_often, 1, NOW, 0)
    assert isinstance(decision, Wait)
    assert decision.until == NOW + timedelta(seconds=60)
