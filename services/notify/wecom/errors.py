"""What WeCom's error codes ask of us."""

from datetime import timedelta
from enum import Enum
from typing import Final


class CodeClass(Enum):
    """How to take a refusal."""

    TRANSIENT = "busy: try again soon"
    TOKEN = "the access token is no longer good: refresh it once"
    FREQUENCY = "too many calls: be silent for a while"
    CONFIG = "an operator must change something: be silent and say so"
    FINAL = "this message will never be taken"


_BY_CODE: Final = {
    **dict.fromkeys((-1, 6000, 45033), CodeClass.TRANSIENT),
    **dict.fromkeys((40014, 41001, 42001), CodeClass.TOKEN),
    45009: CodeClass.FREQUENCY,
    **dict.fromkeys(
        (
            *(40001, 40013, 40056, 301002, 48001, 48002, 48006, 50001, 50002, 50003),
            *(60011, 60020, 60021, 43012, 80001, 85005, 93000, 93004, 95011, 95012, 95017),
        ),
        CodeClass.CONFIG,
    ),
}

#: How long the channel rests after such a refusal. Wrong secrets ban an address for an hour.
PAUSES: Final = {
    CodeClass.FREQUENCY: timedelta(seconds=60),
    CodeClass.CONFIG: timedelta(seconds=60),
}


def class_of(errcode: int) -> CodeClass:
    """How to take an error code; one that is not known is final."""
    return _BY_CODE.get(errcode, CodeClass.FINAL)


class WecomRefusal(Exception):
    """WeCom answered with an error code."""

    def __init__(self, errcode: int, errmsg: str) -> None:
        super().__init__(errmsg)
        self.errcode = errcode

    @property
    def code_class(self) -> CodeClass:
        """How to take it."""
        return class_of(self.errcode)


class WecomUnreachable(Exception):
    """WeCom never got the call; ``pause`` is how long not to try again."""

    def __init__(self, message: str, pause: timedelta = timedelta()) -> None:
        super().__init__(message)
        self.pause = pause


class WecomUnclear(Exception):
    """WeCom may have got the call; its answer did not come."""
