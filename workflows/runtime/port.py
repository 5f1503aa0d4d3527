"""The outside as the interpreter's drivers see it, and the driver on a virtual clock.

A driver carries commands out and feeds what comes of them back. Temporal's is
``workflows.runtime.workflow``; ``VirtualCase`` is the other one, for tests, dry runs and simulation.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol

from workflows.runtime.commands import CallRpc, StartFieldWork


@dataclass(frozen=True, slots=True)
class Reply:
    """How a call or a field work ends, and after how long. A reason makes it a failure."""

    response: dict[str, Any] = field(default_factory=dict)
    reason: str = ""
    message: str = ""
    after: timedelta = timedelta(0)


class Port(Protocol):
    """The world outside a case."""

    def call(self, call: CallRpc, at: datetime) -> Reply:
        """Answer one RPC."""
        ...

    def field_work(self, work: StartFieldWork, at: datetime) -> Reply:
        """Live a work order through."""
        ...
