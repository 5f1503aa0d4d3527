"""The hard rules: who cannot do the work, and by which rule. Each is asked of many at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np

from services.workorder.domain.dispatch.availability import Availability
from services.workorder.domain.dispatch.columns import Bools, Positions, as_bools
from services.workorder.domain.dispatch.facts import OutletTerms
from services.workorder.domain.dispatch.need import Need
from services.workorder.domain.dispatch.policy import Policy
from services.workorder.domain.dispatch.qualifications import (
    certified_until,
    levels_above,
    levels_held,
    territory_rank,
)
from services.workorder.domain.dispatch.roster import Roster


class Exclusion(StrEnum):
    """A hard rule that a technician fails; they are tried in this order, the first one counts."""

    INACTIVE = "INACTIVE"
    EXCLUDED = "EXCLUDED"
    NOT_ASKED = "NOT_ASKED"
    BARRED = "BARRED"
    SKILL_MISSING = "SKILL_MISSING"
    SKILL_LEVEL_TOO_LOW = "SKILL_LEVEL_TOO_LOW"
    CERTIFICATE_EXPIRED = "CERTIFICATE_EXPIRED"
    TAG_MISSING = "TAG_MISSING"
    OUT_OF_TERRITORY = "OUT_OF_TERRITORY"
    OUTLET_WITHOUT_CONTRACT = "OUTLET_WITHOUT_CONTRACT"
    BRAND_NOT_AUTHORISED = "BRAND_NOT_AUTHORISED"
    COOPERATION_MODE_MISMATCH = "COOPERATION_MODE_MISMATCH"
    OFF_DUTY = "OFF_DUTY"
    BUSY = "BUSY"
    CAPACITY_REACHED = "CAPACITY_REACHED"


@dataclass(frozen=True, slots=True)
class Asked:
    """A need, of whom it is asked, by which policy, and when they could come."""

    roster: Roster
    need: Need
    policy: Policy
    availability: Availability


Rule = Callable[[Asked, Positions], Bools]


def _active(asked: Asked, of: Positions) -> Bools:
    return as_bools(asked.roster.column("active")[of] != 0)


def _not_excluded(asked: Asked, of: Positions) -> Bools:
    return ~_among(asked.roster, asked.need.excluded_technician_ids, of)


def _asked_for(asked: Asked, of: Positions) -> Bools:
    need = asked.need
    passes = np.ones(len(of), np.bool_)
    if need.asked_outlet_id:
        passes &= _outlets(asked, of, lambda outlet_id, _: outlet_id == need.asked_outlet_id)
    if need.asked_team_id:
        passes &= _among(asked.roster, need.team_technician_ids, of)
    return passes


def _not_barred(asked: Asked, of: Positions) -> Bools:
    passes = ~_among(asked.roster, asked.need.barred_technician_ids, of)
    barred = asked.need.barred_outlet_ids
    if barred:
        passes &= _outlets(asked, of, lambda outlet_id, _: outlet_id not in barred)
    return passes


def _holds_skills(asked: Asked, of: Positions) -> Bools:
    return as_bools((levels_held(asked.roster, asked.need, of) > 0).all(axis=0))


def _levels_suffice(asked: Asked, of: Positions) -> Bools:
    return as_bools((levels_above(asked.roster, asked.need, of) >= 0).all(axis=0))


def _certified(asked: Asked, of: Positions) -> Bools:
    return certified_until(asked.roster, asked.need, of) >= asked.need.at


def _tagged(asked: Asked, of: Positions) -> Bools:
    sets = asked.roster.tags
    fits = np.ones(len(sets), np.bool_)
    for tag in asked.need.required_tags:
        fits &= sets.having(tag)
    return fits[asked.roster.column("tags")[of]]


def _in_territory(asked: Asked, of: Positions) -> Bools:
    return territory_rank(asked.roster, asked.need, of) >= 0


def _under_contract(asked: Asked, of: Positions) -> Bools:
    begins, ends = asked.roster.contracts()[asked.roster.column("outlet")[of]].T
    return as_bools((begins <= asked.need.at) & (asked.need.at < ends))


def _authorised(asked: Asked, of: Positions) -> Bools:
    brand = asked.need.brand_code
    if not brand:
        return np.ones(len(of), np.bool_)
    return _outlets(
        asked,
        of,
        lambda _, terms: terms is None or not terms.brand_codes or brand in terms.brand_codes,
    )


def _in_mode(asked: Asked, of: Positions) -> Bools:
    wanted, roster = asked.need.cooperation_mode, asked.roster
    if not wanted:
        return np.ones(len(of), np.bool_)
    own = np.array([mode == wanted for mode in roster.modes.values], np.bool_)
    of_outlet = _outlets(
        asked, of, lambda _, terms: terms is not None and wanted in terms.cooperation_modes
    )
    return own[roster.column("mode")[of]] | of_outlet


def _on_duty(asked: Asked, of: Positions) -> Bools:
    return asked.availability.duty_run(of) >= asked.availability.needed


def _free(asked: Asked, of: Positions) -> Bools:
    return asked.availability.free_run(of) >= asked.availability.needed


def _has_room(asked: Asked, of: Positions) -> Bools:
    return asked.availability.taken(of) < asked.roster.column("daily_capacity")[of]


#: In the order in which they are tried.
RULES: Final[dict[Exclusion, Rule]] = {
    Exclusion.INACTIVE: _active,
    Exclusion.EXCLUDED: _not_excluded,
    Exclusion.NOT_ASKED: _asked_for,
    Exclusion.BARRED: _not_barred,
    Exclusion.SKILL_MISSING: _holds_skills,
    Exclusion.SKILL_LEVEL_TOO_LOW: _levels_suffice,
    Exclusion.CERTIFICATE_EXPIRED: _certified,
    Exclusion.TAG_MISSING: _tagged,
    Exclusion.OUT_OF_TERRITORY: _in_territory,
    Exclusion.OUTLET_WITHOUT_CONTRACT: _under_contract,
    Exclusion.BRAND_NOT_AUTHORISED: _authorised,
    Exclusion.COOPERATION_MODE_MISMATCH: _in_mode,
    Exclusion.OFF_DUTY: _on_duty,
    Exclusion.BUSY: _free,
    Exclusion.CAPACITY_REACHED: _has_room,
}


def _among(roster: Roster, technician_ids: frozenset[str], of: Positions) -> Bools:
    """Who of them is one of these."""
    if not technician_ids:
        return np.zeros(len(of), np.bool_)
    return np.isin(of, roster.positions(technician_ids))


def _outlets(asked: Asked, of: Positions, fits: Callable[[str, OutletTerms | None], bool]) -> Bools:
    """Whose outlet fits; asked once an outlet."""
    roster = asked.roster
    answers = [
        fits(outlet_id, roster.outlets.get(number))
        for number, outlet_id in enumerate(roster.outlet_ids.values)
    ]
    return np.array(answers, np.bool_)[roster.column("outlet")[of]]
