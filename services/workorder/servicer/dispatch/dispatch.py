"""``DispatchService``: the policy, the decisions, why this one and why not me, fairness."""

from __future__ import annotations

from protos.workorder.v1.dispatch_pb2_grpc import DispatchServiceServicer
from services.workorder.servicer.dispatch.explaining import ExplainingRpcs
from services.workorder.servicer.dispatch.fairness import FairnessRpcs
from services.workorder.servicer.dispatch.policies import PolicyRpcs


class DispatchServicer(PolicyRpcs, ExplainingRpcs, FairnessRpcs, DispatchServiceServicer):
    """How technicians are matched with work, in the open."""
