"""Migrations: running cases move to another version of their flow, or say whether they could."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field

import protos.cases.v1.migrations_pb2  # noqa: F401 - makes its RPCs known by name
from services.gateway.auth import CallerOf
from services.gateway.edge import EdgeOf
from services.gateway.rpc_routes import KEY_PARAMETER, expose, idempotency_key
from workflows.client import MIGRATION_ROLES, WantedMigration

migrations = APIRouter(prefix="/migrations", tags=["cases 个案"])
expose(
    migrations,
    "GET",
    "/{migration_id}",
    "cases.v1.MigrationService/GetMigration",
    "How far a migration is: how many cases are safe, need a choice, are unsafe, and why",
)
expose(
    migrations,
    "GET",
    "/{migration_id}/cases",
    "cases.v1.MigrationService/ListCaseMigrations",
    "What became of each case",
)

_Node = Annotated[str, Field(min_length=1, max_length=200)]


class NewMigration(BaseModel):
    """Which cases move where. Only what is proven safe moves; a dry run moves nothing."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"flow_code": "aircon_install", "to_version": 2, "dry_run": True}]
        },
    )

    flow_code: str = Field(min_length=1, max_length=64)
    to_version: int = Field(ge=1)
    from_version: int = Field(0, ge=0, description="0: cases of any other version")
    case_ids: list[str] = Field([], max_length=200, description="Empty: all open cases")
    choices: dict[_Node, _Node] = Field(
        {}, description="From an old node to the new one on which to begin afresh"
    )
    reason: str = Field("", max_length=500)
    dry_run: bool = True


class OrderedMigration(BaseModel):
    """A migration that runs, or has run."""

    migration_id: str


@migrations.post(
    "",
    summary="Move running cases to another version, or ask whether they could",
    status_code=202,
    openapi_extra=KEY_PARAMETER,
)
async def migrate(
    body: NewMigration, request: Request, edge: EdgeOf, caller: CallerOf
) -> OrderedMigration:
    """Each case in its own turn, audited one by one; once for each key."""
    caller.actor.require_role(*MIGRATION_ROLES)
    wanted = WantedMigration(
        flow_code=body.flow_code,
        to_version=body.to_version,
        from_version=body.from_version,
        case_ids=tuple(body.case_ids),
        choices=body.choices,
        reason=body.reason,
        dry_run=body.dry_run,
    )
    migration_id = await edge.cases.migrate(
        wanted, by=caller.actor.person_id, key=idempotency_key(request, caller)
    )
    return OrderedMigration(migration_id=migration_id)


ROUTERS: Final = (migrations,)
