"""Who must not, or shall, be sent to whom: said, listed, ended."""

from __future__ import annotations

from datetime import datetime

from kit.authn import current_actor
from kit.db.session import current_session
from kit.rpc.convert import decode_page_token, page_info, page_size
from kit.rpc.events import record
from protos.workorder.v1 import registry_pb2 as pb
from protos.workorder.v1.registry_pb2_grpc import RegistryServiceServicer
from services.workorder.convert.registry import dispatch_rules as protos
from services.workorder.domain import access
from services.workorder.domain.registry import registry
from services.workorder.servicer.base import Context, Rpcs
from services.workorder.store.registry import dispatch_rules
from services.workorder.tables.registry import DispatchExclusionRow, DispatchPreferenceRow


class DispatchRuleRpcs(Rpcs, RegistryServiceServicer):
    """Exclusions and preferences."""

    async def AddExclusion(
        self, request: pb.AddExclusionRequest, context: Context
    ) -> pb.DispatchExclusion:
        actor, now = current_actor(), self._clock.now()
        actor.require_role(*registry.RULES)
        row = protos.exclusion_from_proto(request, now, actor.person_id)
        await dispatch_rules.add(current_session(), row)
        return await _exclusion_told(row, now)

    async def EndExclusion(
        self, request: pb.EndExclusionRequest, context: Context
    ) -> pb.DispatchExclusion:
        actor, now = current_actor(), self._clock.now()
        actor.require_role(*registry.RULES)
        row = await dispatch_rules.locked_exclusion(current_session(), request.exclusion_id)
        _end(row, request.reason, now)
        return await _exclusion_told(row, now)

    async def ListExclusions(
        self, request: pb.ListExclusionsRequest, context: Context
    ) -> pb.ListExclusionsResponse:
        current_actor().require_role(*access.OFFICE)
        size = page_size(request.page)
        (before,) = decode_page_token(request.page, 1) or ("",)
        not_over_at = None if request.include_past else self._clock.now()
        rows = await dispatch_rules.exclusions(
            current_session(), protos.who_of(request), not_over_at, before, size + 1
        )
        return pb.ListExclusionsResponse(
            exclusions=[protos.exclusion_to_proto(row) for row in rows[:size]],
            page=page_info([row.exclusion_id for row in rows], size),
        )

    async def AddPreference(
        self, request: pb.AddPreferenceRequest, context: Context
    ) -> pb.DispatchPreference:
        actor, session, now = current_actor(), current_session(), self._clock.now()
        actor.require_role(*registry.RULES)
        row = protos.preference_from_proto(request, now, actor.person_id)
        standing = await dispatch_rules.standing_preference(session, protos.who_of(request))
        if standing is not None:
            return protos.preference_to_proto(standing)
        await dispatch_rules.add(session, row)
        return await _preference_told(row, now)

    async def EndPreference(
        self, request: pb.EndPreferenceRequest, context: Context
    ) -> pb.DispatchPreference:
        actor, now = current_actor(), self._clock.now()
        actor.require_role(*registry.RULES)
        row = await dispatch_rules.locked_preference(current_session(), request.preference_id)
        _end(row, request.reason, now)
        return await _preference_told(row, now)

    async def ListPreferences(
        self, request: pb.ListPreferencesRequest, context: Context
    ) -> pb.ListPreferencesResponse:
        current_actor().require_role(*access.OFFICE)
        size = page_size(request.page)
        (before,) = decode_page_token(request.page, 1) or ("",)
        rows = await dispatch_rules.preferences(
            current_session(),
            protos.who_of(request),
            standing_only=not request.include_past,
            before=before,
            limit=size + 1,
        )
        return pb.ListPreferencesResponse(
            preferences=[protos.preference_to_proto(row) for row in rows[:size]],
            page=page_info([row.preference_id for row in rows], size),
        )


def _end(row: DispatchExclusionRow | DispatchPreferenceRow, reason: str, now: datetime) -> None:
    """End a rule once, in the actor's name (``REGISTRY_ENDED``, ``REGISTRY_INVALID``)."""
    registry.check_not_ended(row.reason or "it", row.ended_at)
    row.end_reason = registry.require_reason(reason)
    row.ended_at, row.ended_by_person_id = now, current_actor().person_id


async def _exclusion_told(row: DispatchExclusionRow, now: datetime) -> pb.DispatchExclusion:
    await current_session().flush()
    exclusion = protos.exclusion_to_proto(row)
    await record(
        pb.DispatchExclusionChanged(exclusion=exclusion),
        aggregate=("dispatch_exclusion", row.exclusion_id),
        occurred_at=now,
    )
    return exclusion


async def _preference_told(row: DispatchPreferenceRow, now: datetime) -> pb.DispatchPreference:
    await current_session().flush()
    preference = protos.preference_to_proto(row)
    await record(
        pb.DispatchPreferenceChanged(preference=preference),
        aggregate=("dispatch_preference", row.preference_id),
        occurred_at=now,
    )
    return preference
