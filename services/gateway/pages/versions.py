"""What today's version of a case's flow says otherwise than the one under which the case runs."""

from __future__ import annotations

from dataclasses import dataclass

from protos.cases.v1 import cases_pb2
from protos.flow.v1 import flow_pb2, flow_pb2_grpc
from services.gateway.pages.base import Visit


@dataclass(frozen=True, slots=True)
class Newer:
    """A newer version than the case has.

    Attributes:
        differences: what it says otherwise, in words.
    """

    version: int
    differences: list[str]


async def newer_version(visit: Visit, case: cases_pb2.Case) -> Newer | None:
    """The newest version of the case's flow, if the case has an older one."""
    stub = flow_pb2_grpc.FlowServiceStub(visit.channel("flow"))
    newest = await stub.GetFlow(flow_pb2.GetFlowRequest(flow_code=case.flow_code))
    if newest.version <= case.flow_version:
        return None
    compared = await stub.CompareFlows(
        flow_pb2.CompareFlowsRequest(
            flow_code=case.flow_code, from_version=case.flow_version, to_version=newest.version
        )
    )
    said = [visit.say(each.words, each.words_en) for each in compared.differences]
    return Newer(newest.version, said)
