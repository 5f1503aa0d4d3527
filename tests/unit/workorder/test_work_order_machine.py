"""Any sequence of commands, in any state, by anybody: the work order does what a plain model says."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from kit.errors import ServiceError
from services.workorder.domain.orders import work_order
from services.workorder.domain.orders.work_order import Offer, Outcome, Progress, State, Verb
from tests.unit.workorder.patience import PATIENT

TECHNICIANS = st.sampled_from(["zhang", "zhang", "zhang", "wang"])
CODES = st.sampled_from(["000000", "111111", "12345", "１２３４５６"])
DONE = ("accepted_by_customer", "cancelled")


class WorkOrderLife(RuleBasedStateMachine):
    """The model keeps a state's name, who is asked until when, who holds it, and the wrong tries."""

    @initialize()
    def create(self) -> None:
        self.real = Progress("wo_1", State.CREATED, 1, "000000")
        self.now = datetime(2026, 3, 2, tzinfo=UTC)
        self.state, self.holder = "created", ""
        self.asked: dict[str, datetime] = {}
        self.code, self.wrong, self.revision = "000000", 0, 1

    def expect(self, reason: str, transition: Callable[[], Progress], to: str = "") -> None:
        """The transition is refused for this reason, or goes to this state when there is none."""
        if reason:
            with pytest.raises(ServiceError) as refused:
                transition()
            assert refused.value.reason == reason
            return
        self.real, self.state, self.revision = transition(), to, self.revision + 1

    def unless(self, *states: str) -> str:
        return "" if self.state in states else "WORK_ORDER_STATE_FORBIDS"

    def not_by(self, technician: str) -> str:
        theirs = technician == self.holder or technician in self.asked
        return "" if theirs else "WORK_ORDER_NOT_YOURS"

    @rule(minutes=st.integers(1, 90))
    def time_passes(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)

    @rule(technician=TECHNICIANS, minutes=st.integers(-10, 60), beside=st.booleans())
    def offer(self, technician: str, minutes: int, beside: bool) -> None:
        until = self.now + timedelta(minutes=minutes)
        too_late = "" if minutes > 0 else "WORK_ORDER_OFFER_EXPIRY_PAST"
        twice = "WORK_ORDER_OFFERED_ALREADY" if technician in self.asked else ""
        states = ("created", "offered") if beside else ("created",)
        reason = self.unless(*states) or twice or too_late
        made = Offer(f"of_{self.revision}", technician, until)
        self.expect(
            reason, lambda: work_order.offer(self.real, made, self.now, beside=beside), "offered"
        )
        if not reason:
            self.asked[technician] = until

    @rule(technician=TECHNICIANS)
    def accept(self, technician: str) -> None:
        until = self.asked.get(technician, self.now)
        expired = "WORK_ORDER_OFFER_EXPIRED" if self.now >= until else ""
        reason = self.unless("offered") or self.not_by(technician) or expired
        self.expect(reason, lambda: work_order.accept(self.real, technician, self.now), "accepted")
        if not reason:
            self.asked, self.holder = {}, technician

    @rule(technician=TECHNICIANS)
    def decline(self, technician: str) -> None:
        reason = self.unless("offered") or self.not_by(technician)
        left = "offered" if len(self.asked) > 1 else "created"
        self.expect(reason, lambda: work_order.decline(self.real, technician), left)
        self._is_asked_no_more_unless(reason, technician)

    @rule(technician=TECHNICIANS)
    def expire(self, technician: str) -> None:
        reason = self.unless("offered") or self.not_by(technician)
        left = "offered" if len(self.asked) > 1 else "created"
        self.expect(reason, lambda: work_order.expire(self.real, technician), left)
        self._is_asked_no_more_unless(reason, technician)

    def _is_asked_no_more_unless(self, reason: str, technician: str) -> None:
        if not reason:
            assert self.last_outcome(technician) in (Outcome.DECLINED, Outcome.EXPIRED)
            del self.asked[technician]

    def last_outcome(self, technician: str) -> Outcome | None:
        theirs = [each for each in self.real.offers if each.technician_id == technician]
        return theirs[-1].outcome

    @rule()
    def schedule(self) -> None:
        reason = self.unless("accepted", "scheduled")
        self.expect(reason, lambda: work_order.schedule(self.real), "scheduled")

    @rule(technician=TECHNICIANS)
    def check_in(self, technician: str) -> None:
        reason = self.unless("scheduled") or self.not_by(technician)
        self.expect(reason, lambda: work_order.check_in(self.real, technician), "in_progress")

    @rule(technician=TECHNICIANS, code=CODES)
    def complete(self, technician: str, code: str) -> None:
        locked = "WORK_ORDER_CODE_LOCKED" if self.wrong == 5 else ""
        malformed = "" if code in ("000000", "111111") else "WORK_ORDER_CODE_MALFORMED"
        reason = self.unless("in_progress") or self.not_by(technician) or locked or malformed
        right = code == self.code
        self.expect(
            reason,
            lambda: work_order.complete(self.real, technician, code),
            "completed" if right else "in_progress",
        )
        if not reason and not right:
            self.wrong += 1

    @rule(certain=st.integers(1, 4))
    def release(self, certain: int) -> None:
        if certain < 4:
            return
        reason = self.unless("accepted", "scheduled", "in_progress")
        self.expect(reason, lambda: work_order.release(self.real), "created")
        if not reason:
            assert self.last_outcome(self.holder) is Outcome.RELEASED
            self.holder = ""

    @rule(certain=st.integers(1, 4))
    def take_over(self, certain: int) -> None:
        if certain < 4:
            return
        reason = self.unless("created", "offered", "accepted", "scheduled", "in_progress")
        self.expect(reason, lambda: work_order.take_over(self.real), "created")
        if not reason:
            assert all(self.last_outcome(each) is Outcome.WITHDRAWN for each in self.asked)
            assert not self.holder or self.last_outcome(self.holder) is Outcome.RELEASED
            self.asked, self.holder = {}, ""

    @rule(verb=st.sampled_from(["hand_over", "set_crew", "set_priority", "change"]))
    def edit(self, verb: str) -> None:
        taken = ("accepted", "scheduled", "in_progress")
        allowed = taken if verb == "set_crew" else ("created", "offered", *taken)
        reason = self.unless(*allowed)
        self.expect(reason, lambda: work_order.edit(self.real, Verb(verb)), self.state)

    @rule()
    def promise(self) -> None:
        reason = self.unless("created", "offered")
        self.expect(reason, lambda: work_order.edit(self.real, Verb.PROMISE), self.state)

    @rule(expected=st.integers(0, 5))
    def read_before(self, expected: int) -> None:
        if expected in (0, self.revision):
            work_order.require_revision(self.real, expected)
            return
        with pytest.raises(ServiceError) as refused:
            work_order.require_revision(self.real, expected)
        assert refused.value.reason == "WORK_ORDER_REVISION_STALE"

    @rule(code=st.sampled_from(["000000", "111111"]))
    def reissue_code(self, code: str) -> None:
        reason = self.unless("created", "offered", "accepted", "scheduled", "in_progress")
        self.expect(reason, lambda: work_order.reissue_code(self.real, code), self.state)
        if not reason:
            self.code, self.wrong = code, 0

    @rule(rating=st.integers(-1, 6))
    def record_acceptance(self, rating: int) -> None:
        invalid = "" if rating in range(6) else "WORK_ORDER_RATING_INVALID"
        reason = self.unless("completed") or invalid
        self.expect(
            reason, lambda: work_order.record_acceptance(self.real, rating), "accepted_by_customer"
        )

    @rule(steps=st.integers(1, 5))
    def things_go_as_usual(self, steps: int) -> None:
        """Chance alone would rarely get far: this takes the next steps of an ordinary life."""
        for _ in range(steps):
            match self.state:
                case "created":
                    self.offer("zhang", 30, beside=False)
                case "offered":
                    self.accept(next(iter(self.asked)))
                case "accepted":
                    self.schedule()
                case "scheduled":
                    self.check_in(self.holder)
                case "in_progress":
                    self.complete(self.holder, "111111")
                case _:
                    return

    @rule(certain=st.integers(1, 8))
    def cancel(self, certain: int) -> None:
        if certain < 8:  # seldom, so that lives grow long
            return
        reason = "WORK_ORDER_STATE_FORBIDS" if self.state in DONE else ""
        self.expect(reason, lambda: work_order.cancel(self.real), "cancelled")
        if not reason:
            assert all(self.last_outcome(each) is Outcome.WITHDRAWN for each in self.asked)
            self.asked = {}

    @invariant()
    def real_and_model_agree(self) -> None:
        assert self.real.state == self.state
        assert self.real.revision == self.revision
        assert self.real.wrong_code_count == self.wrong
        assert self.real.completion_code == self.code

    @invariant()
    def work_under_way_is_somebodys_and_nobody_else_is_asked(self) -> None:
        accepted = [o.technician_id for o in self.real.offers if o.outcome is Outcome.ACCEPTED]
        if self.state in ("accepted", "scheduled", "in_progress", "completed"):
            assert accepted == [self.holder]
            assert not self.asked
        assert {each.technician_id for each in self.real.open_offers} == set(self.asked)
        assert bool(self.asked) == (self.state == "offered")


TestWorkOrderLife = WorkOrderLife.TestCase
TestWorkOrderLife.settings = settings(PATIENT, max_examples=200, stateful_step_count=40)
