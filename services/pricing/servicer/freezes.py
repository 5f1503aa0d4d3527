"""Freezes of special policies, by hand and by themselves."""

from __future__ import annotations

from datetime import datetime

from kit.authn import SYSTEM_PERSON_ID, current_actor
from kit.clock import Clock
from kit.db.session import current_session
from kit.errors import FailedPrecondition
from kit.ids import new_id
from kit.rpc.convert import page_info, page_size
from kit.rpc.events import record
from protos.events.v1 import events_pb2
from protos.events.v1.events_pb2_grpc import ProjectionServiceServicer
from protos.pricing.v1 import policy_pb2 as pb
from protos.pricing.v1.policy_pb2_grpc import PolicyServiceServicer
from services.pricing.convert.anomalies import AnomalyFreeze, anomaly_freeze_of
from services.pricing.convert.cancellations import Cancellation, cancellation_of
from services.pricing.convert.policies import (
    freeze_to_proto,
    instant_of,
    protection_from_proto,
    protection_from_row,
    protection_to_proto,
    protection_to_row,
)
from services.pricing.domain.policies.freezes import check_freeze, check_protection, region_of
from services.pricing.domain.policies.terms import check_reason
from services.pricing.servicer.base import (
    KEEPS_PRICES,
    QUOTES,
    Context,
    number_start,
    page_start,
)
from services.pricing.servicer.price_modes import not_due
from services.pricing.store import freezes
from services.pricing.tables import CancellationRow, FreezeRow


class FreezeRpcs(PolicyServiceServicer):
    """Freeze, thaw, and when a region is frozen by itself."""

    _clock: Clock

    async def FreezeRegionPolicy(
        self, request: pb.FreezeRegionPolicyRequest, context: Context
    ) -> pb.Freeze:
        actor, now = current_actor(), self._clock.now()
        actor.require_role(*KEEPS_PRICES)
        until = instant_of(request, "until")
        ends_at = check_freeze(request.place_code, until, request.hours, now)
        reason = check_reason(request.reason)
        return freeze_to_proto(
            await _freeze(request.place_code, reason, now, ends_at, actor.person_id)
        )

    async def ThawRegionPolicy(
        self, request: pb.ThawRegionPolicyRequest, context: Context
    ) -> pb.ThawRegionPolicyResponse:
        actor, now = current_actor(), self._clock.now()
        actor.require_role(*KEEPS_PRICES)
        reason = check_reason(request.reason)
        rows = await freezes.locked_of_place(current_session(), request.place_code, now)
        if not rows:
            raise FailedPrecondition(
                "PRICING_NOT_FROZEN", f"{request.place_code!r} is not frozen", field="place_code"
            )
        thawed = [await _thaw(row, now, actor.person_id, reason) for row in rows]
        return pb.ThawRegionPolicyResponse(freezes=thawed)

    async def ListFreezes(
        self, request: pb.ListFreezesRequest, context: Context
    ) -> pb.ListFreezesResponse:
        current_actor().require_role(*QUOTES)
        size = page_size(request.page)
        rows = await freezes.page(
            current_session(),
            request.place_code,
            instant_of(request, "holding_at"),
            page_start(request.page),
            size + 1,
        )
        return pb.ListFreezesResponse(
            freezes=[freeze_to_proto(row) for row in rows[:size]],
            page=page_info([row.freeze_id for row in rows], size),
        )

    async def RecordThaw(self, request: pb.RecordThawRequest, context: Context) -> pb.Freeze:
        current_actor().require_role("ops")
        row = await freezes.locked(current_session(), request.freeze_id)
        if row.ended_at is not None:
            return freeze_to_proto(row)
        if self._clock.now() < row.ends_at:
            raise not_due("freeze_id")
        return await _thaw(row, row.ends_at, SYSTEM_PERSON_ID, "到期自动解冻")

    async def PutProtectionPolicy(
        self, request: pb.PutProtectionPolicyRequest, context: Context
    ) -> pb.ProtectionPolicy:
        actor, session, now = current_actor(), current_session(), self._clock.now()
        actor.require_role(*KEEPS_PRICES)
        await freezes.hold_protection_still(session)
        (newest,) = await freezes.protections(session, None, 1)
        wanted = protection_from_proto(request.protection_policy, newest.version + 1)
        check_protection(wanted)
        row = protection_to_row(wanted, now, actor.person_id)
        await freezes.put_protection(session, row)
        put = protection_to_proto(row)
        await record(
            pb.ProtectionPolicyPut(protection_policy=put),
            aggregate=("protection_policy", "protection_policy"),
            occurred_at=now,
        )
        return put

    async def ListProtectionPolicies(
        self, request: pb.ListProtectionPoliciesRequest, context: Context
    ) -> pb.ListProtectionPoliciesResponse:
        current_actor().require_role(*QUOTES)
        size = page_size(request.page)
        rows = await freezes.protections(current_session(), number_start(request.page), size + 1)
        return pb.ListProtectionPoliciesResponse(
            protection_policies=[protection_to_proto(row) for row in rows[:size]],
            page=page_info([str(row.version) for row in rows], size),
        )


class CancellationProjection(ProjectionServiceServicer):
    """Counts the work orders that are cancelled at each address, and freezes where they are many; and
    freezes what anomalies of work orders say."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    async def ApplyEvents(
        self, request: events_pb2.ApplyEventsRequest, context: Context
    ) -> events_pb2.ApplyEventsResponse:
        current_actor().require_role("ops")
        cancellations = filter(None, map(cancellation_of, request.events))
        anomalies = filter(None, map(anomaly_freeze_of, request.events))
        applied = [await self._apply(each) for each in cancellations]
        applied += [await self._freeze_for(each) for each in anomalies]
        return events_pb2.ApplyEventsResponse(applied_count=sum(applied))

    async def _apply(self, cancellation: Cancellation) -> bool:
        """Keep a cancellation, and freeze its region when it is one too many."""
        session, now, at = current_session(), self._clock.now(), cancellation.cancelled_at
        kept = CancellationRow(
            work_order_id=cancellation.work_order_id,
            event_id=cancellation.event_id,
            address_fingerprint=cancellation.address_fingerprint,
            cancelled_at=at,
        )
        if not await freezes.add_cancellation(session, kept):
            return False
        (newest,) = await freezes.protections(session, None, 1)
        policy = protection_from_row(newest)
        counting = await freezes.counting(
            session, cancellation.address_fingerprint, policy.counts_from(at), at
        )
        until = policy.freezes_until(len(counting), at, now)
        region = region_of(cancellation.adcode_path, policy.reach)
        if until is not None and region:
            frozen = await _freeze(
                region, policy.reason(), now, until, SYSTEM_PERSON_ID, policy.version
            )
            await freezes.were_for(session, counting, frozen.freeze_id)
        return True

    async def _freeze_for(self, asked: AnomalyFreeze) -> bool:
        """Freeze once what an anomaly says; what would be thawed again by now is passed over."""
        now = self._clock.now()
        session = current_session()
        if asked.until <= now or await freezes.is_for_anomaly(
            session, asked.anomaly_id, asked.until
        ):
            return False
        await _freeze(
            asked.place_code,
            asked.reason,
            now,
            asked.until,
            asked.by_person_id or SYSTEM_PERSON_ID,
            anomaly_id=asked.anomaly_id,
        )
        return True


async def _freeze(
    place_code: str,
    reason: str,
    now: datetime,
    ends_at: datetime,
    by_person_id: str,
    protection_policy_version: int | None = None,
    anomaly_id: str = "",
) -> FreezeRow:
    row = FreezeRow(
        freeze_id=new_id("fz", now),
        place_code=place_code,
        reason=reason,
        begins_at=now,
        ends_at=ends_at,
        recorded_at=now,
        recorded_by_person_id=by_person_id,
        protection_policy_version=protection_policy_version,
        ended_by_person_id="",
        end_reason="",
        anomaly_id=anomaly_id,
    )
    await freezes.add(current_session(), row)
    await record(
        pb.RegionPolicyFrozen(freeze=freeze_to_proto(row)),
        aggregate=("policy_freeze", row.freeze_id),
        occurred_at=now,
    )
    return row


async def _thaw(row: FreezeRow, at: datetime, by_person_id: str, reason: str) -> pb.Freeze:
    row.ended_at, row.ended_by_person_id, row.end_reason = at, by_person_id, reason
    await current_session().flush()
    thawed = freeze_to_proto(row)
    await record(
        pb.RegionPolicyThawed(freeze=thawed),
        aggregate=("policy_freeze", row.freeze_id),
        occurred_at=at,
    )
    return thawed
