"""How the demonstration plays people: each acts through the public API in their own name."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

from rich.console import RenderableType
from rich.rule import Rule

from cli.api import Api, Refused, part
from cli.links import Links
from cli.output import screen, text
from protos.directory.v1 import directory_pb2
from services.gateway.words import word

T = TypeVar("T")

_DEADLINE_SECONDS: Final = 30.0
_LOOK_EVERY_SECONDS: Final = 0.15
_NOT_YET: Final = ("WORK_ORDER_NOTHING_TO_DO", "CASE_VERB_ILLEGAL", "CASE_TASK_CLOSED")


@dataclass(frozen=True, slots=True)
class Player:
    """One person, and the API in their name."""

    person_id: str
    api: Api

    def task(self, case_id: str, node: str) -> dict[str, Any]:
        """This person's open user task at a node, as soon as it is there."""

        def look() -> dict[str, Any] | None:
            query = {"case_id": case_id, "person_id": self.person_id}
            tasks = self.api.plain("GET", "/user-tasks", **query)["user_tasks"]
            return next((task for task in tasks if task["node"] == node), None)

        return until(look, f"{node} of {case_id} to come to {self.person_id}")

    def act(
        self, case_id: str, node: str, verb: str, form: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        """Act on the user task at a node, and give the task as it was."""
        task = self.task(case_id, node)
        body = {
            "user_task_id": task["user_task_id"],
            "verb": verb,
            "revision": task["revision"],
            "form": form or {},
        }
        self.api.change("POST", f"/cases/{part(case_id)}/acts", body)
        return task

    def act_in_the_field(
        self, work_order_id: str, verb: str, form: dict[str, Any] | None = None
    ) -> None:
        """Act on a work order, as soon as it is this person's turn."""
        path = f"/work-orders/{part(work_order_id)}/{verb}"

        def attempt() -> bool | None:
            try:
                self.api.change("POST", path, {"form": form or {}})
            except Refused as refused:
                # The inbox follows the field work: it may not show this turn yet.
                if refused.reason in _NOT_YET:
                    return None
                raise
            return True

        until(attempt, f"{self.person_id} to {verb} {work_order_id}")


@dataclass
class Stage:
    """Where it is played: the narrator's language, the people's names, the windows beside it."""

    language: str
    api: Api
    links: Links
    names: dict[str, str]
    step: int = 0
    began: float = field(default_factory=time.monotonic)

    @classmethod
    def open(cls, api: Api, language: str, customer_id: str) -> Stage:
        """Learn who is who."""
        everybody = api.get("/people", directory_pb2.ListPeopleResponse, page_size=200).message
        names = {
            person.person_id: f"{person.display_name} ({word(person.roles[0], language)})"
            for person in everybody.people
            if person.roles
        }
        customer = api.get(f"/customers/{part(customer_id)}", directory_pb2.Customer).message
        names[customer_id] = f"{customer.name_masked} ({word('customer', language)})"
        return cls(language, api, Links.ask(api), names)

    def player(self, person_id: str) -> Player:
        """Somebody who acts."""
        return Player(person_id, self.api.as_(person_id))

    def head(self, chinese: str, english: str) -> None:
        """Begin a part."""
        screen().print(Rule(f"[bold]{self._told(chinese, english)}", align="left", style="dim"))

    def say(self, who: str, chinese: str, english: str) -> None:
        """Narrate one step of somebody's."""
        self.step += 1
        name = text(self.names.get(who, who))
        told = text(self._told(chinese, english))
        screen().print(f"[bold cyan]{self.step:>2}[/] [bold]{name}[/] {told}", soft_wrap=True)

    def note(self, chinese: str, english: str) -> None:
        """Add a line beneath a step."""
        screen().print(f"   [dim]{text(self._told(chinese, english))}[/]", soft_wrap=True)

    def show(self, *shown: RenderableType) -> None:
        """Show what the person sees."""
        for piece in shown:
            screen().print(piece)

    def seconds(self) -> float:
        """How long it has been played."""
        return time.monotonic() - self.began

    def _told(self, chinese: str, english: str) -> str:
        return english if self.language == "en" else chinese


def until(look: Callable[[], T | None], what: str) -> T:
    """Look again and again until there is something to see.

    Raises:
        Refused: ``DEMO_TOO_SLOW`` when the deadline has passed.
    """
    deadline = time.monotonic() + _DEADLINE_SECONDS
    while (found := look()) is None:
        if time.monotonic() > deadline:
            raise Refused(
                f"waited {_DEADLINE_SECONDS:.0f} s for {what}; `gongdan doctor` says what is wrong",
                "DEMO_TOO_SLOW",
            )
        time.sleep(_LOOK_EVERY_SECONDS)
    return found
