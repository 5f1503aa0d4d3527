"""Between the compiler's findings, the rows and the messages of ``flow.v1``; the only such place."""

from __future__ import annotations

from typing import Final

from kit.rpc.convert import instant_to_proto
from protos.flow.v1 import flow_pb2
from workflows.compiler.compile import Compiled
from workflows.compiler.diagnostics import Diagnostic, Severity
from workflows.compiler.plan import Plan
from workflows.language.difference import Difference
from workflows.tables import FlowDraftRow, FlowVersionRow

_SEVERITIES: Final = {
    Severity.ERROR: flow_pb2.SEVERITY_ERROR,
    Severity.WARNING: flow_pb2.SEVERITY_WARNING,
}
_SOUNDNESS: Final = {
    True: flow_pb2.SOUNDNESS_SOUND,
    False: flow_pb2.SOUNDNESS_UNSOUND,
    None: flow_pb2.SOUNDNESS_UNKNOWN,
}


def check_message(compiled: Compiled) -> flow_pb2.CheckFlowResponse:
    """Everything that the compiler found."""
    return flow_pb2.CheckFlowResponse(
        publishable=compiled.plan is not None,
        diagnostics=[_diagnostic(found) for found in compiled.diagnostics],
        soundness=_SOUNDNESS[compiled.sound],
    )


def _diagnostic(found: Diagnostic) -> flow_pb2.Diagnostic:
    return flow_pb2.Diagnostic(
        code=found.code,
        severity=_SEVERITIES[found.severity],
        node=found.node,
        field=found.field,
        line=found.line,
        message=found.message,
        hint=found.hint,
        trace=[
            flow_pb2.Firing(node=firing.node, by=firing.by, takes=firing.takes)
            for firing in found.trace
        ],
    )


def version_message(row: FlowVersionRow, *, with_source: bool) -> flow_pb2.FlowVersion:
    """One published version."""
    return flow_pb2.FlowVersion(
        flow_code=row.flow_code,
        version=row.version,
        name=row.name,
        plan_hash=row.plan_hash,
        calendar_code=row.calendar_code,
        published_at=instant_to_proto(row.published_at),
        published_by_person_id=row.published_by_person_id,
        source=row.source if with_source else "",
    )


def draft_message(row: FlowDraftRow, *, with_source: bool) -> flow_pb2.FlowDraft:
    """One draft."""
    return flow_pb2.FlowDraft(
        flow_code=row.flow_code,
        revision=row.revision,
        state=flow_pb2.DRAFT_STATE_CHECKED if row.checked else flow_pb2.DRAFT_STATE_DRAFT,
        source=row.source if with_source else "",
        base_version=row.base_version,
        saved_at=instant_to_proto(row.saved_at),
        saved_by_person_id=row.saved_by_person_id,
    )


def draft_as_version_message(row: FlowDraftRow, plan: Plan) -> flow_pb2.FlowVersion:
    """A draft as if it were published."""
    return flow_pb2.FlowVersion(
        flow_code=row.flow_code,
        name=plan.name,
        plan_hash=plan.hash,
        calendar_code=plan.calendar,
        published_at=instant_to_proto(row.saved_at),
        published_by_person_id=row.saved_by_person_id,
        source=row.source,
    )


def difference_message(difference: Difference) -> flow_pb2.FlowDifference:
    """One thing that is not the same in two versions."""
    return flow_pb2.FlowDifference(
        kind=difference.kind,
        node=difference.node,
        place=difference.place,
        words=difference.words,
        words_en=difference.words_en,
    )
