"""The flows that are measured: calls in a row, with and without a person before them."""

from __future__ import annotations

import dataclasses
import itertools
from typing import Final

from bench.flows.hand_written import RPC, STEPS
from workflows.catalog import load_catalog
from workflows.compiler.compile import compile_or_raise
from workflows.compiler.plan import Plan

PERSON: Final = "pe_bench"


def calls(steps: int = STEPS, *, quick: bool) -> Plan:
    """Calls in a row; quick ones may be chained, others are ordinary activities."""
    return _plan(f"calls_{steps}", [], steps, quick=quick)


def one_task(steps: int = 0) -> Plan:
    """A task of one person, and quick calls in a row after it."""
    task = (
        f"  - {{id: task, kind: form, stage: presale, name: 待办, assignee: {{person: {PERSON}}},"
        " form: [{id: note, kind: text, name: 备注}]}"
    )
    return _plan(f"task_{steps}", [("task", task)], steps, quick=True)


def _plan(code: str, before: list[tuple[str, str]], steps: int, *, quick: bool) -> Plan:
    catalog = load_catalog()
    rpcs = {
        name: dataclasses.replace(spec, quick=quick) if name == RPC else spec
        for name, spec in catalog.rpcs.items()
    }
    nodes = [
        *before,
        *(
            (
                f"step_{n}",
                f"  - {{id: step_{n}, kind: service, stage: presale, name: 步骤 {n}, rpc: {RPC},"
                f" input: {{role: designer_{n}}}}}",
            )
            for n in range(steps)
        ),
        ("done", "  - {id: done, kind: end, stage: presale, name: 结束}"),
    ]
    edges = [f"  - {{from: {a}, to: {b}}}" for (a, _), (b, _) in itertools.pairwise(nodes)]
    source = "\n".join(
        [
            'language: "1.0"',
            f"code: {code}",
            "name: 基准",
            "stages: [{id: presale, name: 售前}]",
            f"start: {nodes[0][0]}",
            "nodes:",
            *(text for _, text in nodes),
            "edges:",
            *(edges or ["  []"]),
        ]
    )
    return compile_or_raise(source, dataclasses.replace(catalog, rpcs=rpcs))
