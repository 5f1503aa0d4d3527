"""Intake rules: put and read."""

from __future__ import annotations

from kit.authn import current_actor
from kit.db.session import current_session
from kit.errors import FailedPrecondition
from kit.rpc import events
from protos.workorder.v1 import orders_pb2 as pb
from protos.workorder.v1.orders_pb2_grpc import WorkOrderDeskServiceServicer
from services.workorder.convert.orders import intake_rules as protos
from services.workorder.domain import access
from services.workorder.servicer.base import Context, Rpcs
from services.workorder.store.orders import intake_rules
from services.workorder.store.registry import teams


class IntakeRuleRpcs(Rpcs, WorkOrderDeskServiceServicer):
    """How urgent work is, and whose."""

    async def PutIntakeRules(
        self, request: pb.PutIntakeRulesRequest, context: Context
    ) -> pb.IntakeRules:
        actor, session, given = current_actor(), current_session(), request.rules
        actor.require_role(*access.DESK_KEEPERS)
        before = await intake_rules.lock_newest(session)
        newest = before.rules_version if before else 0
        if given.rules_version != newest:
            raise FailedPrecondition(
                "INTAKE_RULES_STALE",
                f"version {newest} of the intake rules is in force, not {given.rules_version}; read"
                " it and change that one",
                field="rules.rules_version",
            )
        for rule in given.rules:
            if rule.team_id:
                await teams.read(session, rule.team_id)
        row = protos.row_from_proto(given, newest + 1, self._clock.now(), actor.person_id)
        await intake_rules.add(session, row)
        message = protos.to_proto(row)
        await events.record(
            pb.IntakeRulesPut(rules=message),
            aggregate=("intake_rules", str(row.rules_version)),
            occurred_at=row.put_at,
        )
        return message

    async def GetIntakeRules(
        self, request: pb.GetIntakeRulesRequest, context: Context
    ) -> pb.IntakeRules:
        current_actor().require_role(*access.OFFICE)
        if not request.rules_version and await intake_rules.find(current_session()) is None:
            return pb.IntakeRules()
        return protos.to_proto(await intake_rules.read(current_session(), request.rules_version))
