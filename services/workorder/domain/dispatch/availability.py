"""When technicians are on duty and free within the window of a visit, asked of many at once."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Final

import numpy as np

from services.workorder.domain.dispatch.columns import (
    Bools,
    Entries,
    Int32s,
    Int64s,
    Positions,
)
from services.workorder.domain.dispatch.hours import (
    clipped,
    day_of,
    day_span,
    quarter_of_week,
    quarters_needed,
    quarters_touched,
    quarters_within,
)
from services.workorder.domain.dispatch.need import Need
from services.workorder.domain.dispatch.roster import Roster

_NOT_ASKED: Final = -1


class Availability:
    """The window of one need, against everybody's hours, absences and agreed visits.

    A run is the longest time in one piece, in quarters of an hour.
    """

    def __init__(self, roster: Roster, need: Need) -> None:
        self._roster, self._need = roster, need
        window = clipped(need.window)
        self._first, last = quarters_within((max(window[0], need.at), window[1]))
        self._length = max(0, last - self._first)
        self.needed = quarters_needed(need.service_minutes)
        self._duty_runs = np.full(roster.count, _NOT_ASKED, np.int64)
        self._free_runs = self._duty_runs.copy()

    def duty_run(self, of: Positions) -> Int64s:
        """How long they are on duty in one piece, absences apart."""
        return self._once(of, self._duty_runs, [self._roster.absences])

    def free_run(self, of: Positions) -> Int64s:
        """How long they are on duty in one piece, absences and agreed visits apart."""
        taken_by = [self._roster.absences, self._roster.commitments]
        return self._once(of, self._free_runs, taken_by)

    def taken(self, of: Positions) -> Int64s:
        """How much of the day of the visit is taken: today what was accepted today or is offered
        and open, on another day the visits agreed for it and the open offers."""
        day = day_of(max(self._need.window[0], self._need.at))
        roster = self._roster
        if day == day_of(self._need.at):
            today = roster.column("accepted_day")[of] == day
            taken = np.where(today, roster.column("accepted_count")[of], 0).astype(np.int64)
        else:
            taken = self._visits(day)[of]
        return taken + self.open_offers[of]

    @cached_property
    def open_offers(self) -> Int64s:
        """How many offers each technician of the roster has not answered yet."""
        owners, starts, ends = self._roster.open_offers.all()
        at = self._need.at
        return self._counted(owners[(owners >= 0) & (starts <= at) & (ends > at)])

    def _visits(self, day: int) -> Int64s:
        begin, end = day_span(day)
        owners, starts, _ = self._roster.commitments.all()
        return self._counted(owners[(owners >= 0) & (starts >= begin) & (starts < end)])

    def _counted(self, owners: Int32s) -> Int64s:
        return np.bincount(owners, minlength=self._roster.count).astype(np.int64)

    def _once(self, of: Positions, runs: Int64s, taken_by: Sequence[Entries]) -> Int64s:
        """The runs of those asked for, worked out for whom nobody has asked before."""
        fresh = of[runs[of] == _NOT_ASKED]
        if len(fresh):
            runs[fresh] = self._run(fresh, taken_by)
        return runs[of]

    def _run(self, of: Positions, taken_by: Sequence[Entries]) -> Int64s:
        weeks = self._weeks_in_window
        runs = _longest_run(weeks)[self._roster.column("week")[of]]
        rows, firsts, lasts = self._taken_quarters(of, taken_by)
        if len(rows):
            touched, row_of = np.unique(rows, return_inverse=True)
            free = weeks[self._roster.column("week")[of[touched]]]
            free &= ~_covered(len(touched), self._length, row_of, firsts, lasts)
            runs[touched] = _longest_run(free)
        return runs

    @cached_property
    def _weeks_in_window(self) -> Bools:
        """Each kind of week, cut to the quarters of the window."""
        quarters = range(self._first, self._first + self._length)
        return self._roster.weeks()[:, [quarter_of_week(quarter) for quarter in quarters]]

    def _taken_quarters(
        self, of: Positions, taken_by: Sequence[Entries]
    ) -> tuple[Int64s, Int64s, Int64s]:
        """What is taken of the window: by place in ``of``, from which quarter of it to which."""
        row_of = np.full(self._roster.count, -1, np.int64)
        row_of[of] = np.arange(len(of))
        parts = []
        for entries in taken_by:
            owners, starts, ends = entries.all()
            firsts, lasts = quarters_touched(starts, ends)
            within = (owners >= 0) & (lasts > self._first) & (firsts < self._first + self._length)
            within[within] = row_of[owners[within]] >= 0
            parts.append(
                np.stack(
                    (
                        row_of[owners[within]],
                        np.clip(firsts[within] - self._first, 0, self._length),
                        np.clip(lasts[within] - self._first, 0, self._length),
                    )
                )
            )
        rows, firsts, lasts = np.concatenate(parts, axis=1)
        return rows, firsts, lasts


def _covered(count: int, length: int, rows: Int64s, firsts: Int64s, lasts: Int64s) -> Bools:
    """Which quarters of each row are covered by a span."""
    edges = np.zeros((count, length + 1), np.int64)
    np.add.at(edges, (rows, firsts), 1)
    np.add.at(edges, (rows, lasts), -1)
    return np.cumsum(edges, axis=1)[:, :length] > 0


def _longest_run(free: Bools) -> Int64s:
    """Of each row the most free quarters one after the other."""
    ends = np.arange(1, free.shape[1] + 1, dtype=np.int16)
    last_taken = np.maximum.accumulate(np.where(free, np.int16(0), ends), axis=1)
    return np.asarray((ends - last_taken).max(axis=1, initial=0), np.int64)
