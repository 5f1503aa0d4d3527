"""Forms while they are being filled in: what is asked for, what is computed, what is wrong so far."""

from __future__ import annotations

from typing import Any, Final

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from kit.errors import FailedPrecondition
from services.gateway.acting import workflow_of
from services.gateway.auth import CallerOf
from services.gateway.edge import EdgeOf

forms = APIRouter(prefix="/cases", tags=["cases 个案"])


class FormDraft(BaseModel):
    """What has been filled in so far."""

    model_config = ConfigDict(extra="forbid")

    user_task_id: str = Field(min_length=1, max_length=200, examples=["intake/1"])
    form: dict[str, Any] = Field(examples=[{"floor": 12}])


class Said(BaseModel):
    """A sentence in both languages."""

    zh: str
    en: str


class FormStanding(BaseModel):
    """How a form stands; fields are named by their paths, cells as ``lines[2].quantity``."""

    values: dict[str, Any] = Field(description="What would be kept")
    seen: dict[str, Any] = Field(description="The values of fields that nobody fills in")
    hidden: list[str] = Field(description="What is not asked for as things stand")
    needed: list[str] = Field(
        description="What must be filled in as things stand, though not always"
    )
    wrong: dict[str, Said] = Field(description="What is wrong or missing so far")


@forms.post("/{case_id}/form", summary="How the form of a user task stands; nothing is kept")
async def look_at_form(
    case_id: str, body: FormDraft, edge: EdgeOf, caller: CallerOf
) -> FormStanding:
    """What depends on conditions and computations, by the one who knows the rules: the case."""
    workflow_id = await workflow_of(edge, case_id, body.user_task_id)
    look = await edge.cases.look_at_form(workflow_id, body.user_task_id, body.form)
    if look is None:
        raise FailedPrecondition(
            "CASE_TASK_CLOSED",
            f"user task {body.user_task_id!r} has no form that could be filled in now",
            field="user_task_id",
        )
    return FormStanding.model_validate(look)


ROUTERS: Final = (forms,)
