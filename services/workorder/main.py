"""The workorder process: work orders, technicians and dispatch over gRPC."""

from __future__ import annotations

from pathlib import Path

import uvloop

from kit import telemetry
from kit.authn import TokenVerifier
from kit.clock import Clock, SystemClock
from kit.config import Settings
from kit.db.session import Database
from kit.rpc.events import EventServicer
from kit.rpc.server import Mount, RpcServer, until_told_to_stop
from protos.events.v1.events_pb2_grpc import (
    add_EventServiceServicer_to_server,
    add_ProjectionServiceServicer_to_server,
)
from protos.workorder.v1.anomaly_pb2_grpc import add_AnomalyServiceServicer_to_server
from protos.workorder.v1.appointment_pb2_grpc import add_AppointmentServiceServicer_to_server
from protos.workorder.v1.asset_pb2_grpc import add_AssetServiceServicer_to_server
from protos.workorder.v1.day_plan_pb2_grpc import add_DayPlanServiceServicer_to_server
from protos.workorder.v1.dispatch_pb2_grpc import add_DispatchServiceServicer_to_server
from protos.workorder.v1.extra_pb2_grpc import add_ExtraServiceServicer_to_server
from protos.workorder.v1.maintenance_pb2_grpc import add_MaintenanceServiceServicer_to_server
from protos.workorder.v1.on_site_pb2_grpc import add_OnSiteServiceServicer_to_server
from protos.workorder.v1.orders_pb2_grpc import add_WorkOrderDeskServiceServicer_to_server
from protos.workorder.v1.part_pb2_grpc import add_PartServiceServicer_to_server
from protos.workorder.v1.registry_pb2_grpc import add_RegistryServiceServicer_to_server
from protos.workorder.v1.stock_count_pb2_grpc import add_StockCountServiceServicer_to_server
from protos.workorder.v1.stock_pb2_grpc import add_StockServiceServicer_to_server
from protos.workorder.v1.work_order_import_pb2_grpc import (
    add_WorkOrderImportServiceServicer_to_server,
)
from protos.workorder.v1.workorder_pb2_grpc import add_WorkOrderServiceServicer_to_server
from services.workorder.index import DispatchIndex
from services.workorder.servicer.anomalies import AnomalyServicer
from services.workorder.servicer.appointments.appointments import AppointmentServicer
from services.workorder.servicer.assets.asset_service import AssetServicer
from services.workorder.servicer.dispatch.dispatch import DispatchServicer
from services.workorder.servicer.dispatch.matching import warm
from services.workorder.servicer.maintenance.maintenance import MaintenanceServicer
from services.workorder.servicer.on_site.extras import ExtraServicer
from services.workorder.servicer.on_site.on_site import OnSiteServicer
from services.workorder.servicer.orders.desk_service import WorkOrderDeskServicer
from services.workorder.servicer.orders.work_order_imports import WorkOrderImportServicer
from services.workorder.servicer.orders.work_orders import WorkOrderServicer
from services.workorder.servicer.planning.day_plans import DayPlanServicer
from services.workorder.servicer.planning.searching import Searching
from services.workorder.servicer.projections import Projections
from services.workorder.servicer.registry.registry import RegistryServicer
from services.workorder.servicer.stock.parts import PartServicer
from services.workorder.servicer.stock.stock import StockServicer
from services.workorder.servicer.stock.stock_counts import StockCountServicer


class WorkorderSettings(Settings):
    """What this process must be told: whom to trust."""

    issuers_file: Path


def mounts(
    clock: Clock, index: DispatchIndex | None = None, searching: Searching | None = None
) -> list[Mount]:
    """What this process serves, technicians matched from an index, plans searched for beside it."""
    index = index or DispatchIndex()
    return [
        Mount(
            "workorder.v1.WorkOrderService",
            add_WorkOrderServiceServicer_to_server,
            WorkOrderServicer(clock, index),
        ),
        Mount(
            "workorder.v1.DispatchService",
            add_DispatchServiceServicer_to_server,
            DispatchServicer(clock, index),
        ),
        Mount(
            "workorder.v1.StockService",
            add_StockServiceServicer_to_server,
            StockServicer(clock),
        ),
        Mount("workorder.v1.PartService", add_PartServiceServicer_to_server, PartServicer(clock)),
        Mount(
            "workorder.v1.StockCountService",
            add_StockCountServiceServicer_to_server,
            StockCountServicer(clock),
        ),
        Mount(
            "workorder.v1.OnSiteService",
            add_OnSiteServiceServicer_to_server,
            OnSiteServicer(clock),
        ),
        Mount(
            "workorder.v1.ExtraService",
            add_ExtraServiceServicer_to_server,
            ExtraServicer(clock),
        ),
        Mount(
            "workorder.v1.RegistryService",
            add_RegistryServiceServicer_to_server,
            RegistryServicer(clock),
        ),
        Mount(
            "workorder.v1.AssetService",
            add_AssetServiceServicer_to_server,
            AssetServicer(clock),
        ),
        Mount(
            "workorder.v1.WorkOrderImportService",
            add_WorkOrderImportServiceServicer_to_server,
            WorkOrderImportServicer(clock, WorkOrderServicer(clock, index)),
        ),
        Mount(
            "events.v1.ProjectionService",
            add_ProjectionServiceServicer_to_server,
            Projections(),
        ),
        Mount(
            "workorder.v1.WorkOrderDeskService",
            add_WorkOrderDeskServiceServicer_to_server,
            WorkOrderDeskServicer(clock),
        ),
        Mount(
            "workorder.v1.AppointmentService",
            add_AppointmentServiceServicer_to_server,
            AppointmentServicer(clock),
        ),
        Mount(
            "workorder.v1.MaintenanceService",
            add_MaintenanceServiceServicer_to_server,
            MaintenanceServicer(clock),
        ),
        Mount(
            "workorder.v1.DayPlanService",
            add_DayPlanServiceServicer_to_server,
            DayPlanServicer(clock, index, searching or Searching()),
        ),
        Mount(
            "workorder.v1.AnomalyService",
            add_AnomalyServiceServicer_to_server,
            AnomalyServicer(clock),
        ),
        Mount("events.v1.EventService", add_EventServiceServicer_to_server, EventServicer()),
    ]


async def serve(settings: WorkorderSettings) -> None:
    """Serve until told to stop."""
    clock, index, searching = SystemClock(), DispatchIndex(), Searching()
    database = Database.connect(settings.database_url, "workorder", settings.database_pool_size)
    verifier = TokenVerifier.from_file(settings.issuers_file)
    server = RpcServer(mounts(clock, index, searching), database, verifier, clock)
    await warm(index, database)
    await server.start(settings.bind_host, settings.port_of("workorder"))
    await until_told_to_stop()
    await server.stop()
    searching.close()


def main() -> None:
    """Start the process with the environment's settings."""
    settings = WorkorderSettings()
    telemetry.setup(settings, "workorder")
    uvloop.run(serve(settings))


if __name__ == "__main__":
    main()
