"""Running cases on their way to another version: how far a migration is, and what became of each."""

from __future__ import annotations

from typing import Any, Final

from google.protobuf import json_format
from google.protobuf.message import Message
from grpc.aio import ServicerContext

from kit.authn import current_actor
from kit.db.session import current_session
from kit.errors import NotFound, PermissionDenied
from kit.rpc.convert import instant_from_proto, instant_to_proto, page_size
from protos.cases.v1 import migrations_pb2, migrations_pb2_grpc
from workflows.cases import listing
from workflows.cases.sight import MIGRATION_ROLES
from workflows.cases.store import migrations
from workflows.cases.tables import CaseMigrationRow, MigrationRow

Context = ServicerContext[Any, Any]
_Outcome: Final = migrations_pb2.MigrationOutcome


class MigrationServicer(migrations_pb2_grpc.MigrationServiceServicer):
    """Serves ``cases.v1.MigrationService`` over the schema ``flows``."""

    async def RecordMigration(
        self, request: migrations_pb2.RecordMigrationRequest, context: Context
    ) -> migrations_pb2.Migration:
        if not current_actor().is_system:
            raise PermissionDenied("MIGRATION_FORBIDDEN", "only a migration records itself")
        session, told = current_session(), request.migration
        row = await migrations.put_migration(session, _values(told))
        cases = [_case_values(told.migration_id, case) for case in request.cases]
        await migrations.put_cases(session, cases)
        return _message(row, [])

    async def GetMigration(
        self, request: migrations_pb2.GetMigrationRequest, context: Context
    ) -> migrations_pb2.Migration:
        current_actor().require_role(*MIGRATION_ROLES)
        session = current_session()
        row = await migrations.migration_by_id(session, request.migration_id)
        if row is None:
            raise NotFound(
                "MIGRATION_UNKNOWN", f"no migration {request.migration_id}", field="migration_id"
            )
        return _message(row, await migrations.tallies(session, row.migration_id))

    async def ListCaseMigrations(
        self, request: migrations_pb2.ListCaseMigrationsRequest, context: Context
    ) -> migrations_pb2.ListCaseMigrationsResponse:
        current_actor().require_role(*MIGRATION_ROLES)
        size = page_size(request.page)
        rows = await migrations.list_cases(
            current_session(),
            request.migration_id,
            _Outcome.Name(request.outcome) if request.outcome else "",
            listing.page_start(request.page, migrations.BY_CASE),
            size + 1,
        )
        return migrations_pb2.ListCaseMigrationsResponse(
            cases=[_case_message(row) for row in rows[:size]],
            page=listing.page_after(rows, size, migrations.BY_CASE),
        )


def _values(told: migrations_pb2.Migration) -> dict[str, Any]:
    return {
        "migration_id": told.migration_id,
        "flow_code": told.flow_code,
        "from_version": told.from_version,
        "to_version": told.to_version,
        "dry_run": told.dry_run,
        "choices": dict(told.choices),
        "reason": told.reason,
        "ordered_by_person_id": told.ordered_by_person_id,
        "started_at": instant_from_proto(told.started_at),
        "ended_at": instant_from_proto(told.ended_at) if told.HasField("ended_at") else None,
        "case_count": told.case_count,
    }


def _message(row: MigrationRow, tallies: list[migrations.Tally]) -> migrations_pb2.Migration:
    return migrations_pb2.Migration(
        migration_id=row.migration_id,
        flow_code=row.flow_code,
        from_version=row.from_version,
        to_version=row.to_version,
        dry_run=row.dry_run,
        choices=row.choices,
        reason=row.reason,
        ordered_by_person_id=row.ordered_by_person_id,
        started_at=instant_to_proto(row.started_at),
        ended_at=instant_to_proto(row.ended_at),
        case_count=row.case_count,
        tallies=[
            migrations_pb2.MigrationTally(
                outcome=_Outcome.Value(tally.outcome),
                code=tally.code,
                node=tally.node,
                words=tally.words,
                words_en=tally.words_en,
                count=tally.cases,
            )
            for tally in tallies
        ],
    )


def _case_values(migration_id: str, case: migrations_pb2.CaseMigration) -> dict[str, Any]:
    first = next(iter(case.findings), None) or next(iter(case.questions), None)
    return {
        "migration_id": migration_id,
        "case_id": case.case_id,
        "title": case.title,
        "flow_version": case.flow_version,
        "outcome": _Outcome.Name(case.outcome),
        "code": getattr(first, "code", ""),
        # Cases stand in runs of their own in a body; they are counted by what they have in common.
        "node": first.node.rpartition(":")[2] if first else "",
        "words": first.words if first else "",
        "words_en": first.words_en if first else "",
        "findings": [_plain(finding) for finding in case.findings],
        "questions": [_plain(question) for question in case.questions],
    }


def _case_message(row: CaseMigrationRow) -> migrations_pb2.CaseMigration:
    message = migrations_pb2.CaseMigration(
        case_id=row.case_id,
        title=row.title,
        flow_version=row.flow_version,
        outcome=_Outcome.Value(row.outcome),
    )
    for finding in row.findings:
        json_format.ParseDict(finding, message.findings.add(), ignore_unknown_fields=True)
    for question in row.questions:
        json_format.ParseDict(question, message.questions.add(), ignore_unknown_fields=True)
    return message


def _plain(message: Message) -> dict[str, Any]:
    return json_format.MessageToDict(message, preserving_proto_field_name=True)
