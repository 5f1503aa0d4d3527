"""``OnSiteService``: what technicians report, and what it makes."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta

from kit.authn import current_actor
from kit.db.session import current_session
from kit.errors import InvalidArgument, ServiceError
from kit.rpc import events
from kit.rpc.convert import decode_page_token, instant_from_proto, page_info, page_size
from protos.workorder.v1 import on_site_pb2 as pb
from services.workorder.convert.enums import enum_from_proto
from services.workorder.convert.on_site import extras as extra_protos
from services.workorder.convert.on_site import on_site as protos
from services.workorder.convert.on_site import on_site_record as record_protos
from services.workorder.convert.on_site.on_site_rules import rule_to_proto
from services.workorder.domain import access
from services.workorder.domain.on_site import checklist, geofence
from services.workorder.domain.on_site.commands import (
    Answer,
    Arrival,
    Body,
    Refusal,
    require_command_id,
    require_count,
)
from services.workorder.domain.on_site.flags import FlagKind, check_review
from services.workorder.domain.on_site.record import Outcome, Record, Standing
from services.workorder.domain.on_site.reporter import reporter
from services.workorder.domain.orders.intake import require_reason
from services.workorder.servicer.base import Context
from services.workorder.servicer.on_site import sites
from services.workorder.servicer.on_site.on_site_rules import OnSiteRuleRpcs
from services.workorder.servicer.on_site.sites import Site
from services.workorder.store.on_site import extras, fee_events, on_site, on_site_flags
from services.workorder.store.on_site.on_site import Report, Reported
from services.workorder.tables.on_site import OnSiteFlagReviewRow

_LONGEST_DEVICE_ID = 128
#: Who says what a flag was.
_REVIEWERS = ("admin", "dispatcher", "hq", "outlet_manager", "supervisor")


class OnSiteServicer(OnSiteRuleRpcs):
    """Keeps what was reported on site, and says what it makes together."""

    async def ReportOnSite(
        self, request: pb.ReportOnSiteRequest, context: Context
    ) -> pb.OnSiteReport:
        now = self._clock.now()
        require_count(len(request.commands))
        order = await self._locked(request.work_order_id)
        holders = await on_site.holders(current_session(), order.work_order_id)
        crew = [member["technician_id"] for member in order.crew]
        technician_id = reporter(current_actor(), [*holders, *crew], order.work_order_id)
        site = await sites.load(order)
        seal = await on_site.seal_of(current_session(), order.work_order_id)
        report = Report(
            work_order_id=order.work_order_id,
            technician_id=technician_id,
            person_id=current_actor().person_id,
            device_id=request.device_id[:_LONGEST_DEVICE_ID],
            clock_offset=_clock_offset(request, now),
            received_at=now,
            after_seal=seal is not None,
        )
        arrived = [_reported(message, site) for message in request.commands]
        taken = [each for each in arrived if each.refusal is None or _has_id(each)]
        after = await sites.keep(site, report, taken, now)
        return await self._reply(site, after, arrived, report)

    async def GetOnSiteRecord(
        self, request: pb.GetOnSiteRecordRequest, context: Context
    ) -> pb.OnSiteRecord:
        actor = current_actor()
        record = await self._record(await sites.load(await self._read(request.work_order_id)))
        if actor.has_role(*access.OFFICE):
            return record
        if actor.has_role("technician"):
            return record_protos.as_technicians_see(record)
        return record_protos.as_customers_see(record)

    async def ListOnSiteFlags(
        self, request: pb.ListOnSiteFlagsRequest, context: Context
    ) -> pb.ListOnSiteFlagsResponse:
        actor = current_actor()
        actor.require_role(*access.OFFICE)
        size = page_size(request.page)
        (before,) = decode_page_token(request.page, 1) or ("",)
        wanted = on_site_flags.WantedFlags(
            access.scope_of(actor),
            enum_from_proto(pb.OnSiteFlagKind, FlagKind, request.kind, "kind") or "",
            request.technician_id,
            request.work_order_id,
            request.unreviewed,
        )
        session = current_session()
        rows = await on_site_flags.page(session, wanted, before, size + 1)
        said = await on_site_flags.reviews(session, [row.flag_id for row in rows])
        return pb.ListOnSiteFlagsResponse(
            flags=[record_protos.flag_to_proto(row, said.get(row.flag_id)) for row in rows[:size]],
            page=page_info([row.flag_id for row in rows], size),
        )

    async def ReviewOnSiteFlag(
        self, request: pb.ReviewOnSiteFlagRequest, context: Context
    ) -> pb.OnSiteFlag:
        actor, session = current_actor(), current_session()
        actor.require_role(*_REVIEWERS)
        reason = require_reason(request.reason)
        row = await on_site_flags.read(session, request.flag_id)
        await self._read(row.work_order_id)  # of the actor's regions
        verdict = check_review(request.verdict, row.technician_id, actor.person_id)
        review = OnSiteFlagReviewRow(
            flag_id=row.flag_id,
            verdict=verdict.value,
            reason=reason,
            reviewed_at=self._clock.now(),
            reviewed_by_person_id=actor.person_id,
        )
        await on_site_flags.review(session, review)
        return record_protos.flag_to_proto(row, review)

    async def ListFeeEvents(
        self, request: pb.ListFeeEventsRequest, context: Context
    ) -> pb.ListFeeEventsResponse:
        actor = current_actor()
        actor.require_role(*access.OFFICE, "technician")
        size = page_size(request.page)
        (before,) = decode_page_token(request.page, 1) or ("",)
        rows = await fee_events.page(
            current_session(),
            access.scope_of(actor),
            work_order_id=request.work_order_id,
            technician_id=request.technician_id,
            before=before,
            size=size + 1,
        )
        return pb.ListFeeEventsResponse(
            fee_events=[record_protos.fee_event_to_proto(row) for row in rows[:size]],
            page=page_info([row.fee_event_id for row in rows], size),
        )

    async def _reply(
        self, before: Site, after: Site, arrived: Sequence[Reported], report: Report
    ) -> pb.OnSiteReport:
        """Answer each command of a report, and tell the world."""
        order, record = after.order, after.record()
        raised = await on_site_flags.of_work_order(current_session(), order.work_order_id)
        flags = record_protos.flags_by_command(raised)
        known = {row.command_id for row in before.rows}
        standings = [
            record_protos.standing_to_proto(
                each.command_id,
                _standing(each, after, record),
                flags.get(each.command_id, ()),
                known_before=each.command_id in known,
            )
            for each in arrived
        ]
        work_time = record_protos.work_time_to_proto(record)
        await events.record(
            pb.OnSiteReported(
                work_order_id=order.work_order_id, standings=standings, work_time=work_time
            ),
            aggregate=("on_site", order.work_order_id),
            occurred_at=report.received_at,
            case_id=order.case_id,
        )
        return pb.OnSiteReport(
            standings=standings,
            clock_offset_ms=report.clock_offset // timedelta(milliseconds=1),
            work_time=work_time,
        )

    async def _record(self, site: Site) -> pb.OnSiteRecord:
        session, order, record = current_session(), site.order, site.record()
        raised = await on_site_flags.of_work_order(session, order.work_order_id)
        said = await on_site_flags.reviews(session, [row.flag_id for row in raised])
        proposed = await extras.of_work_order(session, order.work_order_id)
        fees = await fee_events.of_work_order(session, order.work_order_id)
        seal = await on_site.seal_of(session, order.work_order_id)
        now = self._clock.now()
        return pb.OnSiteRecord(
            work_order_id=order.work_order_id,
            entries=_entries(site, record, record_protos.flags_by_command(raised)),
            work_time=record_protos.work_time_to_proto(record),
            checklists=record_protos.checklists_to_proto(site.checklists, record.answers),
            extras=[extra_protos.to_proto(row, now) for row in proposed],
            fee_events=[record_protos.fee_event_to_proto(row) for row in fees],
            flags=[record_protos.flag_to_proto(row, said.get(row.flag_id)) for row in raised],
            seal=record_protos.seal_to_proto(
                seal, on_site.digest_of(order, site.rows, proposed) if seal else b""
            ),
            on_site_rule=rule_to_proto(site.rule),
        )


def _reported(message: pb.OnSiteCommand, site: Site) -> Reported:
    """A command as it arrives; what is wrong with it is an answer, not a failure of the report."""
    occurred_at: datetime | None = None
    body: Body | None = None
    refusal: Refusal | None = None
    try:
        require_command_id(message.command_id)
        occurred_at = protos.occurred_at_from_proto(message)
        body = protos.body_from_proto(message)
        _admit(body, site)
    except ServiceError as error:
        refusal = Refusal(error.reason, error.message)
    return Reported(message.command_id, occurred_at, body, refusal, protos.raw(message))


def _has_id(each: Reported) -> bool:
    """Whether a refused command can be kept: it has an id to be known by."""
    try:
        require_command_id(each.command_id)
    except InvalidArgument:
        return False
    return True


def _admit(body: Body, site: Site) -> None:
    """Refuse what cannot count for this work order, whatever else arrives."""
    match body:
        case Arrival(fix):
            geofence.require_admitted(geofence.measure(site.there, fix, site.rule), site.rule)
        case Answer():
            checklist.require_answer(site.checklists, body)
        case _:
            pass


def _standing(each: Reported, site: Site, record: Record) -> Standing:
    """What became of a command; another one under an id that is taken is refused."""
    kept = next((row for row in site.rows if row.command_id == each.command_id), None)
    if kept is None:
        refusal = each.refusal
        assert refusal is not None, "what is not refused is kept"
        return Standing(Outcome.REFUSED, refusal.reason, refusal.message)
    if not on_site.is_same(kept, each):
        return Standing(
            Outcome.REFUSED,
            "ON_SITE_COMMAND_ID_TAKEN",
            "another command was reported under this id; choose a new one",
        )
    return record_protos.standing_of(kept, record)


def _entries(
    site: Site, record: Record, flags: Mapping[str, Collection[str]]
) -> list[pb.OnSiteEntry]:
    """Everything that was reported, as it happened by our clock."""
    tolerance = site.rule.clock_tolerance
    happened = {command.command_id: command.at(tolerance) for command in site.commands()}
    rows = sorted(
        site.rows,
        key=lambda row: (
            happened.get(row.command_id, row.received_at),
            row.kind != "check_in",
            row.command_id,
        ),
    )
    return [
        record_protos.entry_to_proto(
            row,
            record_protos.standing_to_proto(
                row.command_id,
                record_protos.standing_of(row, record),
                flags.get(row.command_id, ()),
            ),
            happened.get(row.command_id),
            site.there,
            site.rule,
        )
        for row in rows
    ]


def _clock_offset(request: pb.ReportOnSiteRequest, now: datetime) -> timedelta:
    """What to add to the device's clock to have ours (``ON_SITE_REPORT_INVALID``)."""
    if not request.HasField("sent_at"):
        raise InvalidArgument(
            "ON_SITE_REPORT_INVALID",
            "say by the device's clock when it sends this; without it nobody knows how far that"
            " clock is off",
            field="sent_at",
        )
    return now - instant_from_proto(request.sent_at, "sent_at")
