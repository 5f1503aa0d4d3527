"""Any sequence of days, pauses and claims: each visit of a plan falls due once, in time, in order."""

from datetime import date, timedelta

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from kit.errors import FailedPrecondition, InvalidArgument
from services.workorder.domain.maintenance import maintenance
from services.workorder.domain.maintenance.maintenance import PlanState, Visit
from services.workorder.domain.maintenance.recurrence import Recurrence, Unit
from tests.unit.workorder.patience import PATIENT

TODAY = date(2026, 1, 31)


class PlanLife(RuleBasedStateMachine):
    """The model lives through every day of a plan of every 9th day and asks nothing but the calendar."""

    @initialize(count=st.sampled_from([0, 3, 8]), lead=st.integers(0, 20), window=st.integers(1, 5))
    def create(self, count: int, lead: int, window: int) -> None:
        self.today, self.lead, self.window, self.count = TODAY, lead, window, count
        recurrence = Recurrence(9, Unit.DAY, TODAY - timedelta(days=100), window_days=window)
        self.plan = maintenance.begin("mp_1", recurrence, count, lead, TODAY)
        self.first = recurrence.first_visit_on
        self.passed = self.first - timedelta(days=1)  # visits up to here never fall due any more
        self.pass_over()
        self.visits: list[Visit] = []
        self.state = "active"

    def pass_over(self) -> None:
        """Visits whose days are over by now."""
        over = self.today - timedelta(days=self.window)
        self.passed = max(self.passed, over)

    def expected(self) -> list[date]:
        """The days that fall due by now, gone through one by one."""
        horizon = self.today + timedelta(days=self.lead)
        day, found = self.passed + timedelta(days=1), []
        while day <= horizon:
            if (day - self.first).days % 9 == 0:
                found.append(day)
            day += timedelta(days=1)
        left = self.count - len(self.visits) if self.count else len(found)
        return found[: min(left, 50)]  # no more at once

    @rule(days=st.integers(1, 25))
    def time_passes(self, days: int) -> None:
        self.today += timedelta(days=days)

    @rule()
    def claim(self) -> None:
        if self.state != "active":
            assert self.plan.state != PlanState.ACTIVE
            return
        expected = self.expected()
        after, due = maintenance.claim(self.plan, self.today)
        assert [each.occurrence.due_on for each in due] == expected
        assert after.revision == self.plan.revision + bool(due)
        self.plan = after
        self.visits += due
        if expected:
            self.passed = expected[-1]
        if self.count and len(self.visits) == self.count:
            self.state = "ended"

    @rule()
    def pause(self) -> None:
        if self.state == "active":
            self.plan, self.state = maintenance.pause(self.plan), "paused"
        else:
            with pytest.raises(FailedPrecondition):
                maintenance.pause(self.plan)

    @rule()
    def resume(self) -> None:
        if self.state == "paused":
            self.plan, self.state = maintenance.resume(self.plan, self.today), "active"
            self.pass_over()
        else:
            with pytest.raises(FailedPrecondition):
                maintenance.resume(self.plan, self.today)

    @rule(certain=st.integers(1, 8))
    def end(self, certain: int) -> None:
        if certain < 8:  # seldom, so that lives grow long
            return
        if self.state == "ended":
            with pytest.raises(FailedPrecondition):
                maintenance.end(self.plan)
        else:
            self.plan, self.state = maintenance.end(self.plan), "ended"

    @invariant()
    def each_visit_falls_due_once_and_in_order(self) -> None:
        assert self.plan.state == self.state
        assert (self.plan.next is None) == (self.state == "ended")
        assert [each.number for each in self.visits] == list(range(1, len(self.visits) + 1))
        days = [each.occurrence.due_on for each in self.visits]
        assert days == sorted(set(days))
        assert self.plan.claimed_count == len(self.visits)


TestPlanLife = PlanLife.TestCase
TestPlanLife.settings = settings(PATIENT, max_examples=150, stateful_step_count=30)


def test_a_contract_that_is_over_makes_no_plan() -> None:
    over = Recurrence(1, Unit.MONTH, date(2025, 1, 31), ends_on=date(2025, 12, 31))
    with pytest.raises(InvalidArgument, match="no visit"):
        maintenance.begin("mp_1", over, 0, 0, TODAY)


def test_a_plan_that_was_paused_beyond_its_end_ends_when_it_goes_on() -> None:
    short = Recurrence(1, Unit.MONTH, TODAY, ends_on=date(2026, 3, 31))
    plan = maintenance.pause(maintenance.begin("mp_1", short, 0, 0, TODAY))
    assert maintenance.resume(plan, date(2026, 4, 1)).state is PlanState.ENDED


def test_the_visits_to_come_are_no_more_than_the_contract_includes() -> None:
    monthly = Recurrence(1, Unit.MONTH, TODAY)
    assert len(maintenance.coming(maintenance.begin("", monthly, 3, 0, TODAY), 12)) == 3
    assert len(maintenance.coming(maintenance.begin("", monthly, 0, 0, TODAY), 12)) == 12


def test_a_case_is_told_what_is_the_same_and_what_is_the_visits_own() -> None:
    facts = dict.fromkeys(maintenance.Fact, "") | {maintenance.Fact.DUE_ON: "2026-01-31"}
    inputs = maintenance.inputs_of({"channel": "contract"}, {"day": "due_on"}, facts)
    assert inputs == {"channel": "contract", "day": "2026-01-31"}
