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
    """The model keeps a state's name, whose the offer is, when it ends, and the wrong tries."""

    @initialize()
    def create(self) -> None:
        self.real = Progress("wo_1", State.CREATED, 1, "000000")
        self.now = datetime(2026, 3, 2, tzinfo=UTC)
        self.state, self.whose, self.until = "created", "", self.now
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
        return "" if technician == self.whose else "WORK_ORDER_NOT_YOURS"

    @rule(minutes=st.integers(1, 90))
    def time_passes(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)

    @rule(technician=TECHNICIANS, minutes=st.integers(-10, 60))
    def offer(self, technician: str, minutes: int) -> None:
        until = self.now + timedelta(minutes=minutes)
        too_late = "" if minutes > 0 else "WORK_ORDER_OFFER_EXPIRY_PAST"
        reason = self.unless("created") or too_late
        made = Offer("of_1", technician, until)
        self.expect(reason, lambda: work_order.offer(self.real, made, self.now), "offered")
        if not reason:
            self.whose, self.until = technician, until

    @rule(technician=TECHNICIANS)
    def accept(self, technician: str) -> None:
        expired = "WORK_ORDER_OFFER_EXPIRED" if self.now >= self.until else ""
        reason = self.unless("offered") or self.not_by(technician) or expired
        self.expect(reason, lambda: work_order.accept(self.real, technician, self.now), "accepted")

    @rule(technician=TECHNICIANS)
    def decline(self, technician: str) -> None:
        reason = self.unless("offered") or self.not_by(technician)
        self.expect(reason, lambda: work_order.decline(self.real, technician), "created")
        self._offer_is_gone_unless(reason)

    @rule(technician=TECHNICIANS)
    def expire(self, technician: str) -> None:
        reason = self.unless("offered") or self.not_by(technician)
        self.expect(reason, lambda: work_order.expire(self.real, technician), "created")
        self._offer_is_gone_unless(reason)

    def _offer_is_gone_unless(self, reason: str) -> None:
        if not reason:
            assert self.real.offer is not None
            assert self.real.offer.outcome in (Outcome.DECLINED, Outcome.EXPIRED)
            self.whose = ""

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
            assert self.real.offer is not None
            assert self.real.offer.outcome is Outcome.RELEASED
            self.whose = ""

    @rule(certain=st.integers(1, 4))
    def take_over(self, certain: int) -> None:
        if certain < 4:
            return
        reason = self.unless("created", "offered", "accepted", "scheduled", "in_progress")
        ends = {"created": None, "offered": Outcome.WITHDRAWN}.get(self.state, Outcome.RELEASED)
        self.expect(reason, lambda: work_order.take_over(self.real), "created")
        if not reason:
            if ends is not None:
                assert self.real.offer is not None
                assert self.real.offer.outcome is ends
            self.whose = ""

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
                    self.offer("zhang", 30)
                case "offered":
                    self.accept(self.whose)
                case "accepted":
                    self.schedule()
                case "scheduled":
                    self.check_in(self.whose)
                case "in_progress":
                    self.complete(self.whose, "111111")
                case _:
                    return

    @rule(certain=st.integers(1, 8))
    def cancel(self, certain: int) -> None:
        if certain < 8:  # seldom, so that lives grow long
            return
        reason = "WORK_ORDER_STATE_FORBIDS" if self.state in DONE else ""
        open_before = self.state == "offered"
        self.expect(reason, lambda: work_order.cancel(self.real), "cancelled")
        if open_before:
            assert self.real.offer is not None
            assert self.real.offer.outcome is Outcome.WITHDRAWN

    @invariant()
    def real_and_model_agree(self) -> None:
        assert self.real.state == self.state
        assert self.real.revision == self.revision
        assert self.real.wrong_code_count == self.wrong
        assert self.real.completion_code == self.code

    @invariant()
    def work_under_way_is_somebodys(self) -> None:
        if self.state in ("accepted", "scheduled", "in_progress", "completed"):
            assert self.real.offer is not None
            assert self.real.offer.outcome is Outcome.ACCEPTED
            assert self.real.offer.technician_id == self.whose


TestWorkOrderLife = WorkOrderLife.TestCase
TestWorkOrderLife.settings = settings(PATIENT, max_examples=200, stateful_step_count=40)
