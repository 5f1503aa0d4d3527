"""What a command must bring."""

import pytest

from kit.authn import Actor
from kit.errors import FailedPrecondition, InvalidArgument, PermissionDenied, ServiceError
from services.workorder.domain.on_site.commands import (
    ClockAct,
    ClockVerb,
    Evidence,
    EvidenceKind,
    Party,
    PauseReason,
    require_clock_act,
    require_command_id,
    require_count,
    require_evidence,
)
from services.workorder.domain.on_site.reporter import reporter
from services.workorder.domain.on_site.seal import chained

ZHANG = Actor("pe_zhang", frozenset({"technician"}))
DISPATCHER = Actor("pe_dispatcher", frozenset({"dispatcher"}))


@pytest.mark.parametrize("command_id", ["", "short", "a" * 65, "with space", "chinese-编号"])
def test_a_command_is_known_by_a_plain_id(command_id: str) -> None:
    with pytest.raises(InvalidArgument) as refusal:
        require_command_id(command_id)
    assert refusal.value.reason == "ON_SITE_COMMAND_ID_INVALID"


@pytest.mark.parametrize("count", [0, 201])
def test_a_report_brings_one_to_two_hundred_commands(count: int) -> None:
    with pytest.raises(InvalidArgument) as refusal:
        require_count(count)
    assert refusal.value.reason == "ON_SITE_REPORT_INVALID"


@pytest.mark.parametrize(
    ("act", "field"),
    [
        (ClockAct(ClockVerb.PAUSE), "reason"),
        (ClockAct(ClockVerb.PAUSE, PauseReason.OTHER), "party"),
        (ClockAct(ClockVerb.STOP, comes_back=True), "reason"),
        (ClockAct(ClockVerb.START, PauseReason.PARTS, comes_back=True), "comes_back"),
    ],
)
def test_who_lets_work_stand_still_says_because_of_whom(act: ClockAct, field: str) -> None:
    with pytest.raises(InvalidArgument) as refusal:
        require_clock_act(act)
    assert refusal.value.field == field


def test_the_party_that_is_named_goes_before_that_of_the_reason() -> None:
    named = ClockAct(ClockVerb.PAUSE, PauseReason.PARTS, Party.COMPANY)
    assert require_clock_act(named).party is Party.COMPANY
    assert require_clock_act(ClockAct(ClockVerb.PAUSE, PauseReason.PARTS)).party is Party.WAREHOUSE


def test_nobody_is_blamed_for_work_that_goes_on() -> None:
    start = ClockAct(ClockVerb.START, PauseReason.PARTS, Party.WAREHOUSE)
    assert require_clock_act(start).party is None


@pytest.mark.parametrize(
    ("sha256", "looks", "reason"),
    [
        ("", "", "EVIDENCE_FILE_UNKNOWN"),
        ("A" * 64, "", "EVIDENCE_FILE_UNKNOWN"),
        ("a" * 64, "12345", "ON_SITE_COMMAND_INVALID"),
    ],
)
def test_evidence_is_of_a_file_that_was_uploaded(sha256: str, looks: str, reason: str) -> None:
    with pytest.raises(InvalidArgument) as refusal:
        require_evidence(Evidence(EvidenceKind.BEFORE, "fl_1.jpg", sha256, looks))
    assert refusal.value.reason == reason


def test_who_has_or_had_the_work_order_reports_for_themselves() -> None:
    assert reporter(ZHANG, ["pe_wang", "pe_zhang"], "wo_1") == "pe_zhang"
    assert reporter(DISPATCHER, ["pe_wang", "pe_zhang"], "wo_1") == "pe_wang"


@pytest.mark.parametrize(
    ("actor", "holders", "error", "reason"),
    [
        (ZHANG, ["pe_wang"], PermissionDenied, "WORK_ORDER_NOT_YOURS"),
        (Actor("cu_li", frozenset({"customer"})), ["pe_wang"], PermissionDenied, "ROLE_REQUIRED"),
        (DISPATCHER, [], FailedPrecondition, "ON_SITE_NOBODY_SENT"),
    ],
)
def test_nobody_else_reports(
    actor: Actor, holders: list[str], error: type[ServiceError], reason: str
) -> None:
    with pytest.raises(error) as refusal:
        reporter(actor, holders, "wo_1")
    assert refusal.value.reason == reason


def test_a_chain_of_hashes_changes_with_every_entry_and_with_their_order() -> None:
    one, other = {"command_id": "a", "body": {"x": 1}}, {"command_id": "b", "body": {}}
    chains = [chained(entries) for entries in ([], [one], [other], [one, other], [other, one])]
    assert len(set(chains)) == len(chains)
    assert chained([{"body": {"x": 1}, "command_id": "a"}]) == chained([one])
