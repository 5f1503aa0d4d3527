"""Technicians one by one, for tests, and the arrays the matcher reads."""

from dataclasses import dataclass, field
from datetime import UTC, datetime

from hypothesis import HealthCheck, settings

from services.workorder.domain.candidate import Factor, Need, Policy
from services.workorder.domain.dispatch import Pool
from services.workorder.domain.geo import Point
from services.workorder.domain.skill import HeldSkill, RequiredSkill

#: For machines that others use at the same time.
PATIENT = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])

NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
HERE = Point(116.46, 39.92)

POLICY = Policy(
    version="test-1",
    weights={Factor.DISTANCE: 4000, Factor.LOAD: 2500, Factor.SKILL_FIT: 1500, Factor.RATING: 2000},
    road_factor_basis_points=13_000,
    distance_limit_m=50_000,
    unrated_rating_hundredths=400,
)


@dataclass(frozen=True)
class Technician:
    technician_id: str = "zhang"
    active: bool = True
    skills: dict[str, HeldSkill] = field(default_factory=lambda: {"install": HeldSkill(2)})
    territory_codes: frozenset[str] = frozenset({"110105"})
    home: Point | None = HERE
    daily_capacity: int = 4
    taken_today: int = 0
    open_load: int = 0
    rating_hundredths: int = 450


def pool_of(technicians: list[Technician]) -> Pool:
    return Pool(
        technician_ids=[one.technician_id for one in technicians],
        outlet_ids=["ol_1" for _ in technicians],
        cooperation_modes=["direct" for _ in technicians],
        active=[one.active for one in technicians],
        skills=[one.skills for one in technicians],
        territory_codes=[one.territory_codes for one in technicians],
        homes=[one.home for one in technicians],
        daily_capacities=[one.daily_capacity for one in technicians],
        taken_today=[one.taken_today for one in technicians],
        open_loads=[one.open_load for one in technicians],
        ratings_hundredths=[one.rating_hundredths for one in technicians],
    )


def need(
    *required: RequiredSkill,
    place_codes: tuple[str, ...] = ("110105", "110100", "BJ-RING5"),
    location: Point | None = HERE,
    excluded: tuple[str, ...] = (),
) -> Need:
    return Need(
        required_skills=required or (RequiredSkill("install"),),
        place_codes=frozenset(place_codes),
        location=location,
        excluded_technician_ids=frozenset(excluded),
        at=NOW,
    )
