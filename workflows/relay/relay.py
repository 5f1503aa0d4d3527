"""Domain events on their way: to projections, and as signals to the cases that wait for them.

Each consumer keeps its own cursor in each source's log and saves it after delivering, so everything
arrives at least once; projections and cases pass over what they have seen. What wakes cases is put
into a buffer in the transaction that saves the cursor, and matched there with what cases say they
wait for, so an event that comes before its case waits is not lost. There it stays until it expires,
for other cases that come to wait for it.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from datetime import timedelta
from functools import partial
from typing import Any, Final

from google.protobuf import descriptor_pool, message_factory
from temporalio.client import Client
from temporalio.common import WorkflowIDReusePolicy
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.service import RPCError

from kit.clock import Clock
from kit.db.session import Database
from kit.errors import ServiceError
from kit.rpc.client import RpcCaller
from kit.telemetry import logger
from protos.directory.v1 import directory_pb2
from protos.events.v1 import events_pb2, events_pb2_grpc
from protos.settlement.v1 import payout_pb2
from workflows.activities.acts import is_unknown
from workflows.activities.messages import message_to_json
from workflows.catalog import load_catalog
from workflows.relay import store
from workflows.relay.policy_terms import Ended, policy_term_of
from workflows.relay.raised_anomalies import raised_anomaly_of
from workflows.relay.routes import (
    ANOMALIES,
    CALENDARS,
    PAYOUTS,
    POLICIES,
    PROJECTIONS,
    SOURCES,
    Projection,
)
from workflows.runtime.payloads import Signal
from workflows.system.anomaly_notice import ANOMALY_NOTICE
from workflows.system.payout_batch import PAYOUT_BATCH, PayoutBatch
from workflows.system.policy_term import POLICY_TERM, PolicyTerm
from workflows.system.replan import PER_SECOND, REPLAN, CalendarEdit, Replanning

_PAGE: Final = 200
_SHORTEST_PAUSE: Final = 0.1
_LONGEST_PAUSE: Final = 0.5
_LONGEST_PAUSE_DOWN: Final = 10.0
#: How long an event waits for a case that waits for it.
_BUFFERED_FOR: Final = timedelta(days=7)
#: All that waits is matched with all that happened so often; what is new, at once.
_ALL_OF_IT_EVERY: Final = timedelta(minutes=1)
_CASES: Final = "cases"
_REPLAN: Final = "replan"
_POLICY_TERMS: Final = "policy_terms"
_PAYOUT_BATCHES: Final = "payout_batches"
_ANOMALIES: Final = "anomalies"
Act = Callable[[events_pb2.DomainEvent], Awaitable[None]]

_log = logger("relay")


class Relay:
    """Delivers domain events until it is cancelled."""

    def __init__(
        self,
        database: Database,
        caller: RpcCaller,
        temporal: Client,
        clock: Clock,
        task_queue: str,
        replanned_per_second: float = PER_SECOND,
    ) -> None:
        self._database = database
        self._caller = caller
        self._temporal = temporal
        self._clock = clock
        self._task_queue = task_queue
        self._replanned_per_second = replanned_per_second
        self._look_at_all = clock.now()
        self._wakes_cases = frozenset(load_catalog().events)

    async def run(self) -> None:
        """Deliver for ever."""
        async with asyncio.TaskGroup() as group:
            for projection in PROJECTIONS:
                name = f"{projection.source}→{projection.consumer}"
                group.create_task(_repeat(name, partial(self.project, projection)))
            for source in SOURCES:
                group.create_task(_repeat(f"{source}→buffer", partial(self.buffer, source)))
            group.create_task(_repeat("buffer→cases", self.wake_cases))
            group.create_task(_repeat("calendars→replan", self.replan))
            group.create_task(_repeat("policies→terms", self.tell_policy_terms))
            group.create_task(_repeat("payouts→batches", self.carry_out_payouts))
            group.create_task(_repeat("anomalies→notices", self.tell_anomalies))

    async def project(self, projection: Projection) -> bool:
        """Send one page of events to a projection; True when there may be more."""
        consumer = projection.consumer
        events = await self._read(projection.source, consumer)
        wanted = [event for event in events if _type_of(event) in projection.event_types]
        if wanted:
            stub = events_pb2_grpc.ProjectionServiceStub(self._caller.channel(projection.target))
            await stub.ApplyEvents(
                events_pb2.ApplyEventsRequest(source=projection.source, events=wanted)
            )
        if events:
            async with self._database.transaction() as session:
                await store.save_cursor(session, projection.source, consumer, events[-1].cursor)
        return len(events) == _PAGE

    async def buffer(self, source: str) -> bool:
        """Keep one page of a source's events that may wake cases; True when there may be more."""
        events = await self._read(source, _CASES)
        now = self._clock.now()
        rows = [
            {**_buffered(event), "expires_at": now + _BUFFERED_FOR}
            for event in events
            if _type_of(event) in self._wakes_cases
        ]
        if events:
            async with self._database.transaction() as session:
                await store.buffer_events(session, rows)
                await store.forget_expired(session, now)
                await store.save_cursor(session, source, _CASES, events[-1].cursor)
        return len(events) == _PAGE

    async def follow(self, source: str, consumer: str, act: Act) -> bool:
        """Act on one page of a source's events, one after the other; True when there may be more.

        An event comes again after a kill, so acting on it twice must be the same as once.
        """
        events = await self._read(source, consumer)
        for event in events:
            await act(event)
        if events:
            async with self._database.transaction() as session:
                await store.save_cursor(session, source, consumer, events[-1].cursor)
        return len(events) == _PAGE

    async def replan(self) -> bool:
        """Have the cases that count by an edited calendar told; True when there may be more."""
        return await self.follow(CALENDARS, _REPLAN, self._replan)

    async def _replan(self, event: events_pb2.DomainEvent) -> None:
        changed = directory_pb2.CalendarChanged()
        if event.payload.Unpack(changed):
            await self._order_replan(changed)

    async def _order_replan(self, changed: directory_pb2.CalendarChanged) -> None:
        days = tuple((days.first_day, days.last_day) for days in changed.changed_days)
        await self._temporal.start_workflow(
            REPLAN,
            Replanning(changed.calendar_code, per_second=self._replanned_per_second),
            id=f"replan:{changed.calendar_code}",
            task_queue=self._task_queue,
            start_signal="edited",
            start_signal_args=[CalendarEdit(changed.version, days)],
            static_summary=f"日历 {changed.calendar_code} 变更：重排时限",
        )

    async def tell_policy_terms(self) -> bool:
        """Have the switches and freezes of pricing told of when they begin and end; True when there
        may be more."""
        return await self.follow(POLICIES, _POLICY_TERMS, self._tell_policy_term)

    async def _tell_policy_term(self, event: events_pb2.DomainEvent) -> None:
        told = policy_term_of(event)
        if isinstance(told, PolicyTerm):
            await self._begin(POLICY_TERM, told, _term_id(told.policy_id), told.what)
        elif told is not None:
            await self._end_term(told)

    async def tell_anomalies(self) -> bool:
        """Have the supervisors told of anomalies that were raised; True when there may be more."""
        return await self.follow(ANOMALIES, _ANOMALIES, self._tell_anomaly)

    async def _tell_anomaly(self, event: events_pb2.DomainEvent) -> None:
        raised = raised_anomaly_of(event)
        if raised is not None:
            workflow_id = f"anomaly-notice:{raised.anomaly_id}"
            await self._begin(ANOMALY_NOTICE, raised, workflow_id, raised.what)

    async def _begin(self, workflow: str, given: object, workflow_id: str, summary: str) -> None:
        # What comes again, after a kill, finds it there, or over.
        with contextlib.suppress(WorkflowAlreadyStartedError):
            await self._temporal.start_workflow(
                workflow,
                given,
                id=workflow_id,
                task_queue=self._task_queue,
                id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
                static_summary=summary,
            )

    async def _end_term(self, ended: Ended) -> None:
        handle = self._temporal.get_workflow_handle(_term_id(ended.policy_id))
        try:
            await handle.signal("ended", ended.reason)
        except RPCError as error:
            if not is_unknown(error):
                raise

    async def carry_out_payouts(self) -> bool:
        """Have payout batches carried out that two people have approved; True when there may be more."""
        return await self.follow(PAYOUTS, _PAYOUT_BATCHES, self._carry_out)

    async def _carry_out(self, event: events_pb2.DomainEvent) -> None:
        changed = payout_pb2.PayoutBatchChanged()
        if not event.payload.Unpack(changed):
            return
        batch = changed.payout_batch
        if batch.state == payout_pb2.PAYOUT_BATCH_STATE_APPROVED:
            await self._begin(
                PAYOUT_BATCH,
                PayoutBatch(batch.payout_batch_id),
                f"payout-batch:{batch.payout_batch_id}",
                f"打款批次：{batch.payout_count} 笔",
            )

    async def wake_cases(self) -> bool:
        """Signal the cases that wait for what has happened; True when somebody was woken."""
        async with self._database.transaction(read_only=True) as session:
            wakes = await store.wakes(session, _PAGE, everything=self._is_due())
        delivered: list[store.Wake] = []
        gone: set[str] = set()
        refused: RPCError | None = None
        for wake in wakes:
            try:
                await self._wake(wake)
            except RPCError as error:
                if is_unknown(error):
                    gone.add(wake.workflow_id)
                else:
                    refused = error  # the others are told all the same
            else:
                delivered.append(wake)
        if delivered or gone:
            async with self._database.transaction() as session:
                expires_at = self._clock.now() + _BUFFERED_FOR
                await store.note_deliveries(session, delivered, expires_at)
                for workflow_id in gone:
                    await store.forget_waiter(session, workflow_id)
        if refused is not None:
            raise refused
        return bool(wakes)

    def _is_due(self) -> bool:
        """Whether all that waits is to be looked at now."""
        now = self._clock.now()
        due = now >= self._look_at_all
        if due:
            self._look_at_all = now + _ALL_OF_IT_EVERY
        return due

    async def _read(self, source: str, consumer: str) -> list[events_pb2.DomainEvent]:
        async with self._database.transaction(read_only=True) as session:
            after = await store.cursor_of(session, source, consumer)
        stub = events_pb2_grpc.EventServiceStub(self._caller.channel(source))
        page = await stub.ReadEvents(events_pb2.ReadEventsRequest(after=after, limit=_PAGE))
        return list(page.events)

    async def _wake(self, wake: store.Wake) -> None:
        event = wake.event
        signal = Signal(
            type=event.event_type,
            key=event.key,
            aggregate=event.aggregate,
            sequence=event.aggregate_sequence,
            payload=event.payload,
        )
        handle = self._temporal.get_workflow_handle(wake.workflow_id)
        await handle.signal("event", signal)


def _term_id(policy_id: str) -> str:
    return f"policy-term:{policy_id}"


def _type_of(event: events_pb2.DomainEvent) -> str:
    return event.payload.TypeName()


def _buffered(event: events_pb2.DomainEvent) -> dict[str, Any]:
    kind = descriptor_pool.Default().FindMessageTypeByName(_type_of(event))
    payload = message_factory.GetMessageClass(kind)()
    event.payload.Unpack(payload)
    return {
        "event_id": event.event_id,
        "event_type": _type_of(event),
        "key": event.aggregate_id,
        "case_id": event.case_id,
        "acting_person_id": event.acting_person_id,
        "aggregate": f"{event.aggregate_type}:{event.aggregate_id}",
        "aggregate_sequence": event.aggregate_sequence,
        "payload": message_to_json(payload),
    }


async def _repeat(name: str, once: Callable[[], Awaitable[bool]]) -> None:
    """Do it again and again: at once while there is more, slower while idle or while it fails."""
    pause, down = _SHORTEST_PAUSE, False
    while True:
        try:
            more = await once()
        except (ServiceError, RPCError) as error:
            if not down:
                _log.warning("relay_waits", route=name, error=str(error))
            down, pause = True, min(pause * 2, _LONGEST_PAUSE_DOWN)
        else:
            if down:
                _log.info("relay_goes_on", route=name)
            pause = _SHORTEST_PAUSE if more or down else min(pause * 2, _LONGEST_PAUSE)
            down = False
            if more:
                continue
        await asyncio.sleep(pause)
