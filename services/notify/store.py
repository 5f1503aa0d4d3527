"""Queries and writes of the ``notify`` schema, in the current transaction; nothing here commits."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Select, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import joinedload, selectinload

from kit.db.session import current_session
from services.notify.domain.delivery import DeliveryState, Outcome
from services.notify.domain.limiter import LONGEST_WINDOW
from services.notify.domain.template import Template
from services.notify.tables import (
    DeliveryAttemptRow,
    DeliveryRow,
    MessageRow,
    RecipientRow,
    TemplateRow,
)

#: Anything fixed: senders claim one after the other, so that none counts a member's messages
#: while another is adding to them.
_CLAIMING: Final = 5_507_115

_WHOLE = (joinedload(DeliveryRow.message), selectinload(DeliveryRow.attempts))


@dataclass(frozen=True)
class DeliveryFilter:
    """Which deliveries a list shows; an empty field filters nothing."""

    recipient_person_id: str = ""
    case_id: str = ""
    state: DeliveryState | None = None


async def newest_template(template_code: str) -> TemplateRow | None:
    """The version that a Send uses now."""
    row: TemplateRow | None = await current_session().scalar(
        _newest_templates().where(TemplateRow.template_code == template_code)
    )
    return row


async def list_newest_templates(after_code: str, limit: int) -> Sequence[TemplateRow]:
    """The newest version of each template, by code."""
    query = _newest_templates().where(TemplateRow.template_code > after_code).limit(limit)
    return (await current_session().scalars(query)).all()


async def add_template(template: Template, created_at: datetime) -> TemplateRow:
    """Add the next version of a template."""
    session = current_session()
    await session.execute(
        text("SELECT pg_advisory_xact_lock(hashtextextended('template:' || :code, 0))"),
        {"code": template.template_code},
    )
    newest = await newest_template(template.template_code)
    row = TemplateRow(
        template_code=template.template_code,
        version=newest.version + 1 if newest else 1,
        form=template.form,
        title=template.title,
        body=template.body,
        url=template.url,
        variables=[
            {"name": variable.name, "required": variable.required}
            for variable in template.variables
        ],
        created_at=created_at,
    )
    session.add(row)
    return row


async def add_missing_templates(templates: Collection[Template], created_at: datetime) -> None:
    """Add those templates whose code nobody has written a version of."""
    for template in templates:
        if await newest_template(template.template_code) is None:
            await add_template(template, created_at)


async def put_recipient(recipient: RecipientRow) -> bool:
    """Note where a person can be reached; False when something newer is known already."""
    values = {
        "wecom_userid": recipient.wecom_userid,
        "display_name": recipient.display_name,
        "applied_sequence": recipient.applied_sequence,
    }
    applied = await current_session().scalar(
        insert(RecipientRow)
        .values(person_id=recipient.person_id, **values)
        .on_conflict_do_update(
            index_elements=[RecipientRow.person_id],
            set_=values,
            where=RecipientRow.applied_sequence < recipient.applied_sequence,
        )
        .returning(RecipientRow.person_id)
    )
    return applied is not None


async def display_names(person_ids: Collection[str]) -> dict[str, str]:
    """The name of each person that is known."""
    rows = await current_session().execute(
        select(RecipientRow.person_id, RecipientRow.display_name).where(
            RecipientRow.person_id.in_(person_ids), RecipientRow.display_name != ""
        )
    )
    return dict(rows.tuples().all())


async def wecom_userids(person_ids: Collection[str]) -> dict[str, str]:
    """The WeCom user id of each person that has one."""
    rows = await current_session().execute(
        select(RecipientRow.person_id, RecipientRow.wecom_userid).where(
            RecipientRow.person_id.in_(person_ids), RecipientRow.wecom_userid != ""
        )
    )
    return dict(rows.tuples().all())


def queue(message: MessageRow, deliveries: Sequence[DeliveryRow]) -> None:
    """Put a message and its deliveries into the outbox."""
    current_session().add(message)
    current_session().add_all(deliveries)


async def get_delivery(delivery_id: str) -> DeliveryRow | None:
    """One delivery with its message and attempts."""
    return await current_session().get(DeliveryRow, delivery_id, options=_WHOLE)


async def list_deliveries(
    wanted: DeliveryFilter, before_id: str, limit: int
) -> Sequence[DeliveryRow]:
    """Deliveries with their messages and attempts, newest first; ids sort by time."""
    query = select(DeliveryRow).options(*_WHOLE)
    if before_id:
        query = query.where(DeliveryRow.delivery_id < before_id)
    if wanted.recipient_person_id:
        query = query.where(DeliveryRow.recipient_person_id == wanted.recipient_person_id)
    if wanted.case_id:
        query = query.where(DeliveryRow.message.has(MessageRow.case_id == wanted.case_id))
    if wanted.state:
        query = query.where(DeliveryRow.state == wanted.state)
    ordered = query.order_by(DeliveryRow.delivery_id.desc()).limit(limit)
    return (await current_session().scalars(ordered)).all()


async def claim_due(now: datetime, limit: int) -> Sequence[DeliveryRow]:
    """Lock the queued deliveries whose time has come, urgent ones first."""
    session = current_session()
    await session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _CLAIMING})
    query = (
        select(DeliveryRow)
        .where(DeliveryRow.state == DeliveryState.QUEUED, DeliveryRow.next_attempt_at <= now)
        .order_by(DeliveryRow.urgent.desc(), DeliveryRow.next_attempt_at)
        .limit(limit)
        .with_for_update(of=DeliveryRow, skip_locked=True)
        .options(*_WHOLE)
    )
    return (await session.scalars(query)).all()


async def arrivals(userids: Collection[str], now: datetime) -> dict[str, list[datetime]]:
    """When each member's messages of the longest limit window arrived, ascending."""
    rows = await current_session().execute(
        select(DeliveryAttemptRow.wecom_userid, DeliveryAttemptRow.arrived_by)
        .where(
            DeliveryAttemptRow.wecom_userid.in_(userids),
            DeliveryAttemptRow.arrived_by > now - LONGEST_WINDOW,
            DeliveryAttemptRow.outcome.in_((Outcome.SENT, Outcome.UNCLEAR)),
        )
        .order_by(DeliveryAttemptRow.arrived_by)
    )
    found: dict[str, list[datetime]] = defaultdict(list)
    for userid, arrived_by in rows:
        found[userid].append(arrived_by)
    return found


async def lock_delivery(delivery_id: str) -> DeliveryRow:
    """One delivery with its message and attempts, for writing."""
    return await current_session().get_one(
        DeliveryRow, delivery_id, options=_WHOLE, with_for_update={"of": DeliveryRow}
    )


def _newest_templates() -> Select[tuple[TemplateRow]]:
    return (
        select(TemplateRow)
        .distinct(TemplateRow.template_code)
        .order_by(TemplateRow.template_code, TemplateRow.version.desc())
    )
