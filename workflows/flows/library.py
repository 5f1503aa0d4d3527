"""The published flows that a flow may live through."""

from __future__ import annotations

from typing import Final

from kit.db.session import current_session
from workflows import store
from workflows.compiler.library import (
    FlowInterface,
    Library,
    flows_used,
    interface_of,
    subflows_of,
)
from workflows.compiler.plan import Plan

#: What the store calls the newest version.
_NEWEST: Final = 0
#: The column that holds a version is a 32-bit integer.
_MOST: Final = 2**31 - 1


async def library_for(source: str) -> Library:
    """The flows that a source names, with the versions it names and the newest, and the flows that
    these live through in turn."""
    found: dict[tuple[str, int], FlowInterface] = {}
    for flow, versions in flows_used(source).items():
        for version in sorted({_NEWEST, *versions}):
            await _add(flow, version, found)
    return Library(found.values())


async def _add(flow: str, version: int, found: dict[tuple[str, int], FlowInterface]) -> None:
    session = current_session()
    row = await store.version_of(session, flow, version) if 0 <= version <= _MOST else None
    if row is None or (flow, row.version) in found:
        return
    content = await store.plan_content(session, row.plan_hash)
    assert content is not None, "a published version keeps its plan"
    plan = Plan.from_bytes(content)
    for node in subflows_of(plan):
        await _add(node.flow, node.version, found)
    found[flow, row.version] = interface_of(plan, row.version, Library(found.values()))
