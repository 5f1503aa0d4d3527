"""Hand-overs: a work order on its way from one team to another, never without an owner."""

from __future__ import annotations

from kit.authn import Actor, current_actor
from kit.db.session import current_session
from kit.errors import FailedPrecondition, InvalidArgument, PermissionDenied
from kit.rpc import events
from kit.rpc.convert import decode_page_token, page_info, page_size
from protos.workorder.v1 import orders_pb2 as pb
from protos.workorder.v1.orders_pb2_grpc import WorkOrderDeskServiceServicer
from services.workorder.convert.orders import desk as protos
from services.workorder.domain import access
from services.workorder.domain.orders import intake, work_order
from services.workorder.domain.orders.work_order import Verb
from services.workorder.domain.registry import registry
from services.workorder.servicer.base import Context, Rpcs
from services.workorder.store.orders import hand_overs, work_orders
from services.workorder.store.registry import teams
from services.workorder.tables.desk import TeamHandOverRow
from services.workorder.tables.work_orders import WorkOrderRow


class HandOverRpcs(Rpcs, WorkOrderDeskServiceServicer):
    """Which team has the work."""

    async def HandOverWorkOrder(
        self, request: pb.HandOverWorkOrderRequest, context: Context
    ) -> pb.TeamHandOver:
        actor, session = current_actor(), current_session()
        reason = intake.require_reason(request.reason)
        row = await self._locked(request.work_order_id)
        access.require_technician(actor, row.technician_id(), *access.PLANNING)
        progress = work_orders.progress_of(row)
        work_order.require_revision(progress, request.expected_revision)
        after = work_order.edit(progress, Verb.HAND_OVER)
        await _require_other_team(row, request.to_team_id)
        if (asked := await hand_overs.open_of(session, row.work_order_id)) is not None:
            raise FailedPrecondition(
                "HAND_OVER_OPEN",
                f"team {asked.to_team_id} was asked already; wait for its answer, or withdraw it",
                field="work_order_id",
            )
        asked = protos.hand_over_row(
            row, request.to_team_id, reason, self._clock.now(), actor.person_id
        )
        await hand_overs.add(session, asked)
        details = {"to_team_id": asked.to_team_id}
        await self._changed(row, after, Verb.HAND_OVER, reason, details=details)
        return await self._told_of(asked, row)

    async def AnswerHandOver(
        self, request: pb.AnswerHandOverRequest, context: Context
    ) -> pb.TeamHandOver:
        reason = request.reason if request.accept else intake.require_reason(request.reason)
        asked, row = await self._asked(request.hand_over_id)
        await _require_of_team(current_actor(), asked.to_team_id)
        if request.accept:
            after = work_order.take_over(work_orders.progress_of(row))
            details = {"team_id": asked.to_team_id}
            if holder := row.technician_id():
                details["released_technician_id"] = holder
            row.team_id = asked.to_team_id
            row.leave_visit()
            await self._changed(row, after, Verb.TAKE_OVER, asked.reason, details=details)
        return await self._answered(
            asked, row, "accepted" if request.accept else "sent_back", reason
        )

    async def WithdrawHandOver(
        self, request: pb.WithdrawHandOverRequest, context: Context
    ) -> pb.TeamHandOver:
        actor = current_actor()
        asked, row = await self._asked(request.hand_over_id)
        access.require_technician(actor, asked.asked_by_person_id, *access.PLANNING)
        return await self._answered(asked, row, "withdrawn", request.reason)

    async def ListHandOvers(
        self, request: pb.ListHandOversRequest, context: Context
    ) -> pb.ListHandOversResponse:
        actor = current_actor()
        actor.require_role(*access.OFFICE)
        size = page_size(request.page)
        (before,) = decode_page_token(request.page, 1) or ("",)
        wanted = hand_overs.Wanted(
            access.scope_of(actor), request.work_order_id, request.to_team_id, request.open_only
        )
        rows = await hand_overs.page(current_session(), wanted, before, size + 1)
        return pb.ListHandOversResponse(
            hand_overs=[protos.hand_over_to_proto(row) for row in rows[:size]],
            page=page_info([row.hand_over_id for row in rows], size),
        )

    async def _asked(self, hand_over_id: str) -> tuple[TeamHandOverRow, WorkOrderRow]:
        """A hand-over that is open, with its work order locked (``HAND_OVER_ANSWERED``)."""
        session = current_session()
        found = await hand_overs.read(session, hand_over_id)
        row = await self._locked(found.work_order_id)
        asked = await hand_overs.open_of(session, row.work_order_id)
        if asked is None or asked.hand_over_id != hand_over_id:
            raise FailedPrecondition(
                "HAND_OVER_ANSWERED",
                f"hand-over {hand_over_id} was answered already",
                field="hand_over_id",
            )
        return asked, row

    async def _answered(
        self, asked: TeamHandOverRow, row: WorkOrderRow, answer: str, reason: str
    ) -> pb.TeamHandOver:
        asked.answer, asked.answer_reason = answer, intake.require_short(reason, "reason")
        asked.answered_at = self._clock.now()
        asked.answered_by_person_id = current_actor().person_id
        await current_session().flush()
        return await self._told_of(asked, row)

    async def _told_of(self, asked: TeamHandOverRow, row: WorkOrderRow) -> pb.TeamHandOver:
        message = protos.hand_over_to_proto(asked)
        await events.record(
            pb.TeamHandOverChanged(hand_over=message),
            aggregate=("team_hand_over", asked.hand_over_id),
            occurred_at=self._clock.now(),
            case_id=row.case_id,
        )
        return message


async def _require_other_team(row: WorkOrderRow, to_team_id: str) -> None:
    team = await teams.read(current_session(), to_team_id)
    registry.check_not_ended(team.team_id, team.ended_at)
    if to_team_id == row.team_id:
        raise InvalidArgument(
            "HAND_OVER_SAME_TEAM", f"team {to_team_id} has it already", field="to_team_id"
        )


async def _require_of_team(actor: Actor, team_id: str) -> None:
    """Dispatchers answer for every team, its leader and members for their own."""
    if actor.has_role(*access.DISPATCH):
        return
    team = await teams.read(current_session(), team_id)
    members = {team.leader_person_id, *(member.technician_id for member in team.members)}
    if actor.person_id not in members:
        raise PermissionDenied(
            "HAND_OVER_NOT_YOURS",
            f"team {team_id} answers this: its leader, a member, or a dispatcher",
            field="hand_over_id",
        )
