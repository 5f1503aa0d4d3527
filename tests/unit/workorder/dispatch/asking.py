"""Technicians, needs and policies for the matcher's tests: one who fits, and as many as you like."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from services.workorder.domain.dispatch import matching
from services.workorder.domain.dispatch.facts import (
    Facts,
    OutletTerms,
    Profile,
    Skill,
    Workload,
)
from services.workorder.domain.dispatch.hours import FOREVER, Span, day_of, micros_of
from services.workorder.domain.dispatch.matching import Ranking
from services.workorder.domain.dispatch.need import Need
from services.workorder.domain.dispatch.policy import Factor, Policy
from services.workorder.domain.dispatch.roster import Roster
from services.workorder.domain.geo import Point
from services.workorder.domain.registry.skill import RequiredSkill
from services.workorder.domain.registry.working_hours import Stretch

#: A Monday, nine in the morning in Shanghai.
MORNING = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
NOW = micros_of(MORNING)
TODAY = day_of(NOW)
HERE = Point(116.46, 39.92)

POLICY = Policy(
    version="test-1",
    weights={
        Factor.DISTANCE: 2500,
        Factor.LOAD: 1500,
        Factor.SKILL_FIT: 1000,
        Factor.RATING: 1500,
        Factor.QUALITY: 1000,
        Factor.PREFERENCE: 1000,
        Factor.PARTS: 500,
        Factor.FAIRNESS: 1000,
    },
)


def hours(begin: float, end: float) -> Span:
    """From so many hours after now to so many."""
    return micros_of(MORNING + timedelta(hours=begin)), micros_of(MORNING + timedelta(hours=end))


def technician(technician_id: str = "zhang", **changed: Any) -> Facts:
    """Somebody who can do the work, but for what is said of their profile or workload."""
    profile = Profile(
        outlet_id="ol_1",
        skills={"install": Skill(2)},
        territory_codes=frozenset({"110105"}),
        home=HERE,
        daily_capacity=4,
        rating_hundredths=450,
    )
    of_profile = {name: value for name, value in changed.items() if hasattr(profile, name)}
    of_workload = {name: value for name, value in changed.items() if hasattr(Workload(), name)}
    assert len(of_profile) + len(of_workload) + ("outlet" in changed) == len(changed)
    return Facts(
        technician_id,
        replace(profile, **of_profile),
        Workload(**of_workload),
        changed.get("outlet"),
    )


def need(**changed: Any) -> Need:
    """A visit of an hour that may begin at once."""
    asked = Need(
        at=NOW,
        window=hours(0, 8),
        service_minutes=60,
        place_codes=("BJ-RING5", "110105", "110100"),
        location=HERE,
        required_skills=(RequiredSkill("install"),),
    )
    return replace(asked, **changed)


def roster(people: Iterable[Facts]) -> Roster:
    """Everybody in memory."""
    made = Roster()
    for facts in people:
        made.put(facts)
    return made


def ranked(
    people: Iterable[Facts],
    asked: Need | None = None,
    policy: Policy = POLICY,
    parts: dict[str, int] | None = None,
) -> Ranking:
    """Everybody against a need; ``parts`` are the kinds at hand by technician."""
    wanted = asked or need()
    found = matching.survey(roster(people), wanted, policy)
    at_hand = [(parts or {}).get(each, 0) for each in found.technician_ids]
    return matching.rank(found, wanted, policy, at_hand)


# Everything below is small, so that it often meets.

points = st.builds(Point, st.floats(115.5, 117.5), st.floats(39.4, 40.6))
_quarters = st.integers(-12, 60).map(lambda quarter: quarter / 4)
spans = st.tuples(_quarters, st.integers(1, 40)).map(
    lambda made: hours(made[0], made[0] + made[1] / 7)  # not on the quarter
)
_skills = st.builds(
    Skill, st.integers(1, 5), st.sampled_from([NOW - 1, NOW, NOW + 1, FOREVER, FOREVER])
)
_stretches = st.builds(
    lambda weekday, begin, length: Stretch(weekday, begin, min(begin + length, 1440)),
    st.integers(1, 3),
    st.integers(0, 1400),
    st.integers(20, 900),
)
profiles = st.builds(
    Profile,
    active=st.sampled_from([True, True, True, False]),
    outlet_id=st.sampled_from(["ol_1", "ol_2", "ol_3"]),
    cooperation_mode=st.sampled_from(["direct", "franchise", "key_account"]),
    skills=st.dictionaries(st.sampled_from(["install", "height"]), _skills),
    territory_codes=st.frozensets(st.sampled_from(["110105", "110100", "BJ-RING5", "310000"])),
    home=st.none() | points,
    daily_capacity=st.integers(0, 5),
    rating_hundredths=st.just(0) | st.integers(100, 500),
    working_hours=st.lists(_stretches, max_size=3, unique_by=lambda each: each.weekday).map(tuple),
    absences=st.lists(spans, max_size=2).map(tuple),
    tags=st.frozensets(st.sampled_from(["lang_en", "gate_pass"])),
)
workloads = st.builds(
    Workload,
    open_offers=st.lists(spans, max_size=2).map(tuple),
    accepted_day=st.sampled_from([TODAY - 1, TODAY]),
    accepted_count=st.integers(0, 4),
    open_work=st.integers(0, 6),
    commitments=st.lists(spans, max_size=3).map(tuple),
    done=st.integers(0, 40),
    reworks=st.integers(0, 10),
    rating_sum=st.integers(5, 25),
    rated=st.sampled_from([0, 5]),
    earnings=st.lists(
        st.tuples(st.integers(TODAY - 9, TODAY), st.integers(0, 90_000)), max_size=3
    ).map(tuple),
)
terms = st.builds(
    OutletTerms,
    cooperation_modes=st.frozensets(st.sampled_from(["direct", "franchise", "key_account"])),
    brand_codes=st.frozensets(st.sampled_from(["midea", "gree"])),
    territory_codes=st.frozensets(st.sampled_from(["110105", "110000"])),
    contract=st.sampled_from([(0, FOREVER), (0, NOW), (NOW, FOREVER), (NOW + 1, FOREVER)]),
    suspended=st.sampled_from([False, False, True]),
)


@st.composite
def companies(draw: st.DrawFn) -> list[Facts]:
    """Technicians of three outlets, some of which have terms."""
    outlets = draw(st.dictionaries(st.sampled_from(["ol_1", "ol_2", "ol_3"]), terms, max_size=3))
    people = draw(st.dictionaries(st.text("abcdef", min_size=1, max_size=2), profiles, max_size=8))
    return [
        Facts(technician_id, profile, draw(workloads), outlets.get(profile.outlet_id))
        for technician_id, profile in people.items()
    ]


_some = st.frozensets(st.text("abcdef", min_size=1, max_size=1), max_size=2)
needs = st.builds(
    Need,
    at=st.just(NOW),
    window=st.tuples(st.integers(-2, 30), st.integers(1, 30)).map(
        lambda made: hours(made[0], made[0] + made[1])
    ),
    service_minutes=st.integers(15, 300),
    place_codes=st.just(("BJ-RING5", "110105", "110100")),
    location=st.none() | points,
    required_skills=st.dictionaries(st.sampled_from(["install", "height"]), st.integers(1, 3)).map(
        lambda levels: tuple(RequiredSkill(code, level) for code, level in levels.items())
    ),
    cooperation_mode=st.sampled_from(["", "", "direct", "key_account"]),
    brand_code=st.sampled_from(["", "", "midea"]),
    required_tags=st.frozensets(st.sampled_from(["lang_en"]), max_size=1),
    asked_outlet_id=st.sampled_from(["", "", "", "ol_1", "ol_2"]),
    asked_team_id=st.sampled_from(["", "", "", "tm_1"]),
    team_technician_ids=_some,
    excluded_technician_ids=_some,
    barred_technician_ids=_some,
    barred_outlet_ids=st.frozensets(st.sampled_from(["ol_3"]), max_size=1),
    preferred_technician_ids=_some,
    preferred_outlet_ids=st.frozensets(st.sampled_from(["ol_2"]), max_size=1),
    previous_technician_ids=_some,
    parts=st.dictionaries(st.sampled_from(["filter", "valve"]), st.integers(1, 2)),
)
