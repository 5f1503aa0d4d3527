"""What dispatch knows of technicians and outlets, as of one state of the records."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from services.workorder.domain.dispatch.hours import FOREVER, Micros, Span
from services.workorder.domain.geo import Point
from services.workorder.domain.registry.working_hours import Stretch


@dataclass(frozen=True, slots=True)
class Skill:
    """A skill at a level, certified until an instant (``FOREVER``: no certificate is needed)."""

    level: int
    until: Micros = FOREVER


@dataclass(frozen=True, slots=True)
class Profile:
    """What changes seldom.

    Attributes:
        working_hours: empty: always on duty.
        absences: those that are not over.
        rating_hundredths: as the office put it, for whom customers have not rated; 0: unknown.
    """

    active: bool = True
    outlet_id: str = ""
    cooperation_mode: str = "direct"
    skills: Mapping[str, Skill] = field(default_factory=dict)
    territory_codes: frozenset[str] = frozenset()
    home: Point | None = None
    daily_capacity: int = 0
    rating_hundredths: int = 0
    working_hours: tuple[Stretch, ...] = ()
    absences: tuple[Span, ...] = ()
    tags: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Workload:
    """What changes with every offer and visit.

    Attributes:
        open_offers: from when to when each unanswered offer is open.
        accepted_day: the day in Shanghai on which something was accepted last …
        accepted_count: … and how much of it that day, cancelled work apart.
        open_work: accepted and not yet completed.
        commitments: the windows of visits that were agreed, of work not yet completed.
        done: how many work orders they completed in the last half year.
        reworks: how many of those were not fixed the first time.
        rating_sum: the stars of those that were rated, summed.
        rated: how many were rated.
        earnings: days in Shanghai, and what the work accepted on each was promised to earn.
    """

    open_offers: tuple[Span, ...] = ()
    accepted_day: int = 0
    accepted_count: int = 0
    open_work: int = 0
    commitments: tuple[Span, ...] = ()
    done: int = 0
    reworks: int = 0
    rating_sum: int = 0
    rated: int = 0
    earnings: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class OutletTerms:
    """On what terms an outlet works for the company.

    Attributes:
        brand_codes: whose appliances it may touch; empty: all.
        territory_codes: of its technicians that have none of their own.
        contract: from when until when.
    """

    cooperation_modes: frozenset[str] = frozenset()
    brand_codes: frozenset[str] = frozenset()
    territory_codes: frozenset[str] = frozenset()
    contract: Span = (0, FOREVER)
    suspended: bool = False


@dataclass(frozen=True, slots=True)
class Facts:
    """One technician; ``outlet`` is None where nothing was agreed with the outlet in particular."""

    technician_id: str
    profile: Profile
    workload: Workload = Workload()
    outlet: OutletTerms | None = None


@dataclass(frozen=True, slots=True)
class Fact:
    """What was said of a technician or an outlet, and as the how many-th of all facts."""

    fact_id: int
    subject_id: str
    said: Profile | Workload | OutletTerms
