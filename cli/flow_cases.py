"""What a new version of a flow means for the cases that run."""

from __future__ import annotations

from rich.console import RenderableType

from cli.api import Refused
from cli.verb import api
from protos.cases.v1 import cases_pb2
from protos.flow.v1 import flow_pb2


def still_running(flow: flow_pb2.FlowVersion) -> list[RenderableType]:
    """How many cases of earlier versions are open, and how to see which of them could move."""
    if flow.version == 1:
        return []
    wanted = {"flow_code": flow.flow_code, "open": "true", "counted": "true", "page_size": 1}
    try:
        answer = api().get("/cases", cases_pb2.ListCasesResponse, **wanted).message
    except Refused:
        return []  # whoever publishes need not see cases
    if not answer.total.count:
        return []
    open_cases = f"{answer.total.count:,}{'+' if answer.total.more else ''}"
    ask = f"gongdan case migrate --flow {flow.flow_code} --to {flow.version} --dry-run"
    return [f"[dim]{open_cases} open cases go on as they began; {ask} tells which can move[/]"]
