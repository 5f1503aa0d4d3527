import math
from dataclasses import replace
from datetime import timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.workorder.domain.candidate import Exclusion, Factor, Need
from services.workorder.domain.dispatch import rank
from services.workorder.domain.geo import Point
from services.workorder.domain.skill import HeldSkill, RequiredSkill
from tests.unit.workorder.pools import HERE, NOW, PATIENT, POLICY, Technician, need, pool_of

FIT = Technician()


def only(technician: Technician, asked: Need | None = None) -> dict[Exclusion, int]:
    ranking = rank(pool_of([technician]), asked or need(), POLICY)
    assert len(ranking.candidates) + sum(ranking.excluded.values()) == 1
    return dict(ranking.excluded)


def expired(level: int = 2) -> dict[str, HeldSkill]:
    return {"install": HeldSkill(level, NOW - timedelta(seconds=1))}


@pytest.mark.parametrize(
    ("technician", "reason"),
    [
        (replace(FIT, active=False), Exclusion.INACTIVE),
        (replace(FIT, technician_id="declined_before"), Exclusion.EXCLUDED),
        (replace(FIT, skills={}), Exclusion.SKILL_MISSING),
        (replace(FIT, skills={"install": HeldSkill(1)}), Exclusion.SKILL_LEVEL_TOO_LOW),
        (replace(FIT, skills=expired()), Exclusion.CERTIFICATE_EXPIRED),
        (replace(FIT, territory_codes=frozenset({"310000"})), Exclusion.OUT_OF_TERRITORY),
        (replace(FIT, territory_codes=frozenset()), Exclusion.OUT_OF_TERRITORY),
        (replace(FIT, taken_today=4), Exclusion.CAPACITY_REACHED),
        (replace(FIT, daily_capacity=0), Exclusion.CAPACITY_REACHED),
    ],
)
def test_a_hard_rule_keeps_a_technician_out(technician: Technician, reason: Exclusion) -> None:
    asked = need(RequiredSkill("install", 2), excluded=("declined_before",))
    assert only(technician, asked) == {reason: 1}


def test_who_fails_several_rules_is_counted_once_under_the_first() -> None:
    hopeless = Technician(active=False, skills={}, territory_codes=frozenset(), daily_capacity=0)
    assert only(hopeless) == {Exclusion.INACTIVE: 1}


def test_a_certificate_is_good_until_its_last_instant() -> None:
    assert only(replace(FIT, skills={"install": HeldSkill(2, NOW)})) == {}


@pytest.mark.parametrize("code", ["110105", "110100", "BJ-RING5"])
def test_a_territory_may_be_a_district_what_lies_above_it_or_a_zone(code: str) -> None:
    assert only(replace(FIT, territory_codes=frozenset({code, "310000"}))) == {}


def test_the_nearer_of_two_equals_comes_first() -> None:
    near = replace(FIT, technician_id="z", home=Point(116.47, 39.92))
    far = replace(FIT, technician_id="a", home=Point(116.60, 39.92))
    assert best(far, near) == "z"


def test_the_least_over_qualified_of_two_equals_comes_first() -> None:
    master = replace(FIT, technician_id="a", skills={"install": HeldSkill(5)})
    journeyman = replace(FIT, technician_id="z", skills={"install": HeldSkill(2)})
    assert best(master, journeyman) == "z"


def test_the_less_loaded_of_two_equals_comes_first() -> None:
    assert (
        best(replace(FIT, technician_id="a", open_load=2), replace(FIT, technician_id="z")) == "z"
    )


def test_who_is_not_rated_yet_counts_as_the_policy_says() -> None:
    newcomer = replace(FIT, rating_hundredths=0)
    scores = rank(pool_of([newcomer]), need(), POLICY).candidates[0].scores
    assert scores[Factor.RATING] == 8_000


def test_a_tie_goes_to_the_smaller_id() -> None:
    assert best(replace(FIT, technician_id="b"), replace(FIT, technician_id="a")) == "a"


def test_a_tie_goes_to_the_shorter_way_before_the_id() -> None:
    beyond = replace(FIT, technician_id="a", home=Point(120.0, 39.92))
    less_beyond = replace(FIT, technician_id="z", home=Point(118.0, 39.92))
    assert best(beyond, less_beyond) == "z"


def test_an_unknown_home_scores_nothing_for_distance() -> None:
    candidate = rank(pool_of([replace(FIT, home=None)]), need(), POLICY).candidates[0]
    assert candidate.raw.distance_m is None
    assert candidate.scores[Factor.DISTANCE] == 0


def test_who_lives_next_door_has_the_full_score_for_distance() -> None:
    candidate = rank(pool_of([replace(FIT, home=HERE)]), need(location=HERE), POLICY).candidates[0]
    assert candidate.raw.distance_m == 0
    assert candidate.scores[Factor.DISTANCE] == 10_000


def test_nobody_at_all_is_an_answer() -> None:
    ranking = rank(pool_of([]), need(), POLICY)
    assert ranking.candidates == ()
    assert ranking.excluded == {}


def best(*technicians: Technician) -> str:
    return rank(pool_of(list(technicians)), need(), POLICY).candidates[0].technician_id


points = st.builds(Point, st.floats(115.5, 117.5), st.floats(39.4, 40.6))
held = st.builds(
    HeldSkill,
    st.integers(1, 5),
    st.none() | st.sampled_from([NOW - timedelta(days=1), NOW, NOW + timedelta(days=1)]),
)
technicians = st.lists(
    st.builds(
        Technician,
        technician_id=st.text("abcdef", min_size=1, max_size=3),
        active=st.booleans(),
        skills=st.dictionaries(st.sampled_from(["install", "height"]), held),
        territory_codes=st.frozensets(st.sampled_from(["110105", "110100", "310000"])),
        home=st.none() | points,
        daily_capacity=st.integers(0, 5),
        taken_today=st.integers(0, 5),
        open_load=st.integers(0, 8),
        rating_hundredths=st.just(0) | st.integers(100, 500),
    ),
    unique_by=lambda one: one.technician_id,
    max_size=12,
)
needs = st.builds(
    lambda levels, location, excluded: need(
        *[RequiredSkill(code, level) for code, level in levels.items()],
        location=location,
        excluded=tuple(excluded),
    ),
    st.dictionaries(st.sampled_from(["install", "height"]), st.integers(1, 5), min_size=1),
    st.none() | points,
    st.sets(st.text("abcdef", min_size=1, max_size=1)),
)


@PATIENT
@given(technicians, needs, st.data())
def test_the_order_in_which_technicians_are_read_does_not_matter(
    people: list[Technician], asked: Need, data: st.DataObject
) -> None:
    shuffled = data.draw(st.permutations(people))
    assert rank(pool_of(shuffled), asked, POLICY) == rank(pool_of(people), asked, POLICY)


@PATIENT
@given(technicians, needs)
def test_everybody_is_either_a_candidate_or_counted_once(
    people: list[Technician], asked: Need
) -> None:
    ranking = rank(pool_of(people), asked, POLICY)
    assert len(ranking.candidates) + sum(ranking.excluded.values()) == len(people)
    for candidate in ranking.candidates:
        assert 0 <= candidate.score <= 10_000
        assert all(0 <= score <= 10_000 for score in candidate.scores.values())


@PATIENT
@given(technicians, needs)
def test_dispatch_equals_an_obviously_right_scorer(people: list[Technician], asked: Need) -> None:
    right = sorted(
        (-obvious_score(one, asked), obvious_way(one, asked), one.open_load, one.technician_id)
        for one in people
        if obviously_fit(one, asked)
    )
    ranking = rank(pool_of(people), asked, POLICY)
    assert [(-one.score, one.technician_id) for one in ranking.candidates] == [
        (score, technician_id) for score, _, _, technician_id in right
    ]


def obviously_fit(one: Technician, asked: Need) -> bool:
    for required in asked.required_skills:
        skill = one.skills.get(required.code)
        if skill is None or skill.level < required.least_level:
            return False
        if skill.certificate_expires_at is not None and skill.certificate_expires_at < NOW:
            return False
    return (
        one.active
        and one.technician_id not in asked.excluded_technician_ids
        and any(code in asked.place_codes for code in one.territory_codes)
        and one.taken_today < one.daily_capacity
    )


def obvious_way(one: Technician, asked: Need) -> float:
    """The way in metres by the spherical law of vectors, another formula than the matcher's."""
    if one.home is None or asked.location is None:
        return math.inf
    a, b = (
        (
            math.cos(math.radians(point.latitude)) * math.cos(math.radians(point.longitude)),
            math.cos(math.radians(point.latitude)) * math.sin(math.radians(point.longitude)),
            math.sin(math.radians(point.latitude)),
        )
        for point in (one.home, asked.location)
    )
    chord = math.dist(a, b)
    return round(2 * 6_371_008.8 * math.asin(min(1.0, chord / 2))) * 13 // 10


def obvious_score(one: Technician, asked: Need) -> int:
    way = obvious_way(one, asked)
    surplus = sum(
        one.skills[skill.code].level - skill.least_level for skill in asked.required_skills
    )
    parts = [
        (4000, 1 - Fraction(min(50_000, way)) / 50_000),
        (2500, 1 - Fraction(min(one.open_load, one.daily_capacity), one.daily_capacity)),
        (1500, 1 - Fraction(surplus, 4 * len(asked.required_skills))),
        (2000, Fraction(one.rating_hundredths or 400, 500)),
    ]
    return sum(weight * math.floor(part * 10_000) for weight, part in parts) // 10_000
