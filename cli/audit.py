"""`gongdan audit`: who did what, over all cases."""

from __future__ import annotations

from typing import Annotated

import typer

from cli.case_list import Everything
from cli.case_show import audit_table
from cli.output import tell
from cli.pages import everything, first_page
from cli.times import end, instant
from cli.verb import api, noun, verb
from protos.cases.v1 import cases_pb2

app = noun("audit", "The audit 审计: who did what, when and from where.")

_Person = Annotated[str, typer.Option(help="Who did it")]
_Verb = Annotated[str, typer.Option("--verb", help="What: complete, transfer, cancel, …")]
_Since = Annotated[str, typer.Option(metavar="TIME", help="At or after")]
_Until = Annotated[str, typer.Option(metavar="TIME", help="Before; of a day, its end")]
_Case = Annotated[str, typer.Option(help="Only in this case")]
_Flow = Annotated[str, typer.Option(help="Only in cases of this flow")]


@verb(app, "list")
def list_acts(
    person: _Person = "",
    what: _Verb = "",
    since: _Since = "",
    until: _Until = "",
    case: _Case = "",
    flow: _Flow = "",
    all_pages: Everything = False,
) -> None:
    """Acts, newest first."""
    query = _query(person, what, since, until, case, flow)
    read = everything if all_pages else first_page
    tell(read("/acts", cases_pb2.ListActsResponse, "acts", query), audit_table)


@verb(app)
def export(
    person: _Person = "",
    what: _Verb = "",
    since: _Since = "",
    until: _Until = "",
    case: _Case = "",
    flow: _Flow = "",
) -> None:
    """The same as CSV, on standard output."""
    query = _query(person, what, since, until, case, flow)
    wanted = {name: value for name, value in query.items() if value}
    print(api().text("/exports/acts.csv", **wanted), end="")


def _query(person: str, what: str, since: str, until: str, case: str, flow: str) -> dict[str, str]:
    return {
        "acting_person_id": person,
        "verb": what,
        "acted_from": since and instant(since).isoformat(),
        "acted_before": until and end(until).isoformat(),
        "case_id": case,
        "flow_code": flow,
    }
