"""What holds beside the price books: modes, freezes, coupons, exchange rates, region policies."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit.errors import FailedPrecondition, InvalidArgument
from services.pricing.domain.policies import coupons, exchange_rates, freezes, price_modes
from services.pricing.domain.policies.price_modes import ModeSwitch, mode_at
from services.pricing.domain.policies.region_policies import (
    RegionPolicy,
    SettlementCycle,
    check_region_policy,
    policy_at,
)
from services.pricing.domain.policies.terms import Term
from services.pricing.domain.taxes import ExchangeRate

NOW = datetime(2026, 11, 1, tzinfo=UTC)
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
PLACES = ("BJ-RING5", "110105", "110100", "110000", "CN-NORTH", "CN")


def day(number: float) -> datetime:
    return NOW + number * DAY


# -- terms


def test_a_term_holds_from_its_beginning_until_before_its_end() -> None:
    term = Term(NOW, day(1), day(2))
    tick = timedelta(microseconds=1)
    assert not term.holds(day(1) - tick, day(9))
    assert term.holds(day(1), day(9))
    assert term.holds(day(2) - tick, day(9))
    assert not term.holds(day(2), day(9))


def test_what_was_not_recorded_yet_does_not_hold_as_known_then() -> None:
    term = Term(day(1), day(1))
    assert term.holds(day(2), known_at=day(1))
    assert not term.holds(day(2), known_at=day(0.5))


def test_what_was_ended_later_holds_as_known_before() -> None:
    term = Term(NOW, NOW, day(7), ended_at=day(3))
    assert term.holds(day(5), known_at=day(2))
    assert not term.holds(day(5), known_at=day(3))
    assert term.holds(day(2), known_at=day(9))


def test_what_is_ended_before_it_begins_never_holds() -> None:
    term = Term(NOW, day(2), day(3), ended_at=day(1))
    assert not any(term.holds(day(at / 4), known_at=day(9)) for at in range(20))


@given(st.lists(st.integers(0, 40), min_size=4, max_size=4), st.integers(0, 50))
def test_nothing_is_changed_at_instants_before_the_edit(spans: list[int], at: int) -> None:
    """What held at an instant by what was known then holds ever after."""
    recorded, begins, ends, ended = sorted(spans[:1]) + sorted(spans[1:])
    begins = max(begins, recorded)
    term = Term(day(recorded), day(begins), day(max(ends, begins + 1)))
    undone = replace(term, ended_at=day(max(ended, recorded)))
    if at < max(ended, recorded):
        assert term.holds(day(at), day(at)) == undone.holds(day(at), day(99))


# -- price modes


def switched(mode: str, begins: float = 0, ends: float | None = None, **scope: str) -> ModeSwitch:
    of = {"place_code": "", "sales_channel": "", "cooperation_mode": ""} | scope
    until = None if ends is None else day(ends)
    return ModeSwitch(f"pm_{mode}{begins}", mode, term=Term(NOW, day(begins), until), **of)


def mode(switches: list[ModeSwitch], at: float) -> str:
    return mode_at(
        switches,
        day(at),
        day(99),
        places=PLACES,
        sales_channel="tmall",
        cooperation_mode="franchise",
    )


def test_without_a_switch_there_is_no_mode() -> None:
    assert mode([], 1) == ""
    assert mode([switched("promotion_season", 2)], 1) == ""


def test_a_mode_returns_to_what_was_before_when_its_time_is_over() -> None:
    switches = [switched("daily"), switched("promotion_season", 10, 12)]
    assert [mode(switches, at) for at in (9, 10, 11, 12)] == [
        "daily", "promotion_season", "promotion_season", "daily",
    ]  # fmt: skip


def test_the_finer_place_decides_before_anything_else() -> None:
    ladder = [
        switched("country", 9, place_code="CN"),
        switched("province", 8, place_code="110000"),
        switched("city", 7, place_code="110100"),
        switched("ring", 6, place_code="BJ-RING5"),
    ]
    everywhere = switched("anywhere", 10, sales_channel="tmall", cooperation_mode="franchise")
    while ladder:
        assert mode([*ladder, everywhere], 20) == ladder[-1].mode_code
        ladder.pop()
    assert mode([everywhere], 20) == "anywhere"


def test_the_channel_decides_before_the_cooperation_mode() -> None:
    channel = switched("channel", 1, sales_channel="tmall")
    cooperation = switched("cooperation", 2, cooperation_mode="franchise")
    both = switched("both", 0, sales_channel="tmall", cooperation_mode="franchise")
    assert mode([channel, cooperation], 5) == "channel"
    assert mode([channel, cooperation, both], 5) == "both"


def test_a_switch_for_others_does_not_count() -> None:
    others = [
        switched("a", place_code="310000"),
        switched("b", sales_channel="store"),
        switched("c", cooperation_mode="direct"),
    ]
    assert mode(others, 1) == ""


def test_of_equals_the_one_that_began_last_counts_whatever_their_order() -> None:
    switches = [switched("first", 1), switched("second", 2), switched("third", 3, 4)]
    for order in permutations(switches):
        assert [mode(list(order), at) for at in (1, 2, 3, 4)] == [
            "first", "second", "third", "second",
        ]  # fmt: skip


@pytest.mark.parametrize(
    ("begins", "ends", "field"), [(-1, None, "begins_at"), (1, 1, "ends_at"), (2, 1, "ends_at")]
)
def test_a_switch_neither_reaches_back_nor_ends_first(
    begins: float, ends: float | None, field: str
) -> None:
    with pytest.raises(InvalidArgument) as refused:
        price_modes.check_span(day(begins), None if ends is None else day(ends), NOW)
    assert refused.value.field == field


def test_a_switch_is_undone_once() -> None:
    price_modes.check_undo(Term(NOW, day(1), day(2)), NOW)
    for over in (Term(NOW, NOW, day(1)), Term(NOW, NOW, ended_at=day(1))):
        with pytest.raises(FailedPrecondition, match="PRICING_SWITCH_OVER"):
            price_modes.check_undo(over, day(1))


# -- freezes

POLICY = freezes.ProtectionPolicy(1, 3, 30, 7, freezes.Reach.DISTRICT)


def test_the_third_cancellation_freezes_for_a_week() -> None:
    assert [POLICY.freezes_until(count, NOW, NOW) for count in (1, 2)] == [None, None]
    assert POLICY.freezes_until(3, NOW, NOW) == day(7)
    assert POLICY.freezes_until(4, NOW, NOW) == day(7)


def test_cancellations_of_long_ago_freeze_nothing_now() -> None:
    assert POLICY.freezes_until(3, NOW, day(6)) == day(7)
    assert POLICY.freezes_until(3, NOW, day(7)) is None


def test_a_protection_of_none_never_freezes() -> None:
    assert replace(POLICY, cancellation_count=0).freezes_until(99, NOW, NOW) is None


@pytest.mark.parametrize(
    ("path", "reach", "region"),
    [
        (PLACES[1:], freezes.Reach.DISTRICT, "110105"),
        (PLACES[1:], freezes.Reach.CITY, "110100"),
        (PLACES[1:], freezes.Reach.PROVINCE, "110000"),
        (("441900", "440000", "CN-SOUTH", "CN"), freezes.Reach.DISTRICT, "441900"),
        (("440000", "CN-SOUTH", "CN"), freezes.Reach.CITY, "440000"),
        ((), freezes.Reach.DISTRICT, ""),
    ],
)
def test_a_region_is_the_part_of_a_path_that_the_protection_reaches(
    path: tuple[str, ...], reach: freezes.Reach, region: str
) -> None:
    assert freezes.region_of(path, reach) == region


def test_a_fingerprint_tells_the_same_address_again_and_not_which_it_is() -> None:
    assert freezes.fingerprint("ad_1") == freezes.fingerprint("ad_1")
    assert freezes.fingerprint("ad_1") != freezes.fingerprint("ad_2")
    assert "ad_1" not in freezes.fingerprint("ad_1")


def test_a_freeze_is_said_by_its_end_or_its_length() -> None:
    assert freezes.check_freeze("110100", day(3), 0, NOW) == day(3)
    assert freezes.check_freeze("110100", None, 5, NOW) == NOW + 5 * HOUR


@pytest.mark.parametrize(
    ("place", "until", "hours", "field"),
    [
        ("", day(1), 0, "place_code"),
        ("110100", None, 0, "until"),
        ("110100", day(1), 5, "until"),
        ("110100", None, -5, "hours"),
        ("110100", NOW, 0, "until"),
        ("110100", day(400), 0, "until"),
        ("110100", None, 2_000_000_000, "hours"),
    ],
)
def test_a_freeze_of_nowhere_or_without_end_is_refused(
    place: str, until: datetime | None, hours: int, field: str
) -> None:
    with pytest.raises(InvalidArgument, match="PRICING_FREEZE_INVALID") as refused:
        freezes.check_freeze(place, until, hours, NOW)
    assert refused.value.field == field


def test_a_protection_without_a_window_is_refused() -> None:
    freezes.check_protection(POLICY)
    with pytest.raises(InvalidArgument) as refused:
        freezes.check_protection(replace(POLICY, within_days=0))
    assert refused.value.field == "protection_policy.within_days"


# -- coupons


def test_made_codes_are_different_and_have_no_letters_that_look_like_others() -> None:
    codes = coupons.generate_codes(2_000)
    assert len(set(codes)) == 2_000
    assert {len(code) for code in codes} == {12}
    assert not set("".join(codes)) & set("01OILU")


@pytest.mark.parametrize("written", ["abcd-2345", " ABCD 2345 ", "AbCd2345"])
def test_a_code_is_the_same_however_it_is_written(written: str) -> None:
    assert coupons.settled_code(written) == "ABCD2345"


@pytest.mark.parametrize(
    ("written", "count", "field"),
    [
        ([], 0, "codes"),
        (["ABCD"], 5, "codes"),
        (["ABCD", "abc"], 0, "codes[1]"),
        (["ABCD", "WXYZ", "ab-cd"], 0, "codes[2]"),
        ([], 10_001, "generated_count"),
        ([], -1, "generated_count"),
    ],
)
def test_codes_that_cannot_be_are_named(written: list[str], count: int, field: str) -> None:
    with pytest.raises(InvalidArgument, match="PRICING_COUPONS_INVALID") as refused:
        coupons.wanted_codes(written, count)
    assert refused.value.field == field


COUPON = coupons.Coupon("ABCD", "AUTUMN", day(1), day(2), has_left=True)


@pytest.mark.parametrize(
    ("coupon", "at", "reason"),
    [
        (COUPON, day(0), "PRICING_COUPON_NOT_YET"),
        (COUPON, day(2), "PRICING_COUPON_EXPIRED"),
        (replace(COUPON, has_left=False), day(1), "PRICING_COUPON_EXHAUSTED"),
    ],
)
def test_a_coupon_that_cannot_be_used_says_why(
    coupon: coupons.Coupon, at: datetime, reason: str
) -> None:
    coupons.check_usable(COUPON, "abcd", day(1), "coupon_code")
    with pytest.raises(FailedPrecondition, match=reason) as refused:
        coupons.check_usable(coupon, "abcd", at, "facts.coupon_codes[0]")
    assert refused.value.field == "facts.coupon_codes[0]"


def test_a_customer_has_so_many_and_no_more() -> None:
    coupons.check_customer(1, 2, "ABCD")
    coupons.check_customer(99, 0, "ABCD")
    with pytest.raises(FailedPrecondition, match="PRICING_COUPON_LIMIT_REACHED"):
        coupons.check_customer(2, 2, "ABCD")


# -- exchange rates


def recorded(
    ratio: str, valid: float, known: float = 0, *, pair: str = "CNYTHB", inverse: bool = False
) -> exchange_rates.RecordedRate:
    rate = ExchangeRate(f"er_{ratio}", pair[:3], pair[3:], ratio, day(valid))
    return exchange_rates.RecordedRate(rate, inverse, day(known), int(known * 10 + valid))


def ratio(
    rates: list[exchange_rates.RecordedRate], at: float, known: float = 99, pair: str = "CNYTHB"
) -> str | None:
    found = exchange_rates.rate_at(rates, pair[:3], pair[3:], day(at), day(known))
    return found.ratio if found else None


def test_the_rate_that_began_last_counts() -> None:
    rates = [recorded("4.9", 3), recorded("4.8", 1), recorded("4.7", 0)]
    assert [ratio(rates, at) for at in (-1, 0, 1, 2, 3, 9)] == [
        None, "4.7", "4.8", "4.8", "4.9", "4.9",
    ]  # fmt: skip


def test_a_correction_counts_from_when_it_was_known() -> None:
    rates = [recorded("4.8", 1, known=1), recorded("4.6", 1, known=3)]
    assert ratio(rates, 2, known=2) == "4.8"
    assert ratio(rates, 2, known=3) == "4.6"


def test_an_inverse_counts_only_where_it_is_declared_and_there_is_no_rate_of_its_own() -> None:
    other_way = recorded("0.2045", 1, pair="THBCNY")
    assert ratio([other_way], 2) is None
    declared = replace(other_way, inverse_too=True)
    assert Fraction(ratio([declared], 2) or 0) == 1 / Fraction("0.2045")
    assert ratio([declared, recorded("4.8", 0)], 2) == "4.8"


@pytest.mark.parametrize(
    ("one", "other", "written", "source", "field"),
    [
        ("CNY", "CNY", "1", "x", "to_currency"),
        ("XXX", "CNY", "1", "x", "from_currency"),
        ("CNY", "THB", "0", "x", "ratio"),
        ("CNY", "THB", "-4.8", "x", "ratio"),
        ("CNY", "THB", "4,8", "x", "ratio"),
        ("CNY", "THB", "1/3", "x", "ratio"),
        ("CNY", "THB", "4.8", " ", "source"),
    ],
)
def test_a_rate_nobody_could_compute_with_is_refused(
    one: str, other: str, written: str, source: str, field: str
) -> None:
    with pytest.raises(InvalidArgument, match="PRICING_EXCHANGE_RATE_INVALID") as refused:
        exchange_rates.check_rate(one, other, written, source)
    assert refused.value.field == f"exchange_rate.{field}"


# -- region policies


def test_the_policy_of_the_finest_place_counts_and_of_it_the_last() -> None:
    policies = [
        RegionPolicy("north", "CN-NORTH", day(5), 3),
        RegionPolicy("city", "110100", day(1), 1),
        RegionPolicy("city later", "110100", day(3), 2),
        RegionPolicy("city corrected", "110100", day(3), 4),
    ]
    found = [policy_at(policies, PLACES, day(at)) for at in (0, 2, 4)]
    assert [each and each.region_policy_id for each in found] == [None, "city", "city corrected"]
    assert policy_at(policies, ("310000", "CN-EAST", "CN"), day(9)) is None


@pytest.mark.parametrize(
    ("place", "cycle", "begins", "field"),
    [
        ("", SettlementCycle.WEEKLY, 0, "place_code"),
        ("110100", None, 0, "settlement_cycle"),
        ("110100", SettlementCycle.WEEKLY, -1, "effective_from"),
    ],
)
def test_a_region_policy_without_place_or_cycle_or_of_the_past_is_refused(
    place: str, cycle: SettlementCycle | None, begins: float, field: str
) -> None:
    with pytest.raises(InvalidArgument) as refused:
        check_region_policy(place, cycle, day(begins), NOW)
    assert refused.value.field == f"region_policy.{field}"
