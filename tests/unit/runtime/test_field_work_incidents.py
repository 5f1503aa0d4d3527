"""What the step of a field work could not take, and what operations do about it."""

from __future__ import annotations

from typing import Any

import pytest

from kit.errors import ServiceError
from tests.unit.runtime.works import Work
from workflows.runtime.events import (
    Act,
    Acted,
    CancelRequested,
    RpcSucceeded,
)
from workflows.runtime.field_work.incidents import in_words, with_defect
from workflows.runtime.field_work.record import details
from workflows.runtime.field_work.state import (
    FieldWorkState,
    Outcome,
)
from workflows.runtime.field_work.step import step

INCIDENT = "defect/3"


def stuck(work: Work) -> FieldWorkState:
    """A field work whose step has raised at the answer that it waits for."""
    call = work.held.pop()
    odd = RpcSucceeded(work.at, call.call_id, {"nonsense": True})
    try:
        step(work.state, odd)
    except KeyError as defect:
        return with_defect(work.state, "RpcSucceeded", defect, work.at, odd)
    raise AssertionError("this is odd enough")


def of_operations(verb: str, **more: Any) -> Act:
    given = {"roles": ("ops",), "comment": "查过了", **more}
    return Act(act_key=f"ops-{verb}", verb=verb, person="pe_ops", incident_id=INCIDENT, **given)


def test_an_answer_that_cannot_be_taken_is_kept_until_operations_say_what_it_is() -> None:
    work = Work(hold={"rank"}).begin()
    work.state = stuck(work)
    (incident,) = in_words(work.state)
    assert (incident["incident_id"], incident["verbs"]) == (INCIDENT, ["retry", "skip"])
    assert "nonsense" not in details(work.state)
    # Applied again by the same code it fails again, and nothing has changed.
    with pytest.raises(KeyError):
        step(work.state, Acted(work.at, of_operations("retry")))
    work.feed(Acted(work.at, of_operations("skip")))
    assert not work.state.incidents
    assert work.report is not None
    assert (work.report.outcome, work.report.reason) == (Outcome.FAILED, "CASE_DEFECT")
    (told,) = [record for record in work.records if record.verb == "skip"]
    assert told.before["incident"] == INCIDENT
    # The same act once more is the same act.
    assert step(work.state, Acted(work.at, of_operations("skip")))[1] == []


@pytest.mark.parametrize(
    ("act", "reason"),
    [
        (of_operations("skip", roles=("sales",)), "CASE_OPS_ONLY"),
        (of_operations("skip", comment=""), "CASE_REASON_MISSING"),
        (of_operations("move", to="x"), "CASE_VERB_ILLEGAL"),
    ],
)
def test_operations_resolve_what_stands_still_in_a_field_work_and_nobody_else(
    act: Act, reason: str
) -> None:
    work = Work(hold={"rank"}).begin()
    work.state = stuck(work)
    with pytest.raises(ServiceError) as refused:
        step(work.state, Acted(work.at, act))
    assert refused.value.reason == reason


def test_a_field_work_is_cancelled_while_operations_look_at_it_and_ends_when_they_have() -> None:
    work = Work(hold={"rank"}).begin()
    work.state = stuck(work)
    work.feed(CancelRequested(work.at, "case", "refund"))
    assert not work.state.ended
    work.feed(Acted(work.at, of_operations("skip")))
    assert work.report is not None
    assert work.report.outcome is Outcome.CANCELLED
