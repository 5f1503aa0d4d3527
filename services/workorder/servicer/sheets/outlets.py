"""Outlets' profiles in files."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from kit.authn import current_actor
from kit.db.session import current_session
from kit.rpc.events import record_all
from protos.workorder.v1 import registry_pb2 as pb
from services.workorder.convert.registry.outlets import row_from_proto, to_proto
from services.workorder.convert.sheets.outlet_sheet import LAYOUT
from services.workorder.domain.registry import registry
from services.workorder.servicer.base import Context
from services.workorder.servicer.sheets.base import KeyedSheet
from services.workorder.store.registry import outlets


class OutletSheet(KeyedSheet[pb.OutletProfile]):
    """Under which terms outlets work."""

    layout = LAYOUT

    def require_keeper(self) -> None:
        """Who keeps contracts."""
        current_actor().require_role(*registry.CONTRACTS)

    async def before(self, keys: Collection[str], *, lock: bool) -> Mapping[str, pb.OutletProfile]:
        """The profiles that there are."""
        known = await outlets.by_id(current_session(), keys, lock=lock)
        return {key: to_proto(row) for key, row in known.items()}

    def check(self, message: pb.OutletProfile) -> None:
        """Refuse what ``PutOutletProfile`` would refuse."""
        row_from_proto(message, None, self._now, self._person_id)

    async def keep(self, things: Sequence[pb.OutletProfile], context: Context) -> None:
        """Put them all."""
        session = current_session()
        known = await outlets.by_id(session, [each.outlet_id for each in things])
        rows = [
            row_from_proto(each, known.get(each.outlet_id), self._now, self._person_id)
            for each in things
        ]
        await outlets.put_all(session, rows)
        told = [(row.outlet_id, pb.OutletProfilePut(outlet_profile=to_proto(row))) for row in rows]
        await record_all("outlet_profile", told, occurred_at=self._now)

    async def exported(
        self, request: pb.ExportRegistryRequest, limit: int
    ) -> list[pb.OutletProfile]:
        """All of them, or one."""
        session = current_session()
        if request.outlet_id:
            return [to_proto(await outlets.read(session, request.outlet_id))]
        return [to_proto(row) for row in await outlets.page(session, outlets.Wanted(), "", limit)]
