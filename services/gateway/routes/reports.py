"""Reports: what many cases say together."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter

from protos.cases.v1 import reports_pb2
from services.gateway.rpc_routes import expose

_SERVICE: Final = reports_pb2.DESCRIPTOR.services_by_name["ReportService"].full_name

reports = APIRouter(prefix="/flows", tags=["cases 个案"])
expose(
    reports,
    "GET",
    "/{flow_code}/stuck-points",
    f"{_SERVICE}/GetStuckPoints",
    "Where the open cases of a flow wait, how long and on whom; and how long it took lately",
)

ROUTERS: Final = (reports,)
