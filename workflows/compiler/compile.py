"""The compiler: a document in, a Plan or everything that is wrong with it out."""

from __future__ import annotations

from dataclasses import dataclass

from workflows.compiler.barriers import late_writes
from workflows.compiler.bodies import enter_flow
from workflows.compiler.catalog import NodeCatalog
from workflows.compiler.check_ids import check_ids
from workflows.compiler.choices import add_choices
from workflows.compiler.context import Flow
from workflows.compiler.diagnostics import Diagnostic, FlowRejected
from workflows.compiler.draft import read_draft
from workflows.compiler.drawing import draw
from workflows.compiler.library import EMPTY_LIBRARY, Library
from workflows.compiler.lower import lower_flow
from workflows.compiler.plan import Plan
from workflows.compiler.report import Report
from workflows.language.reading import read_source


@dataclass(frozen=True, slots=True)
class Compiled:
    """What came of a document: a plan when it has no error; warnings come beside one.

    Attributes:
        sound: whether every run can finish, and finishes cleanly, whatever else is wrong; None when
            the drawing is not complete enough to tell, or too large to decide.
    """

    plan: Plan | None
    diagnostics: tuple[Diagnostic, ...]
    sound: bool | None = None


def compile_flow(text: str, catalog: NodeCatalog, library: Library = EMPTY_LIBRARY) -> Compiled:
    """Check a flow's source, YAML or JSON, and lower it.

    All diagnostics come at once. What can only be judged on a whole drawing (what some path leaves
    unset, where a send-back may lead) waits until ids and edges are right.

    Args:
        catalog: the RPCs and events that nodes may name.
        library: the published flows that it may live through.
    """
    source = read_source(text)
    report = Report(source)
    draft = add_choices(read_draft(source, report))
    drawing = draw(draft.graph, report, ids_good=check_ids(draft, report))
    plan = None
    if draft.header is not None:
        flow = Flow(draft.header, catalog, library, report, late_writes(drawing, catalog))
        plan = lower_flow(enter_flow(flow, drawing))
    return Compiled(plan, report.diagnostics(), drawing.all_sound)


def compile_or_raise(text: str, catalog: NodeCatalog, library: Library = EMPTY_LIBRARY) -> Plan:
    """The plan of a flow that must be right.

    Raises:
        FlowRejected: with all diagnostics.
    """
    compiled = compile_flow(text, catalog, library)
    if compiled.plan is None:
        raise FlowRejected(compiled.diagnostics)
    return compiled.plan
