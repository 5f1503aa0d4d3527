"""Reports over the wire: late, twice, in another order, each command answered for itself."""

import asyncio
import itertools
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kit.rpc.convert import instant_from_proto
from protos.workorder.v1 import on_site_pb2 as pb
from tests.rpc.workorder.conftest import CUSTOMER, DISPATCHER, Desk, technician
from tests.rpc.workorder.on_site.conftest import (
    ARRIVES,
    ELSEWHERE,
    HQ,
    PAUSE,
    RESUME,
    START,
    STOP,
    OnSite,
    in_progress,
    outcomes,
    photo,
)

APPLIED = pb.COMMAND_OUTCOME_APPLIED
REFUSED = pb.COMMAND_OUTCOME_REFUSED


def a_day(site: OnSite) -> list[pb.OnSiteCommand]:
    """Ninety minutes with a wait, a mistaken photo and an answer too many."""
    return [
        site.tell(0, "phone.arrives", check_in=ARRIVES),
        site.tell(5, "phone.starts", work_clock=START),
        site.tell(25, "phone.pauses", work_clock=PAUSE),
        site.tell(26, "phone.mistake", evidence=photo("b")),
        site.tell(27, "phone.retract", retraction=pb.Retraction(command_id="phone.mistake", reason="拍错")),
        site.tell(65, "phone.resumes", work_clock=RESUME),
        site.tell(65, "phone.resumes2", work_clock=RESUME),
        site.tell(90, "phone.stops", work_clock=STOP),
    ]  # fmt: skip


def told(record: pb.OnSiteRecord) -> object:
    """What a record says, but for when and under which ids things were written down."""
    return (
        record.work_time,
        [(each.command, each.occurred_at, each.standing.outcome, each.standing.reason)
         for each in record.entries if each.command.command_id.startswith("phone.")],
        [(fee.fee_key, fee.minutes, fee.charged_party) for fee in record.fee_events if not fee.void],
    )  # fmt: skip


@settings(
    max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
@given(order=st.permutations(range(8)), cuts=st.sets(st.integers(1, 7)), again=st.integers(0, 7))
async def test_late_duplicate_and_reordered_reports_converge(
    desk: Desk, order: list[int], cuts: set[int], again: int
) -> None:
    orderly, shuffled = await in_progress(desk), await in_progress(desk)
    day = a_day(orderly)
    orderly.pass_minutes(100)
    await orderly.report(*day)
    mixed = [day[index] for index in order]
    bounds = [0, *sorted(cuts), len(mixed)]
    for begin, end in itertools.pairwise(bounds):
        await shuffled.report(*mixed[begin:end], day[again])
        shuffled.pass_minutes(1)
    assert told(await shuffled.record()) == told(await orderly.record())


async def test_what_a_phone_kept_while_it_was_offline_makes_the_day(site: OnSite) -> None:
    day = a_day(site)
    site.pass_minutes(100)
    report = await site.report(*day)
    assert outcomes(report) == [
        APPLIED, APPLIED, APPLIED, pb.COMMAND_OUTCOME_RETRACTED, APPLIED, APPLIED,
        pb.COMMAND_OUTCOME_WITHOUT_EFFECT, APPLIED,
    ]  # fmt: skip
    assert report.standings[6].reason == "WORK_CLOCK_RUNNING"
    assert report.work_time.worked_minutes == 20 + 25
    assert [(each.party, each.waited_minutes) for each in report.work_time.waiting] == [
        (pb.BLAMED_PARTY_CUSTOMER, 40)
    ]
    (fee,) = (await site.record()).fee_events
    assert (fee.kind, fee.charged_party, fee.minutes, fee.rule_id) == (
        pb.FEE_EVENT_KIND_WAITING, pb.BLAMED_PARTY_CUSTOMER, 25, "default-1",
    )  # fmt: skip


async def test_a_command_that_is_told_again_changes_nothing_and_says_so(site: OnSite) -> None:
    start = site.tell(0, work_clock=START)
    first = await site.report(start)
    again = await site.report(start, start)
    assert [standing.known_before for standing in first.standings] == [False]
    assert [standing.known_before for standing in again.standings] == [True, True]
    record = await site.record()
    assert [each.command.command_id for each in record.entries][1:] == [start.command_id]
    assert len(record.work_time.spans) == 1


async def test_a_phone_that_sends_twice_at_once_is_heard_once(site: OnSite) -> None:
    day = a_day(site)
    site.pass_minutes(100)
    first, second = await asyncio.gather(site.report(*day), site.report(*day))
    assert outcomes(first) == outcomes(second)
    assert {each.known_before for each in first.standings} != {
        each.known_before for each in second.standings
    }
    assert len((await site.record()).entries) == 1 + len(day)


async def test_who_gave_the_work_order_back_still_tells_what_they_did(site: OnSite) -> None:
    start, stop = site.tell(20, work_clock=START), site.tell(29, work_clock=STOP)
    wait, before = site.tell(0, work_clock=PAUSE), site.technician
    site.pass_minutes(30)
    await site.desk.call(
        "WorkOrderDeskService/ReleaseWorkOrder",
        work_order_id=site.work_order_id,
        release_code="other",
        reason="车坏了",
    )
    report = await site.report(wait, start, stop, by=before)
    assert report.work_time.worked_minutes == 9
    (fee,) = (await site.record()).fee_events
    assert (fee.technician_id, fee.minutes) == (before.person_id, 5)


async def test_another_command_under_an_id_that_is_taken_is_refused(site: OnSite) -> None:
    await site.report(site.tell(0, "phone.0001", work_clock=START))
    report = await site.report(site.tell(1, "phone.0001", work_clock=STOP))
    assert report.standings[0].reason == "ON_SITE_COMMAND_ID_TAKEN"
    assert (await site.record()).work_time.state == pb.WORK_CLOCK_STATE_WORKING


async def test_what_is_wrong_with_one_command_is_no_harm_to_the_others(site: OnSite) -> None:
    report = await site.report(
        site.tell(0, "short", work_clock=START),
        pb.OnSiteCommand(command_id="phone.timeless", work_clock=START),
        site.tell(0, "phone.nothing"),
        site.tell(0, "phone.verbless", work_clock=pb.WorkClockAct()),
        site.tell(0, "phone.nofile", evidence=pb.Evidence(kind=pb.EVIDENCE_KIND_BEFORE)),
        site.tell(0, "phone.noitem", answer=pb.ChecklistAnswer(item_key="x", yes=True)),
        site.tell(0, "phone.starts", work_clock=START),
    )
    assert outcomes(report) == [REFUSED] * 6 + [APPLIED]
    assert [standing.reason for standing in report.standings[:6]] == [
        "ON_SITE_COMMAND_ID_INVALID", "ON_SITE_COMMAND_INVALID", "ON_SITE_COMMAND_INVALID",
        "ON_SITE_COMMAND_INVALID", "EVIDENCE_FILE_UNKNOWN", "CHECKLIST_ITEM_UNKNOWN",
    ]  # fmt: skip
    kept = {each.command.command_id: each.standing for each in (await site.record()).entries}
    assert kept["phone.nofile"].outcome == REFUSED
    assert kept["phone.timeless"].reason == "ON_SITE_COMMAND_INVALID"
    assert "short" not in kept


async def test_a_report_says_by_the_phones_clock_when_it_is_sent(site: OnSite) -> None:
    refusal = await site.desk.refused("OnSiteService/ReportOnSite", site.technician,
        work_order_id=site.work_order_id, commands=[site.tell(0, work_clock=START)],
    )  # fmt: skip
    assert (refusal.reason, refusal.field) == ("ON_SITE_REPORT_INVALID", "sent_at")


async def test_a_phone_whose_clock_is_wrong_is_set_right_and_flagged(site: OnSite) -> None:
    slow = timedelta(hours=3)
    command = site.tell(-180, work_clock=START)
    report = await site.report(command, clock_slow_by=slow)
    assert report.clock_offset_ms == 3 * 3600 * 1000
    assert list(report.standings[0].flags) == [pb.ON_SITE_FLAG_KIND_CLOCK_OFF]
    (entry,) = [
        each for each in (await site.record()).entries
        if each.command.command_id == command.command_id
    ]  # fmt: skip
    assert instant_from_proto(entry.occurred_at) == site.now
    assert entry.command.occurred_at == command.occurred_at


async def test_the_least_offset_that_was_measured_counts(site: OnSite) -> None:
    command = site.tell(-180, work_clock=START)
    # The report lay in a queue for an hour before it came, and came again at once.
    await site.report(command, clock_slow_by=timedelta(hours=4))
    await site.report(command, clock_slow_by=timedelta(hours=3))
    await site.report(command, clock_slow_by=timedelta(hours=5))
    (span,) = (await site.record()).work_time.spans
    assert instant_from_proto(span.starts_at) == site.now


async def test_a_check_in_from_elsewhere_is_flagged_with_its_distance(site: OnSite) -> None:
    report = await site.report(site.tell(0, "phone.far", check_in=ELSEWHERE))
    assert outcomes(report) == [APPLIED]
    assert list(report.standings[0].flags) == [pb.ON_SITE_FLAG_KIND_OUTSIDE_GEOFENCE]
    record = await site.record()
    (entry,) = [each for each in record.entries if each.command.command_id == "phone.far"]
    assert entry.geofence == pb.GeofenceMeasure(
        finding=pb.GEOFENCE_FINDING_OUTSIDE, distance_m=667, radius_m=500
    )
    listed = await site.desk.call("OnSiteService/ListOnSiteFlags", DISPATCHER,
        kind=pb.ON_SITE_FLAG_KIND_OUTSIDE_GEOFENCE, work_order_id=site.work_order_id,
    )  # fmt: skip
    assert [(flag.command_id, flag.measured) for flag in listed.flags] == [("phone.far", 667)]


async def test_the_check_in_of_the_work_order_is_an_entry_of_the_record(site: OnSite) -> None:
    (entry,) = (await site.record()).entries
    assert entry.command.WhichOneof("act") == "check_in"
    assert entry.geofence.finding == pb.GEOFENCE_FINDING_INSIDE
    assert entry.reported_by_person_id == "system"


async def test_where_the_rule_refuses_a_check_in_from_elsewhere_is_kept_and_counts_for_nothing(
    desk: Desk,
) -> None:
    rule = pb.OnSiteRule(stage="presale", outside_geofence=pb.OUTSIDE_GEOFENCE_REFUSE)
    await desk.call("OnSiteService/PutOnSiteRule", HQ, on_site_rule=rule)
    site = OnSite(desk, await desk.accepted(stage="presale"))
    report = await site.report(
        site.tell(0, "phone.far", check_in=ELSEWHERE), site.tell(1, work_clock=START)
    )
    assert outcomes(report) == [REFUSED, pb.COMMAND_OUTCOME_WITHOUT_EFFECT]
    assert report.standings[0].reason == "CHECK_IN_OUTSIDE_GEOFENCE"
    assert "667 m" in report.standings[0].message
    record = await site.record()
    assert record.entries[0].command.check_in == ELSEWHERE


async def test_what_arrives_after_completion_is_kept_and_flagged(site: OnSite) -> None:
    start = site.tell(0, work_clock=START)
    site.pass_minutes(30)
    await site.complete()
    site.pass_minutes(10)
    report = await site.report(start)
    assert outcomes(report) == [APPLIED]
    assert list(report.standings[0].flags) == [pb.ON_SITE_FLAG_KIND_AFTER_COMPLETION]
    assert (await site.record()).work_time.worked_minutes == 30


async def test_waiting_that_completion_ends_is_decided_with_it(site: OnSite) -> None:
    await site.report(site.tell(0, work_clock=PAUSE))
    site.pass_minutes(45)
    await site.complete()
    (fee,) = (await site.record()).fee_events
    assert fee.minutes == 30


async def test_a_fee_that_something_late_disproves_is_void(site: OnSite) -> None:
    pause, start = site.tell(0, work_clock=PAUSE), site.tell(10, work_clock=START)
    site.pass_minutes(60)
    await site.report(pause, site.tell(-10, work_clock=START))
    (fee,) = (await site.record()).fee_events
    assert (fee.version, fee.minutes, fee.void) == (1, 35, False)
    await site.report(start)
    (fee,) = (await site.record()).fee_events
    assert (fee.version, fee.void) == (2, True)


@pytest.mark.parametrize("who", ["another", "customer"])
async def test_only_who_has_the_work_order_reports_of_it(site: OnSite, who: str) -> None:
    by = CUSTOMER if who == "customer" else technician("pe_somebody")
    refusal = await site.desk.refused("OnSiteService/ReportOnSite", by, work_order_id=site.work_order_id,
        commands=[site.tell(0, work_clock=START)], sent_at=site.desk.later(),
    )  # fmt: skip
    assert refusal.reason in ("WORK_ORDER_NOT_YOURS", "ROLE_REQUIRED")


async def test_a_dispatcher_may_report_for_the_technician(site: OnSite) -> None:
    await site.report(site.tell(0, "phone.0001", work_clock=START), by=DISPATCHER)
    (entry,) = [
        each for each in (await site.record()).entries if each.command.command_id == "phone.0001"
    ]
    assert entry.reported_by_person_id == "pe_dispatcher"


async def test_a_customer_sees_what_was_done_and_not_where_or_because_of_whom(
    site: OnSite,
) -> None:
    day = a_day(site)
    site.pass_minutes(100)
    await site.report(*day, site.tell(0, "phone.far", check_in=ELSEWHERE))
    seen = await site.record(CUSTOMER)
    assert seen.work_time.worked_minutes == 45
    assert not seen.work_time.waiting
    assert not seen.flags
    assert not seen.fee_events
    assert not seen.HasField("on_site_rule")
    for entry in seen.entries:
        assert entry.standing.outcome == APPLIED
        assert not entry.HasField("geofence")
        assert not entry.command.check_in.HasField("location")
    theirs = await site.record(site.technician)
    assert theirs.flags
    assert theirs.fee_events


async def test_what_was_reported_is_told_as_events(site: OnSite) -> None:
    await site.report(site.tell(0, check_in=ELSEWHERE))
    types = [
        kind for (kind,) in site.desk.rows(
            "SELECT payload_type FROM domain_event WHERE aggregate_id = %s"
            " OR aggregate_id IN (SELECT flag_id FROM on_site_flag WHERE work_order_id = %s)"
            " ORDER BY event_number",
            site.work_order_id, site.work_order_id,
        )
    ]  # fmt: skip
    assert types[-2:] == ["workorder.v1.OnSiteFlagRaised", "workorder.v1.OnSiteReported"]
