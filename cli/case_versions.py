"""Under which versions a case runs, and what today's version of its flow says otherwise."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import RenderableType

from cli.api import Refused, part
from cli.flow_show import differences
from cli.output import facts
from cli.verb import api
from protos.cases.v1 import cases_pb2
from protos.flow.v1 import flow_pb2
from protos.pricing.v1 import pricing_pb2


def versions(case: cases_pb2.Case) -> list[RenderableType]:
    """Flow, prices and calendar of a case, with the difference to the flow as it is today."""
    path = f"/flows/{part(case.flow_code)}"
    newest = api().get(path, flow_pb2.FlowVersion).message.version
    here = f"v{case.flow_version}"
    flow = here if newest == case.flow_version else f"{here}, today v{newest}"
    lines: list[RenderableType] = [facts(("flow", flow), *_pinned(case))]
    if newest > case.flow_version:
        compared = api().get(
            f"{path}/differences",
            flow_pb2.CompareFlowsResponse,
            from_version=case.flow_version,
            to_version=newest,
        )
        found = compared.message.differences
        lines.append(differences([(each.kind, each.words) for each in found]))
        move = f"gongdan case migrate --flow {case.flow_code} --to {newest} --case {case.case_id}"
        lines.append(f"[dim]{move} --dry-run tells whether it can move[/]")
    return lines


def _pinned(case: cases_pb2.Case) -> Iterator[tuple[str, str]]:
    clock = case.business_clock
    if clock.calendar_code:
        yield "calendar", f"{clock.calendar_code} v{clock.calendar_version}"
    try:
        quote = api().get(f"/cases/{part(case.case_id)}/quote", pricing_pb2.QuoteResult).message
    except Refused:
        return  # none was made, or it is not for whoever asks
    yield "prices", f"{quote.price_book_code} v{quote.price_book_version}"
