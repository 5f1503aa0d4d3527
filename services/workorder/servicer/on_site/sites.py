"""A work order with all that was reported of it: loaded, decided on, sealed, told."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from kit.authn import current_actor
from kit.db.session import current_session
from kit.rpc import events
from protos.workorder.v1 import on_site_pb2 as pb
from services.workorder.convert.on_site import on_site_record as protos
from services.workorder.domain.geo import Point
from services.workorder.domain.on_site import checklist, extra, flags
from services.workorder.domain.on_site.checklist import Checklist
from services.workorder.domain.on_site.commands import Arrival, Command, Evidence, Fix
from services.workorder.domain.on_site.fees import decided_anew, fees_of
from services.workorder.domain.on_site.flags import Flag
from services.workorder.domain.on_site.record import Facts, Record, fold
from services.workorder.domain.on_site.rule import Rule
from services.workorder.store.on_site import (
    extras,
    fee_events,
    on_site,
    on_site_flags,
    on_site_rules,
)
from services.workorder.store.on_site.on_site import Report, Reported
from services.workorder.tables.on_site import OnSiteCommandRow, OnSiteFlagRow
from services.workorder.tables.work_orders import WorkOrderRow


@dataclass(frozen=True, slots=True)
class Site:
    """A work order, what holds for it, and everything that was reported of it."""

    order: WorkOrderRow
    rule: Rule
    checklists: Sequence[Checklist]
    rows: Sequence[OnSiteCommandRow]

    @property
    def there(self) -> Point | None:
        """The place of work."""
        if self.order.longitude is None or self.order.latitude is None:
            return None
        return Point(self.order.longitude, self.order.latitude)

    @property
    def facts(self) -> Facts:
        """What the work order itself says."""
        order = self.order
        return Facts(order.created_at, order.checked_in_at, order.completed_at)

    @property
    def technician_id(self) -> str:
        """Who has the work order, or who reported of it last."""
        last = max(self.rows, key=lambda row: row.received_at, default=None)
        return self.order.technician_id() or (last.technician_id if last else "")

    def commands(self) -> list[Command]:
        """What was reported and may count."""
        return on_site.commands_of(self.rows)

    def record(self) -> Record:
        """What it makes together."""
        return fold(self.commands(), self.facts, self.rule)


async def load(order: WorkOrderRow) -> Site:
    """All there is of a work order on site."""
    session = current_session()
    item_codes = {line.item_code for line in order.lines}
    return Site(
        order,
        await on_site_rules.rule_for(session, order.stage, order.created_at),
        await on_site_rules.checklists_for(
            session, order.stage, item_codes, order.checklist_code, order.created_at
        ),
        await on_site.rows_of(session, order.work_order_id),
    )


async def keep(site: Site, report: Report, arrived: Collection[Reported], now: datetime) -> Site:
    """Keep what arrived, raise the flags that it gives cause for, and decide the fees anew."""
    known = {row.command_id: row for row in site.rows}
    shown = [each.body.sha256 for each in arrived if isinstance(each.body, Evidence)]
    await on_site_flags.one_at_a_time(current_session(), shown)
    new = await on_site.keep(current_session(), report, arrived, known)
    site = replace(site, rows=[*site.rows, *new])
    await _raise_flags(site, new, now)
    await decide_fees(site, now)
    return site


async def decide_fees(site: Site, now: datetime) -> None:
    """Write down, and tell, which fees are other than they were."""
    session, order = current_session(), site.order
    before = fee_events.decided(await fee_events.of_work_order(session, order.work_order_id))
    anew = decided_anew(fees_of(site.record(), site.rule), before)
    decision = fee_events.Decision(order.work_order_id, site.technician_id, site.rule.rule_id, now)
    for row in await fee_events.add(session, decision, anew):
        await events.record(
            pb.FeeEventDecided(fee_event=protos.fee_event_to_proto(row)),
            aggregate=("fee_event", f"{row.work_order_id}/{row.fee_key}"),
            occurred_at=now,
            case_id=order.case_id,
        )


async def note_check_in(order: WorkOrderRow, fix: Fix | None, now: datetime) -> None:
    """The check-in of the work order itself, as part of the record."""
    report = Report(
        work_order_id=order.work_order_id,
        technician_id=order.technician_id(),
        person_id=current_actor().person_id,
        device_id="",
        clock_offset=timedelta(0),
        received_at=now,
        after_seal=False,
    )
    command_id = f"work-order.{order.revision}"
    await keep(await load(order), report, [Reported(command_id, now, Arrival(fix), None, {})], now)


async def require_completable(order: WorkOrderRow, now: datetime) -> None:
    """Refuse completion while the customer owes an answer, or a checklist is not filled in that has
    to be.

    Raises:
        FailedPrecondition: ``WORK_ORDER_EXTRA_PENDING`` or ``WORK_ORDER_CHECKLIST_OPEN``.
    """
    extra.require_none_open(await extras.open_ids(current_session(), order.work_order_id, now))
    site = await load(order)
    if site.rule.checklist_blocks_completion:
        checklist.require_filled(site.checklists, site.record().answers)


async def seal(order: WorkOrderRow, now: datetime) -> None:
    """Put the customer's seal on the record as it stands."""
    session = current_session()
    rows = await on_site.rows_of(session, order.work_order_id)
    proposed = await extras.of_work_order(session, order.work_order_id)
    await on_site.add_seal(session, order, rows, proposed, now)


async def _raise_flags(site: Site, new: Collection[OnSiteCommandRow], now: datetime) -> None:
    found = [
        flag
        for command in on_site.commands_of(new)
        for flag in flags.flags_of(
            site.order.work_order_id, site.there, command, site.facts, site.rule
        )
    ]
    for row in new:
        found += await _repeated(site, row)
    for raised in await on_site_flags.add(current_session(), found, now):
        await _tell_flag(site, raised, now)


async def _repeated(site: Site, row: OnSiteCommandRow) -> list[Flag]:
    picture = on_site_flags.picture_of(row)
    if picture is None:
        return []
    others = await on_site_flags.pictures_like(
        current_session(), picture, site.order.address_id, site.rule
    )
    return flags.repeated(picture, others, site.rule.near_duplicate_bits)


async def _tell_flag(site: Site, flag: OnSiteFlagRow, now: datetime) -> None:
    case_id = site.order.case_id
    if flag.work_order_id != site.order.work_order_id:  # the later photo is another's
        case_id = await on_site_flags.case_of(current_session(), flag)
    await events.record(
        pb.OnSiteFlagRaised(flag=protos.flag_to_proto(flag)),
        aggregate=("on_site_flag", flag.flag_id),
        occurred_at=now,
        case_id=case_id,
    )
