"""Field work, step by step, without Temporal: whom it asks, and what it promises and reports."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from kit.errors import ServiceError
from tests.unit.runtime.works import START, Work, cny, quote, quote_step
from workflows.runtime.events import (
    RpcFailed,
    RpcSucceeded,
    TimerFired,
)
from workflows.runtime.field_work.lines import settlement_lines
from workflows.runtime.field_work.state import (
    Outcome,
    Report,
)


def test_the_best_candidate_is_promised_an_earning_then_offered_the_work_then_told() -> None:
    work = Work().begin()
    assert [call.call_id for call in work.calls] == [
        "work_order", "quote", "rank/1", "promise/1", "offer/1", "announce/1",
    ]  # fmt: skip
    offer = work.made("offer")[0].request
    assert offer["technician_id"] == "pe_a"
    assert offer["earning_total"] == cny(12_000)
    assert offer["expires_at"] == "2026-03-02T01:30:00Z"
    assert work.task is not None
    assert work.task.verbs == ("accept", "decline")


def test_a_write_that_depends_on_a_read_or_on_the_time_ends_the_task_first() -> None:
    work = Work().begin().on_site()
    barriers = {call.call_id.partition("/")[0]: call.barrier for call in work.calls}
    assert not barriers["rank"]
    for verb in ("promise", "offer", "accept", "schedule", "check_in"):
        assert barriers[verb], verb


def test_every_write_has_a_key_of_its_own_within_node_and_visit() -> None:
    work = Work().begin()
    work.act("decline")
    keys = [call.idempotency_key for call in work.calls if call.idempotency_key]
    assert len(set(keys)) == len(keys)
    assert all(key.startswith("field_work:wo_1/install/1/") for key in keys)


def test_the_settlement_steps_of_a_quote_become_lines_that_sum_to_its_total() -> None:
    lines = settlement_lines(
        quote(
            [quote_step("base", None, 100), quote_step("coefficient", 100, 120)],
            [
                quote_step("base", None, 50),
                quote_step("quantity", 50, 100),
                quote_step("discount", 100, 90),
            ],
            total=210,
        )
    )
    assert [(line["line_kind"], line["amount"]["amount_minor"]) for line in lines] == [
        ("base", 100), ("coefficient", 20), ("base", 50), ("base", 50), ("deduction", -10),
    ]  # fmt: skip
    assert lines[0]["label"] == "item 0·base"


def test_taxes_are_lines_of_their_own_and_what_is_paid_back_of_them_is_a_negative_one() -> None:
    def tax(code: str, amount_minor: int, side: str = "SIDE_SETTLEMENT", **more: object) -> Any:
        amount = {"currency": "CNY", "amount_minor": amount_minor}
        named = {"tax_code": code, "label": code, "explanation": f"{code} of 100"}
        return {**named, "side": side, "amount": amount, **more}

    quoted = quote([quote_step("base", None, 10_000)], total=10_300)
    quoted["taxes"] = [
        tax("VAT", 600),
        tax("VAT", -300),
        tax("INSIDE", 566, included=True),
        tax("SALES", 900, side="SIDE_LIST"),
        tax("NONE", 0),
    ]
    lines = settlement_lines(quoted)
    assert [
        (line["line_kind"], line["rule_id"], line["amount"]["amount_minor"]) for line in lines[1:]
    ] == [("tax", "VAT", 600), ("refundable_tax", "VAT", -300)]


def test_a_quote_in_another_currency_settles_in_it_and_each_line_names_the_rate() -> None:
    exchanged = {
        "phase": "currency",
        "label": "汇率折算",
        "rule_id": "er_1",
        "explanation": "汇率 CNY→THB 4.8125（自 2026-03-01 起）",
        "amount_before": cny(10_001),
        "amount_after": {"currency": "THB", "amount_minor": 48_130},
    }
    steps = [
        quote_step("base", None, 10_000),
        quote_step("premium", 10_000, 12_000),
        quote_step("discount", 12_000, 10_001),
        exchanged,
    ]
    quoted = quote(steps, total=48_130)
    lines = settlement_lines(quoted)
    assert {line["amount"]["currency"] for line in lines} == {"THB"}
    assert sum(line["amount"]["amount_minor"] for line in lines) == 48_130
    assert [line["line_kind"] for line in lines] == ["base", "premium", "deduction"]
    assert all(
        "er_1：汇率 CNY→THB 4.8125（自 2026-03-01 起）" in line["explanation"] for line in lines
    )


def test_a_step_that_changes_nothing_makes_no_line() -> None:
    steps = [quote_step("base", None, 100), quote_step("premium", 100, 100)]
    assert len(settlement_lines(quote(steps, total=100))) == 1


def test_a_quote_whose_steps_do_not_sum_to_its_total_ends_the_field_work() -> None:
    with pytest.raises(ServiceError) as refused:
        settlement_lines(quote([quote_step("base", None, 100)], total=99))
    assert refused.value.reason == "FIELD_WORK_QUOTE_UNEVEN"


def test_work_completed_with_the_code_reports_who_did_it_and_what_they_earn() -> None:
    work = Work().begin().on_site()
    work.act("complete", form={"completion_code": "123456"})
    assert work.report == Report(
        Outcome.COMPLETED,
        {
            "work_order_id": "wo_1",
            "technician_id": "pe_a",
            "earning_id": "er_pe_a",
            "completed_at": "2026-03-03T03:00:00Z",
        },
    )
    assert [record.verb for record in work.records] == [
        "accept",
        "schedule",
        "check_in",
        "complete",
    ]
    assert work.records[-1].after == {"form": {}}, "the code is nobody's to read"


def test_a_declined_offer_is_closed_and_its_earning_cancelled_before_the_next_is_asked() -> None:
    work = Work().begin()
    work.calls.clear()
    work.act("decline", comment="太远")
    assert [call.call_id for call in work.calls] == [
        "close_offer/1", "cancel_earning/1", "rank/2", "promise/2", "offer/2", "announce/2",
    ]  # fmt: skip
    assert work.calls[0].rpc.endswith("/DeclineOffer")
    assert work.calls[0].request["reason"] == "太远"
    assert work.made("offer")[0].request["technician_id"] == "pe_b"


def test_an_offer_that_lapses_expires_and_the_last_one_ends_it() -> None:
    work = Work().begin()
    work.feed(TimerFired(START + timedelta(minutes=30), "offer"))
    assert work.made("close_offer")[0].rpc.endswith("/ExpireOffer")
    work.feed(TimerFired(START + timedelta(minutes=60), "offer"))
    assert work.report is not None
    assert (work.report.outcome, work.report.reason) == ("failed", "FIELD_WORK_NOBODY")
    assert len(work.made("cancel_earning")) == 2


def test_an_answer_that_nobody_waits_for_any_more_changes_nothing() -> None:
    work = Work().begin()
    before = work.state
    work.feed(RpcSucceeded(work.at, "announce/1", {}))
    work.feed(RpcFailed(work.at, "rank/1", "LATE", ""))
    assert work.state is before
