"""Any sequence of commands, in any state: a part request does what a plain model says."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from kit.errors import ServiceError
from services.workorder.domain.stock import part_request
from services.workorder.domain.stock.part_request import PartRequest, RequestLine, State
from services.workorder.domain.stock.stock_ledger import Line, Movement, MovementKind
from tests.unit.workorder.patience import PATIENT

ENDS = ("closed", "rejected", "cancelled")
FORBIDDEN = "PART_REQUEST_STATE_FORBIDS"
WRONG = "PART_REQUEST_QUANTITY_INVALID"


class PartRequestLife(RuleBasedStateMachine):
    """One item is asked for; the model keeps a state's name and five plain numbers."""

    @initialize(asked=st.integers(1, 5), for_work=st.booleans(), needs_approval=st.booleans())
    def create(self, asked: int, for_work: bool, needs_approval: bool) -> None:
        self.now = datetime(2026, 3, 2, tzinfo=UTC)
        self.state = "requested" if needs_approval else "approved"
        self.asked = self.approved = asked
        self.dispatched = self.received = self.spent = 0
        self.for_work, self.until, self.revision = for_work, self.now, 1
        self.real = PartRequest(
            part_request_id="pq_1",
            state=part_request.beginning(needs_approval=needs_approval),
            revision=1,
            to_id="vehicle",
            lines=(RequestLine("PART", asked, asked),),
            requested_by="zhang",
            needs_approval=needs_approval,
            work_order_id="wo_1" if for_work else "",
        )

    def expect(self, reason: str, transition: Callable[[], PartRequest], to: str) -> bool:
        """The transition is refused for this reason, or goes to this state when there is none."""
        if reason:
            with pytest.raises(ServiceError) as refused:
                transition()
            assert refused.value.reason == reason
            return False
        self.real, self.state, self.revision = transition(), to, self.revision + 1
        return True

    def unless(self, *states: str) -> str:
        return "" if self.state in states else FORBIDDEN

    @property
    def left(self) -> int:
        return self.received - self.spent

    @rule(hours=st.integers(1, 30))
    def time_passes(self, hours: int) -> None:
        self.now += timedelta(hours=hours)

    @rule(person=st.sampled_from(["zhang", "warehouse", "warehouse"]), fewer=st.integers(0, 6))
    def approve(self, person: str, fewer: int) -> None:
        quantity = self.asked - fewer
        own = "PART_REQUEST_OWN_APPROVAL" if person == "zhang" else ""
        reason = self.unless("requested") or own or (WRONG if quantity < 1 else "")
        if self.expect(
            reason,
            lambda: part_request.approve(self.real, person, {"PART": quantity}),
            "approved",
        ):
            self.approved = quantity

    @rule(person=st.sampled_from(["zhang", "warehouse"]), really=st.integers(1, 5))
    def reject(self, person: str, really: int) -> None:
        if really < 5:  # seldom, so that lives grow long
            return
        own = "PART_REQUEST_OWN_APPROVAL" if person == "zhang" else ""
        reason = self.unless("requested") or own
        self.expect(reason, lambda: part_request.reject(self.real, person), "rejected")

    @rule(source=st.sampled_from(["central", "central", "vehicle"]), hours=st.integers(1, 48))
    def allocate(self, source: str, hours: int) -> None:
        until = self.now + timedelta(hours=hours)
        same = "PART_REQUEST_SAME_STOCKROOM" if source == "vehicle" else ""
        reason = self.unless("approved", "allocated") or same
        if self.expect(
            reason, lambda: part_request.allocate(self.real, source, until), "allocated"
        ):
            self.until = until

    @rule()
    def expire(self) -> None:
        self.expect(self.unless("allocated"), lambda: part_request.expire(self.real), "approved")

    @rule()
    def dispatch(self) -> None:
        late = "PART_REQUEST_RESERVATION_EXPIRED" if self.now >= self.until else ""
        reason = self.unless("allocated") or late

        def go() -> PartRequest:
            after = part_request.dispatch(self.real, self.now)
            lines = part_request.consignment(self.real, {})
            moved = {
                line.item_code: Movement(MovementKind.TRANSFER, line, 100, "central", "transit")
                for line in lines
            }
            return part_request.with_dispatched(after, moved)

        if self.expect(reason, go, "dispatched"):
            self.dispatched = self.approved

    @rule(missing=st.integers(-1, 6), note=st.sampled_from(["", "箱子破了"]))
    def receive(self, missing: int, note: str) -> None:
        there = self.dispatched - missing
        unexplained = "PART_REQUEST_DISCREPANCY_UNEXPLAINED" if missing > 0 and not note else ""
        wrong = WRONG if not 0 <= there <= self.dispatched else ""
        reason = self.unless("dispatched") or wrong or unexplained

        def go() -> PartRequest:
            part_request.require_possible(self.real, part_request.Verb.RECEIVE)
            arrived = part_request.arrivals(self.real, {"PART": Line("PART", there)})
            return part_request.receive(self.real, arrived, note)

        waits = self.for_work and there > 0
        if self.expect(reason, go, "received" if waits else "closed"):
            self.received = there

    @rule(quantity=st.integers(0, 3), back=st.booleans())
    def spend(self, quantity: int, back: bool) -> None:
        reason = self.unless("received") or (WRONG if not 0 < quantity <= self.left else "")
        spend = part_request.give_back if back else part_request.use
        to = "closed" if quantity == self.left else "received"
        if self.expect(reason, lambda: spend(self.real, {"PART": quantity}), to):
            self.spent += quantity

    @rule()
    def close(self) -> None:
        self.expect(self.unless("received"), lambda: part_request.close(self.real), "closed")

    @rule(really=st.integers(1, 8))
    def cancel(self, really: int) -> None:
        if really < 8:
            return
        reason = self.unless("requested", "approved", "allocated", "received")
        to = "closed" if self.state == "received" else "cancelled"
        self.expect(reason, lambda: part_request.cancel(self.real), to)

    @rule(steps=st.integers(1, 5))
    def things_go_as_usual(self, steps: int) -> None:
        """Chance alone would rarely get far: this takes the next steps of an ordinary life."""
        for _ in range(steps):
            match self.state:
                case "requested":
                    self.approve("warehouse", 0)
                case "approved":
                    self.allocate("central", 24)
                case "allocated" if self.now < self.until:
                    self.dispatch()
                case "dispatched":
                    self.receive(0, "")
                case "received":
                    self.spend(1, back=False)
                case _:
                    return

    @invariant()
    def real_and_model_agree(self) -> None:
        (line,) = self.real.lines
        assert self.real.state == self.state
        assert self.real.revision == self.revision
        assert (line.approved, line.dispatched, line.received) == (
            self.approved,
            self.dispatched,
            self.received,
        )
        assert line.used + line.returned == self.spent
        assert line.open_quantity == self.left

    @invariant()
    def quantities_only_shrink_on_their_way(self) -> None:
        (line,) = self.real.lines
        assert line.quantity >= line.approved >= line.dispatched >= line.received
        assert line.open_quantity >= 0

    @invariant()
    def it_is_held_while_it_is_allocated_and_only_then(self) -> None:
        assert (self.real.reserved_until is not None) == (self.state == "allocated")

    @invariant()
    def an_end_allows_nothing_more(self) -> None:
        assert (not part_request.possible(State(self.state))) == (self.state in ENDS)


TestPartRequestLife = PartRequestLife.TestCase
TestPartRequestLife.settings = settings(PATIENT, max_examples=200, stateful_step_count=40)


def test_units_that_were_not_dispatched_do_not_arrive() -> None:
    sent = RequestLine("PUMP", 2, 2, dispatched=2, serial_numbers=("SN1", "SN2"))
    request = PartRequest("pq_1", State.DISPATCHED, 4, "vehicle", (sent,), "zhang", False)
    with pytest.raises(ServiceError) as refused:
        part_request.arrivals(request, {"PUMP": Line("PUMP", 1, ("SN3",))})
    assert refused.value.reason == WRONG
    told = part_request.arrivals(request, {"PUMP": Line("PUMP", 1, ("SN2",))})
    assert told["PUMP"].serial_numbers == ("SN2",)
    assert part_request.arrivals(request, {})["PUMP"].serial_numbers == ("SN1", "SN2")
