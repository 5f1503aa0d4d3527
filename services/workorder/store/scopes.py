"""What an actor may know of, as conditions on the work orders of a query."""

from __future__ import annotations

from sqlalchemy import or_
from sqlalchemy.sql.elements import ColumnElement

from services.workorder.domain.access import Scope
from services.workorder.store.same_customers import is_customer
from services.workorder.tables.work_orders import OfferRow, WorkOrderRow


def within(scope: Scope) -> list[ColumnElement[bool]]:
    """Only the work orders that lie within a scope."""
    conditions: list[ColumnElement[bool]] = []
    if scope.technician_id:
        theirs = OfferRow.technician_id == scope.technician_id
        conditions.append(WorkOrderRow.live_offers.any(theirs))
    if scope.customer_id:
        conditions.append(is_customer(WorkOrderRow.customer_id, scope.customer_id))
    if scope.region_codes:
        regions = list(scope.region_codes)
        conditions.append(
            or_(
                WorkOrderRow.adcode.in_(regions),
                WorkOrderRow.adcode_path.overlap(regions),
                WorkOrderRow.zone_codes.overlap(regions),
            )
        )
    return conditions
