"""The roster at hand: what the RPCs of matching share."""

from __future__ import annotations

import gc

from kit import telemetry
from kit.clock import Clock
from kit.db.session import Database, current_session
from kit.errors import ServiceError
from services.workorder.domain.dispatch import matching
from services.workorder.domain.dispatch.decision import Known
from services.workorder.domain.dispatch.matching import Judgement, Survey
from services.workorder.domain.dispatch.need import Need
from services.workorder.domain.dispatch.policy import Policy
from services.workorder.domain.dispatch.roster import Roster
from services.workorder.index import DispatchIndex
from services.workorder.servicer.base import Rpcs
from services.workorder.store.dispatch import facts

_log = telemetry.logger("workorder")


class MatchingRpcs(Rpcs):
    """What a noun's RPCs are served with that match technicians with work."""

    def __init__(self, clock: Clock, index: DispatchIndex) -> None:
        super().__init__(clock)
        self._index = index

    async def _survey(self, need: Need, policy: Policy) -> tuple[Survey, Known]:
        """Everybody against a need, by what this transaction sees; and what that is."""
        await refresh(self._index)
        # Nothing is waited for between the two, so that they are of one moment.
        return matching.survey(self._index.roster, need, policy), self._index.known

    async def _judge(
        self, technician_id: str, need: Need, policy: Policy, parts_at_hand: int, known: Known
    ) -> Judgement | None:
        """One technician against a need, by the facts that were known; None: nothing was."""
        about = await facts.of_technician(current_session(), technician_id, known)
        if about is None:
            return None
        alone = Roster()
        alone.put(about)
        return matching.judge(alone, need, policy, technician_id, parts_at_hand)


async def refresh(index: DispatchIndex) -> None:
    """Let the roster take in what the transaction sees and it does not know yet."""
    session = current_session()
    if index.known.through:
        index.take(await facts.since(session, index.known))
        return
    known = await facts.known_now(session)
    found = [fact async for page in facts.newest(session, known) for fact in page]
    index.begin(known, found)
    gc.freeze()  # the garbage collector would look through it again and again, for nothing


async def warm(index: DispatchIndex, database: Database) -> None:
    """Have the roster at hand before the first work order asks for it, if the database answers."""
    try:
        async with database.reading():
            await refresh(index)
    except ServiceError as error:
        _log.warning("roster_not_warmed", error=str(error))
