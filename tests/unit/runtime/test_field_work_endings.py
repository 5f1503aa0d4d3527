"""How field work ends before the work is done: cancelled, refused, nobody left."""

from __future__ import annotations

import pytest

from tests.unit.runtime.works import WINDOW, Work
from workflows.runtime.events import (
    CancelRequested,
)


def test_it_gives_up_after_as_many_offers_as_the_flow_allows() -> None:
    work = Work(technicians=("pe_a", "pe_b", "pe_c"), max_offers=2).begin()
    work.act("decline")
    work.act("decline", "pe_b")
    assert work.report is not None
    assert work.report.reason == "FIELD_WORK_NOBODY"


@pytest.mark.parametrize(
    "held", ["work_order", "quote", "rank", "promise", "offer", "accept", "schedule", "check_in"]
)
def test_a_cancellation_at_any_point_undoes_what_was_promised_and_reports_once(held: str) -> None:
    work = Work()
    work.hold = {held}
    work.begin()
    if not work.held:
        work.act("accept")
    if not work.held:
        work.act("schedule", form=WINDOW)
    if not work.held:
        work.act("check_in")
    assert [call.call_id.partition("/")[0] for call in work.held] == [held]
    work.feed(CancelRequested(work.at, "case", "退单"))
    work.release()
    assert work.report is not None
    assert work.report.outcome == "cancelled"
    assert work.state.offers == ()
    assert len(work.made("cancel_earning")) == len(work.made("promise"))


def test_a_cancellation_while_an_offer_waits_closes_the_offer_first() -> None:
    work = Work().begin()
    work.calls.clear()
    work.feed(CancelRequested(work.at, "case", "退单"))
    assert [call.call_id for call in work.calls] == ["close_offer/1", "cancel_earning/1"]


def test_work_that_was_completed_while_it_was_being_cancelled_is_completed() -> None:
    work = Work().begin().on_site()
    work.hold = {"complete"}
    work.act("complete", form={"completion_code": "123456"})
    work.feed(CancelRequested(work.at, "case", "退单"))
    work.release()
    assert work.report is not None
    assert work.report.outcome == "completed"
    assert work.made("cancel_earning") == []


def test_an_earning_that_cannot_be_cancelled_is_reported_as_a_failure() -> None:
    work = Work().begin()
    work.refuse["cancel_earning"] = "SETTLEMENT_STATE_FORBIDS"
    work.feed(CancelRequested(work.at, "case", "退单"))
    assert work.report is not None
    assert (work.report.outcome, work.report.reason) == ("failed", "SETTLEMENT_STATE_FORBIDS")


@pytest.mark.parametrize("verb", ["work_order", "quote", "rank", "promise", "offer"])
def test_what_a_service_refuses_is_reported_with_its_reason(verb: str) -> None:
    work = Work(refuse={verb: "SOME_REASON"}).begin()
    assert work.report is not None
    assert (work.report.outcome, work.report.reason) == ("failed", "SOME_REASON")
    assert work.state.offers == ()
