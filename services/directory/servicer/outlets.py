"""Outlets."""

from __future__ import annotations

from kit.authn import current_actor
from kit.db.session import current_session
from kit.ids import new_id
from kit.rpc.convert import page_info, page_size
from protos.directory.v1 import directory_pb2 as pb
from services.directory.convert.people import outlet_from_proto, outlet_to_proto
from services.directory.domain.people import STAFF_ROLES, check_outlet
from services.directory.servicer.base import KEEPS_PEOPLE, Context, Rpcs, page_start
from services.directory.store import outlets
from services.directory.store.rows import put
from services.directory.tables.people import OutletRow


class OutletRpcs(Rpcs):
    """Outlets."""

    async def PutOutlet(self, request: pb.PutOutletRequest, context: Context) -> pb.Outlet:
        current_actor().require_role(*KEEPS_PEOPLE)
        now = self._clock.now()
        check_outlet(request.outlet.name, request.outlet.cooperation_mode)
        await self._check_regions(request.outlet.region_adcodes, now, "outlet")
        row = outlet_from_proto(request.outlet, request.outlet.outlet_id or new_id("ou", now))
        return outlet_to_proto(await put(current_session(), row))

    async def ListOutlets(
        self, request: pb.ListOutletsRequest, context: Context
    ) -> pb.ListOutletsResponse:
        current_actor().require_role(*STAFF_ROLES)
        after, size = page_start(request.page), page_size(request.page)
        rows = await outlets.outlets(current_session(), after, size + 1)
        return pb.ListOutletsResponse(
            outlets=[self._outlet_today(row) for row in rows[:size]],
            page=page_info([row.outlet_id for row in rows], size),
        )

    def _outlet_today(self, row: OutletRow) -> pb.Outlet:
        outlet = outlet_to_proto(row)
        outlet.region_adcodes[:] = self._renewed(row.region_adcodes)
        return outlet
