"""The compiler: a document in, a Plan or everything that is wrong with it out."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from workflows.compiler.catalog import NodeCatalog
from workflows.compiler.check_edges import check_edges, check_ids
from workflows.compiler.check_graph import build_graph, check_graph
from workflows.compiler.context import Context, Way, name_ways
from workflows.compiler.diagnostics import Diagnostic, FlowRejected
from workflows.compiler.draft import Draft, read_draft
from workflows.compiler.graph import Graph
from workflows.compiler.lower import assemble, lower_header, lower_node
from workflows.compiler.plan import Plan
from workflows.compiler.report import Report
from workflows.compiler.scopes import build_scopes
from workflows.language.reading import read_source


@dataclass(frozen=True, slots=True)
class Compiled:
    """What came of a document: a plan when it has no error; warnings come beside one."""

    plan: Plan | None
    diagnostics: tuple[Diagnostic, ...]


def compile_flow(text: str, catalog: NodeCatalog) -> Compiled:
    """Check a flow's source, YAML or JSON, and lower it.

    All diagnostics come at once. What can only be judged on a sound graph (what some path leaves
    unset, where a send-back may lead) waits until ids and edges are right.
    """
    source = read_source(text)
    report = Report(source)
    draft = read_draft(source, report)
    if draft.header is None:
        _check_shape(draft, report)
        return Compiled(None, report.diagnostics())
    graph = _check_shape(draft, report)
    leaving: dict[str, list[Way]] = defaultdict(list)
    entering: dict[str, list[Way]] = defaultdict(list)
    for way in name_ways(draft.edges):
        leaving[way.edge.source].append(way)
        entering[way.edge.target].append(way)
    context = Context(
        header=draft.header,
        nodes={node.id: node for node, _ in draft.nodes},
        leaving={source: tuple(ways) for source, ways in leaving.items()},
        entering={target: tuple(ways) for target, ways in entering.items()},
        graph=graph,
        scopes=build_scopes(draft, graph, catalog),
        catalog=catalog,
        report=report,
    )
    header = lower_header(context)
    nodes = [lower_node(node, context, spot) for node, spot in draft.nodes]
    if report.failed or not draft.whole:
        return Compiled(None, report.diagnostics())
    plan = assemble(context, header, tuple(node for node in nodes if node is not None))
    return Compiled(plan, report.diagnostics())


def compile_or_raise(text: str, catalog: NodeCatalog) -> Plan:
    """The plan of a flow that must be right.

    Raises:
        FlowRejected: with all diagnostics.
    """
    compiled = compile_flow(text, catalog)
    if compiled.plan is None:
        raise FlowRejected(compiled.diagnostics)
    return compiled.plan


def _check_shape(draft: Draft, report: Report) -> Graph | None:
    good = check_ids(draft, report)
    good &= check_edges(draft, report)
    if not good or not draft.whole or draft.header is None:
        return None
    return check_graph(draft, build_graph(draft, draft.header.start), report)
