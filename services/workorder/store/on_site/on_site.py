"""What was reported on site: kept once, read in whole, sealed."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.workorder.domain.on_site.commands import Body, Command, Refusal
from services.workorder.domain.on_site.seal import chained
from services.workorder.tables.extras import ExtraRow
from services.workorder.tables.on_site import OnSiteCommandRow, OnSiteSealRow
from services.workorder.tables.on_site_bodies import KIND_OF_BODY, restored, stored
from services.workorder.tables.work_orders import OfferRow, WorkOrderRow

_MILLISECOND: Final = timedelta(milliseconds=1)
#: Of a command, what a seal covers: all but the offset, which may be measured better.
_SEALED: Final = (
    "command_id", "kind", "technician_id", "reported_by_person_id", "device_id", "occurred_at",
    "received_at", "body", "refused_reason",
)  # fmt: skip
_SEALED_OF_EXTRA: Final = (
    "extra_id", "quote_id", "currency", "total_minor", "note", "state", "proposed_at",
    "ended_at", "ended_by_person_id",
)  # fmt: skip
_SEALED_OF_LINE: Final = (
    "line_number", "item_code", "quantity", "amount_minor", "serial_numbers", "photo_file_ids",
)  # fmt: skip
_SEALED_OF_ORDER: Final = (
    "work_order_id", "completed_at", "completion_summary", "rating", "acceptance_comment",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Reported:
    """A command as it arrives; one that is refused may have neither time nor body, but what came."""

    command_id: str
    occurred_at: datetime | None
    body: Body | None
    refusal: Refusal | None
    raw: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Report:
    """How commands arrive: of what, from whom, when."""

    work_order_id: str
    technician_id: str
    person_id: str
    device_id: str
    clock_offset: timedelta
    received_at: datetime
    after_seal: bool


async def rows_of(session: AsyncSession, work_order_id: str) -> Sequence[OnSiteCommandRow]:
    """Everything that was reported of a work order, by command id."""
    rows = await session.scalars(
        select(OnSiteCommandRow)
        .where(OnSiteCommandRow.work_order_id == work_order_id)
        .order_by(OnSiteCommandRow.command_id)
    )
    return rows.all()


def commands_of(rows: Collection[OnSiteCommandRow]) -> list[Command]:
    """The commands that may count."""
    return [
        Command(
            command_id=row.command_id,
            technician_id=row.technician_id,
            occurred_at=row.occurred_at,
            clock_offset=row.clock_offset_ms * _MILLISECOND,
            received_at=row.received_at,
            body=restored(row.kind, row.body),
            after_seal=row.after_seal,
        )
        for row in rows
        if not row.refused_reason and row.occurred_at is not None
    ]


async def keep(
    session: AsyncSession,
    report: Report,
    arrived: Collection[Reported],
    known: dict[str, OnSiteCommandRow],
) -> list[OnSiteCommandRow]:
    """Keep what is new, and of what is known the least offset of the clock; gives what is new."""
    offset_ms = report.clock_offset // _MILLISECOND
    new: dict[str, OnSiteCommandRow] = {}
    for each in arrived:
        before = known.get(each.command_id) or new.get(each.command_id)
        if before is None:
            new[each.command_id] = _row(report, each, offset_ms)
        elif offset_ms < before.clock_offset_ms:
            before.clock_offset_ms = offset_ms
    session.add_all(new.values())
    await session.flush()
    return list(new.values())


def _row(report: Report, each: Reported, offset_ms: int) -> OnSiteCommandRow:
    counts = each.refusal is None and each.body is not None
    return OnSiteCommandRow(
        work_order_id=report.work_order_id,
        command_id=each.command_id,
        kind=KIND_OF_BODY[type(each.body)] if each.body is not None else "",
        technician_id=report.technician_id,
        reported_by_person_id=report.person_id,
        device_id=report.device_id,
        occurred_at=each.occurred_at,
        clock_offset_ms=offset_ms,
        received_at=report.received_at,
        body=stored(each.body) if counts and each.body is not None else each.raw,
        refused_reason=each.refusal.reason if each.refusal else "",
        refused_message=each.refusal.message if each.refusal else "",
        after_seal=report.after_seal,
    )


async def seal_of(session: AsyncSession, work_order_id: str) -> OnSiteSealRow | None:
    """The seal of a work order's record, once there is one."""
    return await session.get(OnSiteSealRow, work_order_id)


async def add_seal(
    session: AsyncSession,
    order: WorkOrderRow,
    rows: Collection[OnSiteCommandRow],
    extras: Collection[ExtraRow],
    now: datetime,
) -> None:
    """Seal all that was reported, and every extra."""
    session.add(
        OnSiteSealRow(
            work_order_id=order.work_order_id,
            command_count=len(rows),
            extra_count=len(extras),
            digest=digest_of(order, rows, extras),
            sealed_at=now,
        )
    )
    await session.flush()


def digest_of(
    order: WorkOrderRow, rows: Collection[OnSiteCommandRow], extras: Collection[ExtraRow]
) -> bytes:
    """The digest over what the customer accepted: the work as completed, what was reported before
    the seal, and the extras; each in the order of its ids."""
    sealed = sorted((row for row in rows if not row.after_seal), key=lambda row: row.command_id)
    return chained(
        [
            _entry(order, _SEALED_OF_ORDER),
            *(_entry(row, _SEALED) for row in sealed),
            *(
                {
                    **_entry(extra, _SEALED_OF_EXTRA),
                    "lines": [_entry(line, _SEALED_OF_LINE) for line in extra.lines],
                }
                for extra in sorted(extras, key=lambda extra: extra.extra_id)
            ),
        ]
    )


def _entry(row: Any, names: Collection[str]) -> dict[str, Any]:
    return {name: _plain(getattr(row, name)) for name in names}


def _plain(value: Any) -> Any:
    return value.astimezone(UTC).isoformat() if isinstance(value, datetime) else value


def is_same(row: OnSiteCommandRow, arrived: Reported) -> bool:
    """Whether what arrives is what was kept under its id."""
    body = arrived.raw if arrived.refusal or arrived.body is None else stored(arrived.body)
    return row.occurred_at == arrived.occurred_at and row.body == body


async def holders(session: AsyncSession, work_order_id: str) -> list[str]:
    """Who accepted a work order, the last one first; also who gave it back since."""
    rows = await session.scalars(
        select(OfferRow.technician_id)
        .where(
            OfferRow.work_order_id == work_order_id,
            OfferRow.outcome.in_(("accepted", "released")),
        )
        .order_by(OfferRow.offer_id.desc())
    )
    return list(rows)
