"""Simulations: a flow tried out before anybody has to live through it."""

from __future__ import annotations

from typing import Any, Final

from fastapi import APIRouter
from pydantic import BaseModel, Field

from services.gateway.auth import CallerOf
from services.gateway.edge import EdgeOf
from services.gateway.simulating import Wanted, try_out
from services.gateway.stories import names_of
from workflows.simulation.account import in_plain_words
from workflows.simulation.figures import in_plain_figures

simulations = APIRouter(prefix="/flows", tags=["flows 流程"])


class Simulated(BaseModel):
    """A flow tried out."""

    status: str = Field(description="Of the one case in the end")
    wrong: list[str] = Field(description="What was not as the scenario expects, in sentences")
    account: list[dict[str, Any]] = Field(description="What happened to it, in order")
    messages: list[dict[str, Any]] = Field(description="Who is told what, when and why")
    waiting_seconds: dict[str, int] = Field(description="Working time waited, by who is charged")
    figures: dict[str, Any] | None = Field(description="Of many cases at once")


class Stories(BaseModel):
    """What a flow can be tried out with."""

    stories: tuple[str, ...] = Field(description="Names of the library's scenarios of the flow")


@simulations.get("/{flow_code}/stories", summary="The scenarios that a flow comes with")
async def stories(flow_code: str, _caller: CallerOf) -> Stories:
    """By name, for a simulation; a flow of one's own has none."""
    return Stories(stories=names_of(flow_code))


@simulations.post("/{flow_code}/simulations", summary="Try a version or the draft of a flow out")
async def simulate(flow_code: str, wanted: Wanted, edge: EdgeOf, _caller: CallerOf) -> Simulated:
    """One case on a clock of its own, and with ``runs`` many at once that queue for the same people.
    Nothing is kept, nobody is told."""
    tried = await try_out(edge, flow_code, wanted)
    return Simulated(
        status=tried.status,
        wrong=tried.wrong,
        account=[in_plain_words(happening) for happening in tried.account],
        messages=[in_plain_words(message) for message in tried.messages],
        waiting_seconds=tried.waiting_seconds,
        figures=in_plain_figures(tried.figures) if tried.figures else None,
    )


ROUTERS: Final = (simulations,)
