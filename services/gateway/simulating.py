"""Flows tried out from the edge: pure computation, on a thread of its own, bounded in size and time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from time import monotonic
from typing import Annotated, Any, Final

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from kit.calendar import BusinessCalendar
from kit.clock import SHANGHAI
from kit.errors import FailedPrecondition, InvalidArgument
from protos.flow.v1 import flow_pb2, flow_pb2_grpc
from services.gateway.edge import Edge
from services.gateway.stories import names_of, stories_of
from workflows.compiler.plan import Plan
from workflows.simulation.account import Happening, What, account_of, charges_of
from workflows.simulation.dry_run import simulate
from workflows.simulation.figures import Figures, figures_of
from workflows.simulation.floor import live_together
from workflows.simulation.model import Assumptions
from workflows.simulation.scenario import Scenario, ScenarioFile, live, opening_of
from workflows.simulation.world import Answer

MOST_CASES: Final = 1_000
_LONGEST: Final = timedelta(seconds=10)
#: One at a time: what is left of the machine belongs to those who work.
_turn: Final = asyncio.Semaphore(1)


def _in_shanghai(instant: datetime) -> datetime:
    return instant if instant.tzinfo else instant.replace(tzinfo=SHANGHAI)


class Wanted(BaseModel):
    """What to try out: one case as a scenario tells it, or as chance has it; and many at once."""

    model_config = ConfigDict(extra="forbid")

    version: Annotated[int, Field(ge=0, description="Of the flow; 0: the latest")] = 0
    draft: bool = Field(default=False, description="The flow's draft instead of a version")
    starts_at: Annotated[datetime, AfterValidator(_in_shanghai)] | None = Field(
        default=None, description="Left out: now; without an offset: Shanghai's time"
    )
    inputs: dict[str, Any] | None = Field(default=None, description="Left out: guessed")
    seed: Annotated[int, Field(ge=0, description="0: all goes well")] = 0
    story: str = Field(default="", description="One of the flow's own scenarios, by its name")
    scenario: Scenario | None = Field(default=None, description="Another, as in scenarios.yaml")
    answers: tuple[Answer, ...] = Field(default=(), description="The world of the scenario")
    runs: Annotated[int, Field(ge=0, le=MOST_CASES, description="So many cases at once")] = 0
    assumptions: Assumptions | None = Field(default=None, description="As in simulation.yaml")


class Tried(BaseModel):
    """What came of it."""

    model_config = ConfigDict(arbitrary_types_allowed=True)

    plan: Plan
    status: str
    wrong: list[str]
    account: list[Happening]
    waiting_seconds: dict[str, int]
    figures: Figures | None

    @property
    def messages(self) -> list[Happening]:
        """Who is told what."""
        return [happening for happening in self.account if happening.what is What.TOLD]


async def try_out(edge: Edge, flow_code: str, wanted: Wanted) -> Tried:
    """Try a flow out: a published version, or the draft.

    Raises:
        NotFound: there is no such flow, version or draft.
        InvalidArgument: ``SIMULATION_NAME_UNKNOWN``, ``SIMULATION_STORY_UNKNOWN``,
            ``SIMULATION_TOO_LONG``, ``SIMULATION_NO_ANSWER`` when the scenario's world has no answer,
            ``FLOW_NOT_PUBLISHABLE`` when the draft has errors, or the inputs are wrong.
        FailedPrecondition: ``SIMULATION_BUSY``: another one is under way.
    """
    stub = flow_pb2_grpc.FlowServiceStub(edge.caller.channel("flow"))
    request = flow_pb2.GetFlowRequest(
        flow_code=flow_code, version=wanted.version, draft=wanted.draft
    )
    told = _told(flow_code, wanted)
    plan = Plan.from_bytes((await stub.GetFlow(request)).plan_json.encode())
    calendar = await edge.cases.calendar(plan.calendar) if plan.calendar else None
    now = wanted.starts_at or edge.clock.now()
    if _turn.locked():
        raise FailedPrecondition("SIMULATION_BUSY", "another simulation is under way; try again")
    async with _turn:
        return await asyncio.to_thread(_try_out, plan, told, wanted, now, calendar)


def _told(flow_code: str, wanted: Wanted) -> ScenarioFile | None:
    """The one scenario to play, with its world; None: as chance has it."""
    if not wanted.story:
        if wanted.scenario is None:
            return None
        return ScenarioFile(answers=wanted.answers, scenarios=(wanted.scenario,))
    stories = stories_of(flow_code)
    chosen = [each for each in stories.scenarios if each.name == wanted.story] if stories else []
    if stories is None or not chosen:
        known = "; ".join(names_of(flow_code)) or "none"
        raise InvalidArgument(
            "SIMULATION_STORY_UNKNOWN",
            f"{flow_code} has no story {wanted.story!r}; it has: {known}",
            field="story",
        )
    return stories.model_copy(update={"scenarios": (chosen[0],)})


def _try_out(
    plan: Plan,
    told: ScenarioFile | None,
    wanted: Wanted,
    now: datetime,
    calendar: BusinessCalendar | None,
) -> Tried:
    figures = _figures(plan, wanted, now, calendar) if wanted.runs else None
    if told is None:
        lived = simulate(
            plan, now, seed=wanted.seed or None, inputs=wanted.inputs, calendar=calendar
        )
        wrong = [lived.stopped] if lived.stopped else []
        return Tried(
            plan=plan, status=str(lived.status), wrong=wrong, account=list(lived.account),
            waiting_seconds={}, figures=figures,
        )  # fmt: skip
    (scenario,) = told.scenarios
    own = None if opening_of(scenario, told) else calendar
    try:
        case, wrong = live(plan, scenario, told, own)
    except LookupError as missing:
        raise InvalidArgument("SIMULATION_NO_ANSWER", str(missing), field="answers") from missing
    return Tried(
        plan=plan, status=str(case.state.status), wrong=wrong, account=account_of(case),
        waiting_seconds=charges_of(case), figures=figures,
    )  # fmt: skip


def _figures(
    plan: Plan, wanted: Wanted, now: datetime, calendar: BusinessCalendar | None
) -> Figures:
    changed = {"cases": wanted.runs} | ({"seed": wanted.seed} if wanted.seed else {})
    assumptions = (wanted.assumptions or Assumptions()).model_copy(update=changed)
    own = None if assumptions.calendar else calendar
    return figures_of(live_together(plan, assumptions, now, calendar=own, go_on=_within(_LONGEST)))


def _within(time: timedelta) -> Callable[[], bool]:
    until = monotonic() + time.total_seconds()
    return lambda: monotonic() < until
