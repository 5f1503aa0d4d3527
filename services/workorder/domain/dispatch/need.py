"""What a work order asks of its technician."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from services.workorder.domain.dispatch.hours import Micros, Span
from services.workorder.domain.geo import Point
from services.workorder.domain.registry.skill import RequiredSkill


@dataclass(frozen=True, slots=True)
class Need:
    """One work order as the matcher reads it; with the facts and the policy it is all that a
    decision depends on.

    Attributes:
        place_codes: of the place of work, the most specific first.
        at: when it is decided.
        window: when the visit may be.
        service_minutes: how long the visit takes, in one piece.
        cooperation_mode: the customer's, such as ``key_account``; empty: any will do.
        brand_code: whose appliance it is; empty: any outlet may touch it.
        required_tags: what else a technician must bring, such as a language.
        asked_outlet_id: whose technicians alone are asked; empty: those of all outlets.
        asked_team_id: of which team they must be; empty: of any, or none.
        team_technician_ids: its members.
        excluded_technician_ids: who declined it already, or let the offer expire.
        barred_technician_ids: who must not be sent to this customer; as ``barred_outlet_ids``.
        preferred_technician_ids: whom the customer wants; as ``preferred_outlet_ids``.
        previous_technician_ids: who did the last work there.
        parts: how many of each spare part the work needs.
    """

    at: Micros
    window: Span
    service_minutes: int
    place_codes: tuple[str, ...]
    location: Point | None = None
    required_skills: tuple[RequiredSkill, ...] = ()
    cooperation_mode: str = ""
    brand_code: str = ""
    required_tags: frozenset[str] = frozenset()
    asked_outlet_id: str = ""
    asked_team_id: str = ""
    team_technician_ids: frozenset[str] = frozenset()
    excluded_technician_ids: frozenset[str] = frozenset()
    barred_technician_ids: frozenset[str] = frozenset()
    barred_outlet_ids: frozenset[str] = frozenset()
    preferred_technician_ids: frozenset[str] = frozenset()
    preferred_outlet_ids: frozenset[str] = frozenset()
    previous_technician_ids: frozenset[str] = frozenset()
    parts: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Relations:
    """Who must not, should or did go to a customer or an address before."""

    barred_technician_ids: frozenset[str] = frozenset()
    barred_outlet_ids: frozenset[str] = frozenset()
    preferred_technician_ids: frozenset[str] = frozenset()
    preferred_outlet_ids: frozenset[str] = frozenset()
    previous_technician_ids: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the caller asks beyond what the work order says."""

    window: tuple[datetime, datetime] | None = None
    service_minutes: int = 0
    brand_code: str = ""
    cooperation_mode: str = ""
    required_tags: frozenset[str] = frozenset()
    outlet_id: str = ""
    team_id: str = ""
    excluded_technician_ids: frozenset[str] = frozenset()
