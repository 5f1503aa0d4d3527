"""What an expression works with while it runs: the data, the variables of loops, and a budget."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, TypeAlias

from kit.errors import ServiceError
from workflows.language.failure import EvaluationError, too_much
from workflows.language.values import Json

#: Steps that one evaluation may take: some tenths of a second at most.
_BUDGET: Final = 500_000
#: As many characters of a text are gone through in the time of one step.
_CHARACTERS: Final = 16

#: What an operation can raise; ``compile_code`` makes an ``EvaluationError`` of each.
FAILURES: Final = (EvaluationError, ServiceError, ArithmeticError)


class Frame:
    """One evaluation's data.

    Attributes:
        data: what the expression reads.
        locals: the values of the loops' variables, as JSON.
        left: what is left of the budget; below zero, nothing makes good for it any more.
    """

    __slots__ = ("data", "left", "locals")

    def __init__(self, data: Mapping[str, Json]) -> None:
        self.data = data
        self.locals: dict[str, Json] = {}
        self.left = _BUDGET

    def spend(self, steps: int) -> None:
        """Take steps from the budget.

        Raises:
            EvaluationError: ``EXPRESSION_TOO_MUCH`` when it is used up.
        """
        self.left -= steps
        if self.left < 0:
            raise too_much(f"it takes more than {_BUDGET} steps")


#: A part of an expression, ready to run.
Run: TypeAlias = Callable[[Frame], Any]


def steps(value: Any) -> int:
    """How many steps it takes to go through a value; its elements are not gone into."""
    if isinstance(value, str):
        return len(value) // _CHARACTERS
    return len(value) if isinstance(value, list | dict) else 0


def deep_steps(value: Json) -> int:
    """How many steps it takes to go through a value with all its parts."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        return 1 + sum(map(deep_steps, value))
    return 1 + steps(value)
