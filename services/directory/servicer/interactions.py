"""Timelines of customers: what is recorded, what others tell by their events, and what is read."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from kit.authn import Actor, current_actor
from kit.clock import Clock
from kit.db.session import current_session
from kit.errors import InvalidArgument
from kit.ids import new_id
from kit.rpc.convert import (
    decode_page_token,
    encode_page_token,
    instant_from_proto,
    page_size,
)
from protos.common.v1 import page_pb2
from protos.directory.v1 import interaction_pb2 as pb
from protos.directory.v1.interaction_pb2_grpc import InteractionServiceServicer
from protos.events.v1 import events_pb2
from protos.events.v1.events_pb2_grpc import ProjectionServiceServicer
from services.directory import vault
from services.directory.convert.happenings import happenings_of
from services.directory.convert.interactions import (
    happening_from_proto,
    happening_to_row,
    interaction_to_proto,
    kind_from_proto,
)
from services.directory.domain.customer_access import KEEPS_CUSTOMERS, KNOWS_CUSTOMERS
from services.directory.domain.interactions import (
    Happening,
    check_happening,
    shown_since,
)
from services.directory.domain.masking import SHREDDED
from services.directory.servicer.base import Context, record_event
from services.directory.store import customers, interactions, personal_data
from services.directory.tables.interactions import InteractionRow

#: They see what is not the office's alone.
_OUTSIDE: tuple[str, ...] = ("customer", "technician")


class InteractionServicer(InteractionServiceServicer):
    """What happened with customers."""

    def __init__(self, clock: Clock, keys: vault.KeyService) -> None:
        self._clock = clock
        self._keys = keys

    async def RecordInteraction(
        self, request: pb.RecordInteractionRequest, context: Context
    ) -> pb.Interaction:
        actor, session, now = current_actor(), current_session(), self._clock.now()
        actor.require_role(*KEEPS_CUSTOMERS, "designer", "technical_director")
        happening = happening_from_proto(request, new_id("it", now), now)
        check_happening(happening, now)
        await customers.survivor(session, happening.customer_id)
        await _check_same_customer(happening)
        (row,) = await _rows(self._keys, [happening], now, actor)
        is_new = await interactions.keep(session, [row])
        kept = await interactions.kept(session, happening.source, happening.source_id)
        assert kept is not None, "it was just kept"
        # Answers and events are kept in clear: neither repeats what was written.
        recorded = interaction_to_proto(kept, "")
        if is_new:
            event = pb.InteractionRecorded(interaction=recorded)
            await record_event(event, "customer", kept.customer_id, now)
        return recorded

    async def ListInteractions(
        self, request: pb.ListInteractionsRequest, context: Context
    ) -> pb.ListInteractionsResponse:
        actor, session, now = current_actor(), current_session(), self._clock.now()
        if not actor.has_role("customer") or actor.person_id != request.customer_id:
            actor.require_role(*KNOWS_CUSTOMERS)
        customer = await customers.survivor(session, request.customer_id)
        size = page_size(request.page)
        asked_since = request.HasField("since")
        wanted = interactions.Wanted(
            customer_id=customer.customer_id,
            since=instant_from_proto(request.since, "since") if asked_since else shown_since(now),
            kinds=[kind_from_proto(kind) for kind in request.kinds],
            text=request.text_contains.strip(),
            with_office_only=_sees_all(actor),
            before=_page_before(request.page),
        )
        rows = await interactions.timeline(session, wanted, size + 1)
        return pb.ListInteractionsResponse(
            interactions=await self._opened(rows[:size]), page=_page_after(rows, size)
        )

    async def _opened(self, rows: Sequence[InteractionRow]) -> list[pb.Interaction]:
        owners = {row.customer_id for row in rows if row.sealed_details}
        wrapped = await personal_data.wrapped_keys(current_session(), owners)
        keys = {owner: await self._keys.unwrap(blob, owner) for owner, blob in wrapped.items()}
        return [interaction_to_proto(row, _details(row, keys.get(row.customer_id))) for row in rows]


class InteractionProjection(ProjectionServiceServicer):
    """Cases, work orders, ratings and messages in the timelines, from the events of those who keep
    them. Rebuilt by reading their logs again."""

    def __init__(self, clock: Clock, keys: vault.KeyService) -> None:
        self._clock = clock
        self._keys = keys

    async def ApplyEvents(
        self, request: events_pb2.ApplyEventsRequest, context: Context
    ) -> events_pb2.ApplyEventsResponse:
        actor, session = current_actor(), current_session()
        actor.require_role("ops")
        told = [each for event in request.events for each in happenings_of(event)]
        # Messages go to staff as well; only customers have a timeline.
        known = await customers.survivors(session, {each.customer_id for each in told})
        told = [each for each in told if each.customer_id in known]
        rows = await _rows(self._keys, told, self._clock.now(), actor)
        return events_pb2.ApplyEventsResponse(applied_count=await interactions.keep(session, rows))


async def _check_same_customer(happening: Happening) -> None:
    """Refuse to tell of one thing of a source for two customers.

    Raises:
        InvalidArgument: ``INTERACTION_INVALID``.
    """
    session = current_session()
    before = await interactions.kept(session, happening.source, happening.source_id)
    if before is None:
        return
    survivors = await customers.survivors(session, {before.customer_id, happening.customer_id})
    if len(set(survivors.values())) > 1:
        raise InvalidArgument(
            "INTERACTION_INVALID",
            f"{happening.source} told of {happening.source_id!r} for another customer",
            field="source_id",
        )


async def _rows(
    keys: vault.KeyService, told: Sequence[Happening], now: datetime, actor: Actor
) -> list[InteractionRow]:
    """What happened as it is kept: what people wrote sealed, or left out where the key is gone."""
    owners = {each.customer_id for each in told if each.details}
    wrapped = await personal_data.wrapped_keys(current_session(), owners)
    opened = {owner: await keys.unwrap(blob, owner) for owner, blob in wrapped.items()}
    rows = []
    for each in told:
        key = opened.get(each.customer_id)
        sealed = (
            vault.seal_text(key, each.details, _bound_to(each)) if key and each.details else None
        )
        rows.append(happening_to_row(each, new_id("it", now), sealed, now, actor.person_id))
    return rows


def _bound_to(told: Happening | InteractionRow) -> str:
    """What details are sealed for: the same thing of the same source, whichever revision."""
    return f"{told.source}\x1f{told.source_id}"


def _details(row: InteractionRow, key: bytes | None) -> str:
    if row.sealed_details is None:
        return ""
    if key is None:
        return SHREDDED
    return vault.open_text(key, row.sealed_details, _bound_to(row))


def _sees_all(actor: Actor) -> bool:
    """Whether the actor holds an office role, and so sees what is the office's alone."""
    return actor.is_system or bool(actor.roles - set(_OUTSIDE))


def _page_before(page: page_pb2.PageRequest) -> tuple[datetime, str] | None:
    token = decode_page_token(page, parts=2)
    if token is None:
        return None
    try:
        return datetime.fromisoformat(token[0]), token[1]
    except ValueError as error:
        raise InvalidArgument(
            "PAGE_TOKEN_INVALID", "pass next_page_token as it was given", field="page.page_token"
        ) from error


def _page_after(rows: Sequence[InteractionRow], size: int) -> page_pb2.PageInfo:
    if len(rows) <= size:
        return page_pb2.PageInfo()
    last = rows[size - 1]
    token = encode_page_token(last.occurred_at.isoformat(), last.interaction_id)
    return page_pb2.PageInfo(next_page_token=token)
