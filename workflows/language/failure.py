"""Why an expression has no value for some data."""

from __future__ import annotations


class EvaluationError(Exception):
    """An expression has no value for this data.

    Attributes:
        reason: one of
            ``EXPRESSION_DIVISION_BY_ZERO``
            ``EXPRESSION_CURRENCY_MISMATCH``: amounts of two currencies are put together.
            ``EXPRESSION_OUT_OF_RANGE``: a number, an instant or an element that there is not.
            ``EXPRESSION_TEXT_UNREADABLE``: a text is not written as the value that it is read as.
            ``EXPRESSION_TOO_MUCH``: it would take too long.
    """

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message


def out_of_range(message: str) -> EvaluationError:
    """The error for what is beyond what values can be."""
    return EvaluationError("EXPRESSION_OUT_OF_RANGE", message)


def too_much(message: str) -> EvaluationError:
    """The error for what would take too long."""
    return EvaluationError("EXPRESSION_TOO_MUCH", message)
