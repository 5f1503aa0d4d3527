"""Refusals as the platform answers them: an HTTP status, a code, a message for people."""

from typing import Final

STATUS_OF: Final = {
    "PARAM_ERROR": 400,
    "INVALID_REQUEST": 400,
    "ALREADY_EXISTS": 400,
    "SIGN_ERROR": 401,
    "NO_AUTH": 403,
    "NOT_ENOUGH": 403,
    "NOT_FOUND": 404,
    "FREQUENCY_LIMITED": 429,
    "SYSTEM_ERROR": 500,
}


class Refused(Exception):
    """A call that is not carried out; of SYSTEM_ERROR nobody knows whether it was."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code

    @property
    def http(self) -> int:
        """The status that goes with the code."""
        return STATUS_OF[self.code]
