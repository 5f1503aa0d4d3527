"""What the process of cases serves over gRPC: cases with all that is told of them, flows, events."""

from __future__ import annotations

from typing import Final

from kit.clock import Clock
from kit.rpc.events import EventServicer
from kit.rpc.server import Mount
from protos.cases.v1 import (
    bulk_acts_pb2_grpc,
    cases_pb2_grpc,
    incidents_pb2_grpc,
    migrations_pb2_grpc,
    replanning_pb2_grpc,
    reports_pb2_grpc,
)
from protos.events.v1 import events_pb2_grpc
from protos.flow.v1 import flow_pb2_grpc
from workflows.cases.servicer.bulk_acts import BulkActServicer
from workflows.cases.servicer.cases import CaseServicer
from workflows.cases.servicer.incidents import IncidentServicer
from workflows.cases.servicer.migrations import MigrationServicer
from workflows.cases.servicer.replanning import ReplanningServicer
from workflows.cases.servicer.reports import ReportServicer
from workflows.flows.servicer import FlowServicer

SCHEMA: Final = "flows"


def mounts(clock: Clock) -> list[Mount]:
    """What the role ``cases`` serves."""
    return [
        Mount(
            "cases.v1.CaseService",
            cases_pb2_grpc.add_CaseServiceServicer_to_server,
            CaseServicer(clock),
        ),
        Mount(
            "cases.v1.IncidentService",
            incidents_pb2_grpc.add_IncidentServiceServicer_to_server,
            IncidentServicer(),
        ),
        Mount(
            "cases.v1.BulkActService",
            bulk_acts_pb2_grpc.add_BulkActServiceServicer_to_server,
            BulkActServicer(clock),
        ),
        Mount(
            "cases.v1.ReportService",
            reports_pb2_grpc.add_ReportServiceServicer_to_server,
            ReportServicer(clock),
        ),
        Mount(
            "cases.v1.ReplanningService",
            replanning_pb2_grpc.add_ReplanningServiceServicer_to_server,
            ReplanningServicer(),
        ),
        Mount(
            "cases.v1.MigrationService",
            migrations_pb2_grpc.add_MigrationServiceServicer_to_server,
            MigrationServicer(),
        ),
        Mount(
            "flow.v1.FlowService",
            flow_pb2_grpc.add_FlowServiceServicer_to_server,
            FlowServicer(clock),
        ),
        Mount(
            "events.v1.EventService",
            events_pb2_grpc.add_EventServiceServicer_to_server,
            EventServicer(),
        ),
    ]
