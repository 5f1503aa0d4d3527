"""Small flows and a small catalogue for the compiler's and the runtime's tests."""

from __future__ import annotations

import textwrap

from workflows.compiler.catalog import EventSpec, NodeCatalog, RpcSpec
from workflows.compiler.compile import compile_flow, compile_or_raise
from workflows.compiler.diagnostics import Diagnostic
from workflows.compiler.plan import Plan
from workflows.language.types import BOOL, INT, MONEY, STRING, Field, Record

THING = Record(
    (Field("thing_id", STRING), Field("count", INT), Field("price", MONEY, optional=True)), "Thing"
)


def rpc(
    name: str,
    *,
    request: tuple[Field, ...] = (),
    response: Record = THING,
    quick: bool = True,
    mutating: bool = True,
    undo: str = "",
) -> RpcSpec:
    return RpcSpec(
        name=f"test.v1.Things/{name}",
        label=name,
        label_en=name,
        category="test",
        quick=quick,
        mutating=mutating,
        compensate_with=f"test.v1.Things/{undo}" if undo else "",
        request=Record(request, f"{name}Request"),
        response=response,
    )


THING_ID = Field("thing_id", STRING)
CATALOG = NodeCatalog(
    {
        spec.name: spec
        for spec in (
            rpc("Look", request=(Field("thing_id", STRING, optional=True),), mutating=False),
            rpc("Make", request=(Field("label", STRING, optional=True),), undo="Unmake"),
            rpc("MakeSlowly", quick=False, undo="Unmake"),
            rpc("Unmake", request=(THING_ID, Field("reason", STRING, optional=True))),
            rpc("Paint", request=(THING_ID,), undo="Strip"),
            rpc("Strip", request=(THING_ID, Field("colour", STRING))),
            rpc("Touch"),
        )
    },
    {
        "test.v1.ThingChanged": EventSpec(
            "test.v1.ThingChanged", "变更", Record((Field("done", BOOL),), "test.v1.ThingChanged")
        )
    },
)

HEADER = """
code: small
name: 小流程
roles:
  sales: {name: 销售}
  boss: {name: 主管}
managed_by: [boss]
stages: [{id: first, name: 一}, {id: second, name: 二}]
"""


def flow(body: str, header: str = HEADER) -> str:
    """A flow's source: a common header and what the test is about."""
    return header + textwrap.dedent(body)


def plan_of(body: str, catalog: NodeCatalog = CATALOG) -> Plan:
    return compile_or_raise(flow(body), catalog)


def diagnostics_of(body: str, catalog: NodeCatalog = CATALOG) -> list[Diagnostic]:
    return list(compile_flow(flow(body), catalog).diagnostics)


def codes_of(body: str, catalog: NodeCatalog = CATALOG) -> list[str]:
    return [diagnostic.code for diagnostic in diagnostics_of(body, catalog)]
