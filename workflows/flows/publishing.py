"""Publishing: from a source that compiles to the flow's next version, once and for ever."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Final

from kit.db.session import current_session
from kit.errors import InvalidArgument
from workflows import store
from workflows.catalog import load_catalog
from workflows.compiler.compile import Compiled, compile_flow
from workflows.compiler.diagnostics import Diagnostic, Severity
from workflows.compiler.library import flows_used
from workflows.compiler.plan import Plan
from workflows.flows.library import library_for
from workflows.tables import FlowVersionRow

#: Types of workflows that are ours, which no flow may take as its own.
RESERVED_CODES: Final = frozenset({"field_work"})
#: gRPC allows 8 kB of trailers.
_MOST_DETAIL_BYTES: Final = 4_000


async def publish(source: str, at: datetime, by_person_id: str) -> FlowVersionRow:
    """Publish a source as the next version of its flow; the newest version's own source gives that
    version again, unless a flow that it lives through has a newer version by now.

    Raises:
        InvalidArgument: ``FLOW_NOT_PUBLISHABLE`` with the first errors in its details,
            ``FLOW_CODE_RESERVED``.
    """
    plan = publishable(await check(source))
    session = current_session()
    await store.lock_flow(session, plan.flow)
    latest = await store.latest_version(session, plan.flow)
    if latest is not None and _same(latest, source, plan):
        return latest
    await store.keep_plan(session, plan.hash, plan.to_bytes())
    row = FlowVersionRow(
        flow_code=plan.flow,
        version=latest.version + 1 if latest else 1,
        name=plan.name,
        plan_hash=plan.hash,
        calendar_code=plan.calendar,
        source=source,
        published_at=at,
        published_by_person_id=by_person_id,
    )
    session.add(row)
    await session.flush()
    return row


async def check(source: str) -> Compiled:
    """Compile a source against the contracts and the flows published so far."""
    return compile_flow(source, load_catalog(), await library_for(source))


def _same(latest: FlowVersionRow, source: str, plan: Plan) -> bool:
    return latest.source == source and (latest.plan_hash == plan.hash or not flows_used(source))


def publishable(compiled: Compiled) -> Plan:
    """The plan of what was compiled.

    Raises:
        InvalidArgument: as ``publish``.
    """
    plan = compiled.plan
    if plan is None:
        errors = [found for found in compiled.diagnostics if found.severity is Severity.ERROR]
        raise InvalidArgument(
            "FLOW_NOT_PUBLISHABLE",
            f"the flow has {len(errors)} errors; CheckFlow tells them all. The first: {errors[0]}",
            field="source",
            details=_first_details(errors),
        )
    if plan.flow in RESERVED_CODES:
        raise InvalidArgument(
            "FLOW_CODE_RESERVED", f"no flow may be called {plan.flow}", field="source"
        )
    return plan


def _first_details(errors: list[Diagnostic]) -> dict[str, str]:
    """As many as a trailer holds, numbered from 1."""
    told: dict[str, str] = {}
    room = _MOST_DETAIL_BYTES
    for number, found in enumerate(errors, start=1):
        text = json.dumps(found.to_json(), ensure_ascii=False)
        room -= len(text.encode())
        if room < 0:
            break
        told[str(number)] = text
    return told
