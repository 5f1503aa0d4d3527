"""The world around a case, as a scenario says it: what it answers, and when it works."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime, timedelta
from typing import Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field

from kit.calendar import BusinessCalendar
from workflows.language.units import parse_duration
from workflows.runtime.commands import CallRpc, StartFieldWork, StartSubflow
from workflows.runtime.messages import SEND
from workflows.runtime.people import RESOLVE_ASSIGNEES
from workflows.runtime.port import Reply

#: The name under which a world answers for field work.
FIELD_WORK: Final = "field_work"


class Part(BaseModel):
    """A part of a scenario file."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Answer(Part):
    """What an RPC, ``field_work`` or another flow, named by its code, answers where the request holds
    what ``when`` says.

    Attributes:
        times: how often it answers so before the next answer that fits does; left out: always.
    """

    rpc: str
    when: dict[str, Any] = Field(default_factory=dict)
    reply: dict[str, Any] = Field(default_factory=dict)
    fails: str = ""
    """The reason of a refusal instead of a reply."""
    after: str = ""
    times: int | None = None


class Opening(Part):
    """A calendar that is open the same hours every day but some.

    Attributes:
        days_off: the weekdays on which it is closed, Monday is 1.
        closed_on: the days on which it is closed besides.
        open_on: the days off on which it is open all the same (调休).
        provisional_years: whose holidays are not announced.
    """

    every_day: Annotated[str, Field(pattern=r"^\d\d:\d\d-\d\d:\d\d$")]
    days_off: tuple[int, ...] = ()
    closed_on: tuple[str, ...] = ()
    open_on: tuple[str, ...] = ()
    provisional_years: tuple[int, ...] = ()

    def calendar(self) -> BusinessCalendar:
        """The calendar."""
        first, last = (int(text[:2]) * 60 + int(text[3:]) for text in self.every_day.split("-"))
        open_hours = ((first, last),)
        closed = {date.fromisoformat(day): () for day in self.closed_on}
        made_up = {date.fromisoformat(day): open_hours for day in self.open_on}
        return BusinessCalendar(
            code="scenario",
            version_hash="scenario",
            weekly=tuple(() if day in self.days_off else open_hours for day in range(1, 8)),
            days={**closed, **made_up},
            provisional_years=self.provisional_years,
        )


class World:
    """A port that answers from a list; the first answer that fits counts."""

    def __init__(self, answers: tuple[Answer, ...]) -> None:
        self._answers = answers
        self._given: Counter[int] = Counter()

    def call(self, call: CallRpc, at: datetime) -> Reply:
        """Answer one RPC."""
        return self.answer(call.rpc, call.request)

    def field_work(self, work: StartFieldWork, at: datetime) -> Reply:
        """Live a work order through."""
        return self.answer(FIELD_WORK, work.input)

    def child_case(self, child: StartSubflow, at: datetime) -> Reply:
        """Live another flow through."""
        return self.answer(child.flow, child.inputs)

    def answer(self, rpc: str, request: dict[str, Any]) -> Reply:
        """What an RPC, ``field_work`` or another flow answers; when nobody says otherwise a message
        is accepted, and people who are named are there.

        Raises:
            LookupError: it has no answer.
        """
        for number, answer in enumerate(self._answers):
            spent = answer.times is not None and self._given[number] >= answer.times
            if answer.rpc == rpc and answer.when.items() <= request.items() and not spent:
                self._given[number] += 1
                after = parse_duration(answer.after) if answer.after else timedelta(0)
                return Reply(answer.reply, answer.fails, f"{rpc} fails", after)
        if rpc == SEND:
            return Reply()
        if rpc == RESOLVE_ASSIGNEES and request.get("person_ids"):
            return Reply({"person_ids": request["person_ids"]})
        raise LookupError(f"the scenario's world has no answer for {rpc} {request}")
