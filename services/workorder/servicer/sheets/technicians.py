"""Technicians in files."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from kit.authn import current_actor
from kit.db.session import current_session
from protos.workorder.v1 import registry_pb2 as pb
from protos.workorder.v1 import workorder_pb2
from services.workorder.convert.registry.technicians import row_from_proto, to_proto
from services.workorder.convert.sheets.technician_sheet import LAYOUT
from services.workorder.domain.registry import registry
from services.workorder.servicer.base import Context
from services.workorder.servicer.sheets.base import KeyedSheet
from services.workorder.store.registry import technicians


class TechnicianSheet(KeyedSheet[workorder_pb2.Technician]):
    """Who does the work, with skills, territory and hours."""

    layout = LAYOUT

    def require_keeper(self) -> None:
        """Who keeps everybody's staff."""
        current_actor().require_role(*registry.STAFFING_EVERYWHERE)

    async def before(
        self, keys: Collection[str], *, lock: bool
    ) -> Mapping[str, workorder_pb2.Technician]:
        """The technicians who are known."""
        known = await technicians.by_id(current_session(), keys, lock=lock)
        return {key: to_proto(row) for key, row in known.items()}

    def check(self, message: workorder_pb2.Technician) -> None:
        """Refuse whom ``PutTechnician`` would refuse."""
        row_from_proto(message, self._now, self._person_id)

    async def keep(self, things: Sequence[workorder_pb2.Technician], context: Context) -> None:
        """Put them all."""
        rows = [row_from_proto(each, self._now, self._person_id) for each in things]
        await technicians.put_all(current_session(), rows)

    async def exported(
        self, request: pb.ExportRegistryRequest, limit: int
    ) -> list[workorder_pb2.Technician]:
        """All of them, or those of an outlet."""
        wanted = technicians.Wanted(outlet_id=request.outlet_id)
        rows = await technicians.page(current_session(), "", limit, wanted)
        return [to_proto(row) for row in rows]
