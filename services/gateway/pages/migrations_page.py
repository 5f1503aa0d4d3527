"""Running cases on their way to another version: what it says otherwise, which of them could move, and
what became of those that did."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from fastapi import APIRouter
from starlette.responses import Response

from kit.errors import NotFound, ServiceError
from protos.cases.v1 import migrations_pb2, migrations_pb2_grpc
from protos.common.v1 import page_pb2
from protos.flow.v1 import flow_pb2, flow_pb2_grpc
from services.gateway.pages.base import Visit, VisitOf, back_to
from services.gateway.passwords import new_token
from services.gateway.problems import STATUS_OF_KIND
from workflows.client import MIGRATION_ROLES, WantedMigration

router = APIRouter(include_in_schema=False)

_CHOICE: Final = "choice."
_PAGE: Final = 50


@router.get("/flows/{flow_code}/migrate")
async def choose(visit: VisitOf, flow_code: str) -> Response:
    """Which cases shall move to which version, and what that one says otherwise."""
    return await _choose(visit, flow_code)


@router.post("/flows/{flow_code}/migrate")
async def order(visit: VisitOf, flow_code: str) -> Response:
    """Ask the cases, or move those that can."""
    visit.caller.actor.require_role(*MIGRATION_ROLES)
    form = await visit.form()
    wanted = WantedMigration(
        flow_code=flow_code,
        to_version=int(form["to_version"]),
        from_version=int(form["from_version"]),
        choices={
            name.removeprefix(_CHOICE): node
            for name, node in form.items()
            if name.startswith(_CHOICE) and node
        },
        reason=form.get("reason", ""),
        dry_run=form["run"] == "dry",
    )
    try:
        migration_id = await visit.edge.cases.migrate(
            wanted, by=visit.caller.actor.person_id, key=form["act_key"]
        )
    except ServiceError as refused:
        return await _choose(visit, flow_code, refused)
    return back_to(f"/migrations/{migration_id}")


@router.get("/migrations/{migration_id}")
async def progress(visit: VisitOf, migration_id: str) -> Response:
    """How far a migration is, and which cases somebody must look at."""
    asked = visit.request.query_params
    stub = migrations_pb2_grpc.MigrationServiceStub(visit.channel("cases"))
    page = page_pb2.PageRequest(page_size=_PAGE, page_token=asked.get("page", ""))
    listed = migrations_pb2.ListCaseMigrationsResponse()
    try:
        found = await stub.GetMigration(
            migrations_pb2.GetMigrationRequest(migration_id=migration_id)
        )
    except NotFound:
        found = migrations_pb2.Migration(migration_id=migration_id)  # ordered, and not told of yet
    else:
        listed = await stub.ListCaseMigrations(
            migrations_pb2.ListCaseMigrationsRequest(migration_id=migration_id, page=page)
        )
    return await visit.page(
        "migration.html",
        migration=found,
        counts=_counts(found),
        cases=listed.cases,
        next_page=listed.page.next_page_token,
        questions=_questions(listed.cases),
        outcome=migrations_pb2.MigrationOutcome.Name,
        said=lambda each: visit.say(each.words, each.words_en),
        titled=lambda each: visit.say(each.title, each.title_en) or each.node,
        act_key=new_token("act"),
    )


async def _choose(visit: Visit, flow_code: str, refused: ServiceError | None = None) -> Response:
    flows = flow_pb2_grpc.FlowServiceStub(visit.channel("flow"))
    listed = await flows.ListFlowVersions(flow_pb2.ListFlowVersionsRequest(flow_code=flow_code))
    versions = sorted((each.version for each in listed.versions), reverse=True)
    if not versions:
        raise NotFound("FLOW_UNKNOWN", f"there is no flow {flow_code!r}", field="flow_code")
    asked = visit.request.query_params
    to_version = int(asked["to"]) if asked.get("to", "").isdecimal() else versions[0]
    from_version = int(asked["from"]) if asked.get("from", "").isdecimal() else to_version - 1
    compared = flow_pb2.CompareFlowsResponse()
    if from_version in versions and to_version in versions:
        compared = await flows.CompareFlows(
            flow_pb2.CompareFlowsRequest(
                flow_code=flow_code, from_version=from_version, to_version=to_version
            )
        )
    return await visit.page(
        "migrate.html",
        status=STATUS_OF_KIND[refused.kind] if refused else 200,
        flow=next(each for each in listed.versions if each.version == versions[0]),
        versions=versions,
        to_version=to_version,
        from_version=from_version,
        differences=[visit.say(each.words, each.words_en) for each in compared.differences],
        may_migrate=visit.caller.actor.has_role(*MIGRATION_ROLES),
        problem=refused,
        act_key=new_token("act"),
    )


def _counts(migration: migrations_pb2.Migration) -> dict[str, int]:
    """How many cases had which outcome."""
    counts: dict[str, int] = {}
    for tally in migration.tallies:
        name = migrations_pb2.MigrationOutcome.Name(tally.outcome)
        counts[name] = counts.get(name, 0) + tally.count
    return counts


def _questions(
    cases: Iterable[migrations_pb2.CaseMigration],
) -> dict[str, migrations_pb2.MigrationQuestion]:
    """What somebody must say, once for each node, whichever of the cases asks."""
    return {question.node: question for case in cases for question in case.questions}
