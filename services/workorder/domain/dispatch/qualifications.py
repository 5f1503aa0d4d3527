"""Skills and territory: what a technician brings for this work, asked of many at once."""

from __future__ import annotations

import numpy as np

from services.workorder.domain.dispatch.columns import Int64s, Positions
from services.workorder.domain.dispatch.hours import FOREVER
from services.workorder.domain.dispatch.need import Need
from services.workorder.domain.dispatch.roster import Roster


def levels_held(roster: Roster, need: Need, of: Positions) -> Int64s:
    """Of each required skill the level that each technician holds; 0: not held."""
    levels = np.zeros((len(need.required_skills), len(of)), np.int64)
    for row, required in zip(levels, need.required_skills, strict=True):
        held = roster.skill(required.code)
        if held is not None:
            row[:] = held[0][of]
    return levels


def levels_above(roster: Roster, need: Need, of: Positions) -> Int64s:
    """Of each required skill how far the level is above the least one."""
    least = np.array([each.least_level for each in need.required_skills], np.int64)
    return levels_held(roster, need, of) - least[:, np.newaxis]


def certified_until(roster: Roster, need: Need, of: Positions) -> Int64s:
    """Until when the first of the certificates needed is good."""
    until = np.full(len(of), FOREVER, np.int64)
    for required in need.required_skills:
        held = roster.skill(required.code)
        if held is not None:
            np.minimum(until, held[1][of], out=until)
    return until


def territory_rank(roster: Roster, need: Need, of: Positions) -> Int64s:
    """Which of the place's codes is the first that each technician serves, the most specific one
    being 0; -1: none. Who has no territory serves their outlet's.
    """
    ranks = np.full(len(roster.territories), -1, np.int64)
    for rank, code in reversed(list(enumerate(need.place_codes))):
        ranks[roster.territories.having(code)] = rank
    own = ranks[roster.column("territory")[of]]
    nobody = roster.territories.number(frozenset())
    without = np.flatnonzero(roster.column("territory")[of] == nobody)
    if len(without):
        own[without] = _outlet_ranks(roster, need)[roster.column("outlet")[of[without]]]
    return own


def _outlet_ranks(roster: Roster, need: Need) -> Int64s:
    ranks = np.full(len(roster.outlet_ids.values), -1, np.int64)
    for number, terms in roster.outlets.items():
        served = (
            rank for rank, code in enumerate(need.place_codes) if code in terms.territory_codes
        )
        ranks[number] = next(served, -1)
    return ranks
