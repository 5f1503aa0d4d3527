"""Every technician and outlet that dispatch knows of, in memory, as arrays.

What a technician is asked for comes one fact after the other; what the matcher asks, it asks of all
of them at once. Nobody is ever taken out: who left is not active any more.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from services.workorder.domain.dispatch.columns import (
    Bools,
    Codes,
    Column,
    Entries,
    Float64s,
    Int32s,
    Int64s,
    SetCodes,
)
from services.workorder.domain.dispatch.facts import Facts, OutletTerms, Profile, Workload
from services.workorder.domain.dispatch.hours import FOREVER, WEEK_QUARTERS, week_of
from services.workorder.domain.geo import unit_vector
from services.workorder.domain.registry.working_hours import Stretch

_COLUMNS: Final = (
    "active", "outlet", "mode", "territory", "tags", "week", "daily_capacity", "put_rating",
    "accepted_day", "accepted_count", "open_work", "done", "reworks", "rating_sum", "rated",
)  # fmt: skip


class Roster:
    """Technicians by their position, from 0 to ``count``."""

    def __init__(self) -> None:
        self.technician_ids: list[str] = []
        self.outlet_ids: Codes[str] = Codes()
        self.modes: Codes[str] = Codes()
        self.territories = SetCodes()
        self.tags = SetCodes()
        self.absences = Entries()
        self.commitments = Entries()
        self.open_offers = Entries()
        self.earnings = Entries()
        self.outlets: dict[int, OutletTerms] = {}
        self._contracts = Column(np.int64, 0, width=2)
        self._positions: dict[str, int] = {}
        self._weeks: Codes[frozenset[int]] = Codes()
        self._week_marks = Column(np.bool_, False, width=WEEK_QUARTERS)
        self._week_of_hours: dict[tuple[Stretch, ...], int] = {}
        self._skills: dict[str, tuple[Column[np.int8], Column[np.int64]]] = {}
        self._held: dict[int, tuple[str, ...]] = {}
        self._columns = {name: Column(np.int32, 0) for name in _COLUMNS}
        self._homes = Column(np.float64, np.nan, width=3)
        # Of whom only the workload is known, everything else is as of nobody: number 0.
        nobody = Profile(active=False, cooperation_mode="")
        self._outlet(nobody.outlet_id)
        self.modes.number(nobody.cooperation_mode)
        self.territories.number(nobody.territory_codes)
        self.tags.number(nobody.tags)
        self._week(nobody.working_hours)

    @property
    def count(self) -> int:
        """How many technicians there are."""
        return len(self.technician_ids)

    def put(self, facts: Facts) -> None:
        """All that is known of one technician."""
        self.put_profile(facts.technician_id, facts.profile)
        self.put_workload(facts.technician_id, facts.workload)
        if facts.outlet is not None:
            self.put_outlet(facts.profile.outlet_id, facts.outlet)

    def put_profile(self, technician_id: str, profile: Profile) -> None:
        """What changes seldom."""
        position = self._position_of(technician_id)
        self._set(
            position,
            active=profile.active,
            outlet=self._outlet(profile.outlet_id),
            mode=self.modes.number(profile.cooperation_mode),
            territory=self.territories.number(profile.territory_codes),
            tags=self.tags.number(profile.tags),
            week=self._week(profile.working_hours),
            daily_capacity=profile.daily_capacity,
            put_rating=profile.rating_hundredths,
        )
        self._homes[position] = np.nan if profile.home is None else unit_vector(profile.home)
        self._put_skills(position, profile)
        self.absences.replace(position, profile.absences)

    def put_workload(self, technician_id: str, workload: Workload) -> None:
        """What changes with every offer and visit."""
        position = self._position_of(technician_id)
        self._set(
            position,
            accepted_day=workload.accepted_day,
            accepted_count=workload.accepted_count,
            open_work=workload.open_work,
            done=workload.done,
            reworks=workload.reworks,
            rating_sum=workload.rating_sum,
            rated=workload.rated,
        )
        self.open_offers.replace(position, workload.open_offers)
        self.commitments.replace(position, workload.commitments)
        self.earnings.replace(position, workload.earnings)

    def put_outlet(self, outlet_id: str, terms: OutletTerms) -> None:
        """On what terms an outlet works."""
        number = self._outlet(outlet_id)
        self.outlets[number] = terms
        self._contracts[number] = (0, 0) if terms.suspended else terms.contract

    def position(self, technician_id: str) -> int | None:
        """Where a technician stands; None: nowhere."""
        return self._positions.get(technician_id)

    def positions(self, technician_ids: frozenset[str]) -> list[int]:
        """Where those stand who are known."""
        return [self._positions[each] for each in technician_ids if each in self._positions]

    def column(self, name: str) -> Int32s:
        """One number of each technician."""
        return self._columns[name].first(self.count)

    def skill(self, code: str) -> tuple[NDArray[np.int8], Int64s] | None:
        """Of each technician the level (0: not held) and until when it is certified."""
        held = self._skills.get(code)
        return held and (held[0].first(self.count), held[1].first(self.count))

    def contracts(self) -> Int64s:
        """Of each outlet from when until when its contract holds; of a suspended one, never."""
        return self._contracts.first(len(self.outlet_ids.values))

    def homes(self) -> Float64s:
        """Of each technician's home the unit vector; not-a-number where nobody told it."""
        return self._homes.first(self.count)

    def weeks(self) -> Bools:
        """Each kind of week, quarter by quarter, whether one is on duty; by the column ``week``."""
        return self._week_marks.first(len(self._weeks.values))

    def _position_of(self, technician_id: str) -> int:
        position = self._positions.setdefault(technician_id, self.count)
        if position == self.count:
            self.technician_ids.append(technician_id)
        return position

    def _outlet(self, outlet_id: str) -> int:
        known = len(self.outlet_ids.values)
        number = self.outlet_ids.number(outlet_id)
        if number == known:
            self._contracts[number] = (0, FOREVER)
        return number

    def _set(self, position: int, **numbers: int) -> None:
        for name, number in numbers.items():
            self._columns[name][position] = number

    def _week(self, hours: tuple[Stretch, ...]) -> int:
        number = self._week_of_hours.get(hours)
        if number is None:
            week = week_of(hours)
            number = self._week_of_hours[hours] = self._weeks.number(week)
            self._week_marks[number] = np.isin(np.arange(WEEK_QUARTERS), list(week))
        return number

    def _put_skills(self, position: int, profile: Profile) -> None:
        for code in self._held.get(position, ()):
            self._skills[code][0][position] = 0
        for code, skill in profile.skills.items():
            if code not in self._skills:
                self._skills[code] = (Column(np.int8, 0), Column(np.int64, 0))
            levels, untils = self._skills[code]
            levels[position], untils[position] = skill.level, skill.until
        self._held[position] = tuple(profile.skills)
