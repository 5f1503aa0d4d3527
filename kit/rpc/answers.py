"""Answers that are kept with their idempotency key, and show what must not be kept."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, TypeVar

from google.protobuf.message import Message

M = TypeVar("M", bound=Message)


class PersonalAnswers(ABC):
    """A servicer whose answers show something of people that is to be forgotten when they ask for it.

    What is kept with a key is the answer without it; whoever calls again with the key is shown what
    is known by then.
    """

    @abstractmethod
    def without_personal(self, answer: M) -> M:
        """The answer as it may be kept; the one given is left as it is."""

    @abstractmethod
    async def show_personal(self, answer: Message) -> None:
        """Put into a kept answer what may still be shown."""


def personal_answers_of(handler: Any) -> PersonalAnswers | None:
    """The servicer of a method, if its answers show something of people."""
    servicer = getattr(handler, "__self__", None)
    return servicer if isinstance(servicer, PersonalAnswers) else None
