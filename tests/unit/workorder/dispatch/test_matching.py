"""Who can do the work and who best: the rules one by one, and the whole against a plain scorer."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.workorder.domain.dispatch import matching
from services.workorder.domain.dispatch.facts import Facts, OutletTerms, Skill
from services.workorder.domain.dispatch.hours import FOREVER
from services.workorder.domain.dispatch.need import Need
from services.workorder.domain.dispatch.policy import Factor
from services.workorder.domain.dispatch.rules import Exclusion
from services.workorder.domain.geo import Point
from services.workorder.domain.registry.skill import RequiredSkill
from services.workorder.domain.registry.working_hours import Stretch
from tests.unit.workorder.dispatch import obvious
from tests.unit.workorder.dispatch.asking import (
    HERE,
    NOW,
    POLICY,
    TODAY,
    companies,
    hours,
    need,
    needs,
    ranked,
    roster,
    technician,
)
from tests.unit.workorder.patience import PATIENT

MONDAY_AFTERNOON = (Stretch(1, 13 * 60, 18 * 60),)


def kept_out(one: Facts, asked: Need | None = None) -> dict[Exclusion, int]:
    ranking = ranked([one], asked)
    assert len(ranking.technician_ids) + sum(ranking.excluded.values()) == 1
    return dict(ranking.excluded)


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"active": False}, Exclusion.INACTIVE),
        ({"skills": {}}, Exclusion.SKILL_MISSING),
        ({"skills": {"install": Skill(1)}}, Exclusion.SKILL_LEVEL_TOO_LOW),
        ({"skills": {"install": Skill(2, NOW - 1)}}, Exclusion.CERTIFICATE_EXPIRED),
        ({"territory_codes": frozenset({"310000"})}, Exclusion.OUT_OF_TERRITORY),
        ({"territory_codes": frozenset()}, Exclusion.OUT_OF_TERRITORY),
        ({"outlet": OutletTerms(contract=(0, NOW))}, Exclusion.OUTLET_WITHOUT_CONTRACT),
        ({"outlet": OutletTerms(contract=(NOW + 1, FOREVER))}, Exclusion.OUTLET_WITHOUT_CONTRACT),
        ({"outlet": OutletTerms(suspended=True)}, Exclusion.OUTLET_WITHOUT_CONTRACT),
        ({"outlet": OutletTerms(brand_codes=frozenset({"gree"}))}, Exclusion.BRAND_NOT_AUTHORISED),
        ({"cooperation_mode": "franchise"}, Exclusion.COOPERATION_MODE_MISMATCH),
        ({"tags": frozenset()}, Exclusion.TAG_MISSING),
        ({"absences": (hours(-1, 9),)}, Exclusion.OFF_DUTY),
        ({"absences": (hours(-1, 10_000),)}, Exclusion.OFF_DUTY),
        ({"working_hours": (Stretch(2, 0, 1440),)}, Exclusion.OFF_DUTY),
        ({"commitments": (hours(0, 4), hours(4, 8))}, Exclusion.BUSY),
        ({"accepted_day": TODAY, "accepted_count": 4}, Exclusion.CAPACITY_REACHED),
        ({"open_offers": (hours(-0.1, 0.1),) * 4}, Exclusion.CAPACITY_REACHED),
        ({"daily_capacity": 0}, Exclusion.CAPACITY_REACHED),
    ],
)
def test_a_hard_rule_keeps_a_technician_out(changed: dict[str, Any], reason: Exclusion) -> None:
    asked = need(
        required_skills=(RequiredSkill("install", 2),),
        brand_code="midea",
        cooperation_mode="direct",
        required_tags=frozenset({"lang_en"}),
    )
    fits: dict[str, Any] = {"tags": frozenset({"lang_en"})}
    assert kept_out(technician(**fits), asked) == {}
    assert kept_out(technician(**{**fits, **changed}), asked) == {reason: 1}


@pytest.mark.parametrize(
    ("asked", "reason"),
    [
        ({"excluded_technician_ids": frozenset({"zhang"})}, Exclusion.EXCLUDED),
        ({"asked_outlet_id": "ot_other"}, Exclusion.NOT_ASKED),
        (
            {"asked_team_id": "tm_1", "team_technician_ids": frozenset({"wang"})},
            Exclusion.NOT_ASKED,
        ),
        ({"barred_technician_ids": frozenset({"zhang"})}, Exclusion.BARRED),
        ({"barred_outlet_ids": frozenset({"ol_1"})}, Exclusion.BARRED),
        ({"window": hours(0, 0.9)}, Exclusion.OFF_DUTY),
        ({"service_minutes": 481}, Exclusion.OFF_DUTY),
    ],
)
def test_what_is_asked_may_keep_a_technician_out(asked: dict[str, Any], reason: Exclusion) -> None:
    assert kept_out(technician(), need(**asked)) == {reason: 1}


def test_who_fails_several_rules_is_counted_once_under_the_first() -> None:
    hopeless = technician(active=False, skills={}, territory_codes=frozenset(), daily_capacity=0)
    assert kept_out(hopeless) == {Exclusion.INACTIVE: 1}
    judgement = matching.judge(roster([hopeless]), need(), POLICY, "zhang", 0)
    assert judgement.exclusions == (
        Exclusion.INACTIVE,
        Exclusion.SKILL_MISSING,
        Exclusion.SKILL_LEVEL_TOO_LOW,
        Exclusion.OUT_OF_TERRITORY,
        Exclusion.CAPACITY_REACHED,
    )


def test_a_certificate_is_good_until_its_last_instant() -> None:
    assert kept_out(technician(skills={"install": Skill(2, NOW)})) == {}


@pytest.mark.parametrize("code", ["110105", "110100", "BJ-RING5"])
def test_a_territory_may_be_a_district_what_lies_above_it_or_a_zone(code: str) -> None:
    assert kept_out(technician(territory_codes=frozenset({code, "310000"}))) == {}


def test_who_has_no_territory_serves_their_outlets() -> None:
    of_outlet = OutletTerms(territory_codes=frozenset({"110105"}))
    assert kept_out(technician(territory_codes=frozenset(), outlet=of_outlet)) == {}
    elsewhere = technician(territory_codes=frozenset({"310000"}), outlet=of_outlet)
    assert kept_out(elsewhere) == {Exclusion.OUT_OF_TERRITORY: 1}


def test_an_outlet_may_serve_a_cooperation_mode_that_is_not_the_technicians_own() -> None:
    serves = OutletTerms(cooperation_modes=frozenset({"key_account"}))
    assert kept_out(technician(outlet=serves), need(cooperation_mode="key_account")) == {}


def test_a_visit_needs_its_time_in_one_piece() -> None:
    torn = technician(commitments=(hours(1, 2), hours(3, 8)))
    assert kept_out(torn, need(service_minutes=60)) == {}
    assert kept_out(torn, need(service_minutes=75)) == {Exclusion.BUSY: 1}


def test_an_afternoons_hours_do_for_a_window_that_reaches_into_them() -> None:
    afternoon = technician(working_hours=MONDAY_AFTERNOON)
    assert kept_out(afternoon, need(window=hours(0, 5))) == {}
    assert kept_out(afternoon, need(window=hours(0, 4.75))) == {Exclusion.OFF_DUTY: 1}


def test_a_visit_on_another_day_counts_the_visits_of_that_day() -> None:
    tomorrow = need(window=hours(24, 32))
    full_today = technician(accepted_day=TODAY, accepted_count=4)
    assert kept_out(full_today, tomorrow) == {}
    full_tomorrow = technician(
        daily_capacity=2, commitments=(hours(24, 25), hours(26, 27), hours(48, 50))
    )
    assert kept_out(full_tomorrow, tomorrow) == {Exclusion.CAPACITY_REACHED: 1}


def best(*people: Facts, asked: Need | None = None) -> str:
    return ranked(people, asked).technician_ids[0]


@pytest.mark.parametrize(
    ("worse", "better"),
    [
        ({"home": Point(116.60, 39.92)}, {"home": Point(116.47, 39.92)}),
        ({"skills": {"install": Skill(5)}}, {"skills": {"install": Skill(2)}}),
        ({"open_work": 2}, {}),
        ({"rating_hundredths": 440}, {"rating_hundredths": 450}),
        ({"rated": 10, "rating_sum": 40}, {"rated": 10, "rating_sum": 48}),
        ({"done": 20, "reworks": 4}, {"done": 20, "reworks": 1}),
        ({"earnings": ((TODAY, 90_000),)}, {"earnings": ((TODAY, 10_000),)}),
        ({}, {"earnings": ((TODAY - 7, 90_000),)}),
    ],
)
def test_the_better_of_two_equals_comes_first(
    worse: dict[str, Any], better: dict[str, Any]
) -> None:
    if worse == {}:  # what was earned eight days ago does not count: a tie
        assert best(technician("z", **better), technician("a")) == "a"
    else:
        assert best(technician("a", **worse), technician("z", **better)) == "z"


def test_the_customers_wish_comes_before_who_was_there_before_and_their_outlet() -> None:
    people = [technician("a", outlet_id="ol_9"), technician("b"), technician("c")]
    asked = need(
        preferred_outlet_ids=frozenset({"ol_9"}),
        previous_technician_ids=frozenset({"b"}),
        preferred_technician_ids=frozenset({"c"}),
    )
    assert ranked(people, asked).technician_ids == ("c", "b", "a")


def test_who_has_the_parts_in_the_vehicle_comes_first() -> None:
    asked = need(parts={"filter": 1, "valve": 2})
    ranking = ranked([technician("a"), technician("z")], asked, parts={"z": 2, "a": 1})
    assert ranking.technician_ids == ("z", "a")
    assert ranking.scores[Factor.PARTS].tolist() == [10_000, 5_000]


def test_a_tie_goes_to_the_shorter_way_before_the_id() -> None:
    beyond = technician("a", home=Point(120.0, 39.92))
    less_beyond = technician("z", home=Point(118.0, 39.92))
    assert best(beyond, less_beyond) == "z"
    assert best(technician("b"), technician("a")) == "a"


def test_an_unknown_home_scores_nothing_for_distance_and_next_door_everything() -> None:
    ranking = ranked([technician("far", home=None), technician("near", home=HERE)])
    assert ranking.technician_ids == ("near", "far")
    assert ranking.values.distance_m.tolist() == [0, -1]
    assert ranking.scores[Factor.DISTANCE].tolist() == [10_000, 0]


def test_nobody_at_all_is_an_answer() -> None:
    ranking = ranked([])
    assert (ranking.technician_ids, dict(ranking.excluded), ranking.mean_earned) == ((), {}, 0)


def test_who_is_put_again_is_as_they_were_put_last() -> None:
    everybody = roster([technician(skills={"install": Skill(2), "height": Skill(3)})])
    everybody.put(technician(skills={"height": Skill(4)}, commitments=(hours(0, 1),)))
    everybody.put(technician(skills={"height": Skill(4)}, commitments=(hours(2, 8),)))
    asked = need(required_skills=(RequiredSkill("height", 4),), service_minutes=120)
    assert matching.survey(everybody, asked, POLICY).technician_ids == ("zhang",)
    assert matching.survey(everybody, need(), POLICY).excluded == {Exclusion.SKILL_MISSING: 1}


@PATIENT
@given(companies(), needs, st.data())
def test_the_order_in_which_technicians_are_read_does_not_matter(
    people: list[Facts], asked: Need, data: st.DataObject
) -> None:
    shuffled = data.draw(st.permutations(people))
    once, again = ranked(people, asked), ranked(shuffled, asked)
    assert once.technician_ids == again.technician_ids
    assert once.score.tolist() == again.score.tolist()
    assert once.excluded == again.excluded


@PATIENT
@given(companies(), needs)
def test_everybody_is_either_a_candidate_or_counted_once(people: list[Facts], asked: Need) -> None:
    ranking = ranked(people, asked)
    assert len(ranking.technician_ids) + sum(ranking.excluded.values()) == len(people)
    for scores in (ranking.score, *ranking.scores.values()):
        assert all(0 <= score <= 10_000 for score in scores.tolist())


@PATIENT
@given(companies(), needs, st.data())
def test_dispatch_equals_an_obviously_right_scorer(
    people: list[Facts], asked: Need, data: st.DataObject
) -> None:
    parts = {one.technician_id: data.draw(st.integers(0, len(asked.parts))) for one in people}
    reasons = [obvious.exclusion(one, asked) for one in people]
    fit = [one for one, reason in zip(people, reasons, strict=True) if not reason]
    mean_earned = sum(obvious.earned(one, asked) for one in fit) // len(fit) if fit else 0
    right = sorted(
        (
            -obvious.score(one, asked, POLICY, mean_earned, parts[one.technician_id]),
            obvious.way(one, asked, POLICY),
            obvious.load(one, asked),
            one.technician_id,
        )
        for one in fit
    )
    ranking = ranked(people, asked, parts=parts)
    assert list(zip((-ranking.score).tolist(), ranking.technician_ids, strict=True)) == [
        (score, technician_id) for score, _, _, technician_id in right
    ]
    assert {str(each): count for each, count in ranking.excluded.items()} == {
        reason: reasons.count(reason) for reason in reasons if reason
    }


@PATIENT
@given(companies(), needs)
def test_one_alone_is_judged_as_among_all(people: list[Facts], asked: Need) -> None:
    ranking = ranked(people, asked)
    for one in people:
        judgement = matching.judge(roster([one]), asked, POLICY, one.technician_id, 0)
        first = obvious.exclusion(one, asked)
        assert [str(each) for each in judgement.exclusions[:1]] == ([first] if first else [])
        if not first:
            place = ranking.technician_ids.index(one.technician_id)
            alone = [int(column[0]) for column in matching.columns_of(judgement.values)]
            assert alone == [int(column[place]) for column in matching.columns_of(ranking.values)]


@PATIENT
@given(companies(), needs, st.sampled_from(list(Factor)))
def test_a_policy_of_one_factor_is_that_factors_score(
    people: list[Facts], asked: Need, factor: Factor
) -> None:
    only = replace(POLICY, weights={each: 10_000 * (each is factor) for each in Factor})
    ranking = ranked(people, asked, only)
    assert ranking.score.tolist() == ranking.scores[factor].tolist()
    assert ranking.score.tolist() == sorted(ranking.score.tolist(), reverse=True)
