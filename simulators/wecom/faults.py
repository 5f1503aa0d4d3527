"""Faults on order: the next calls of an API fail, hang, break, or lose their reply."""

import secrets
from dataclasses import dataclass, field

from pydantic import BaseModel, ConfigDict, Field


class Fault(BaseModel):
    """What to do to the next `times` calls of `api` (`*` for any)."""

    model_config = ConfigDict(extra="forbid")

    api: str = "*"
    errcode: int | None = None
    http: int | None = Field(default=None, ge=400, le=599)
    delay_ms: int = Field(default=0, ge=0)
    reset: bool = False  # drop the connection before anything is done
    reply_lost: bool = False  # do it, then drop the connection
    times: int = Field(default=1, ge=1)
    probability: float = Field(default=1.0, gt=0, le=1)


@dataclass
class FaultPlan:
    """The faults still to come."""

    pending: list[Fault] = field(default_factory=list)

    def take(self, api: str) -> Fault | None:
        """The fault that strikes this call, if any."""
        for fault in self.pending:
            if fault.api not in ("*", api) or not _strikes(fault.probability):
                continue
            fault.times -= 1
            if fault.times == 0:
                self.pending.remove(fault)
            return fault
        return None


def _strikes(probability: float) -> bool:
    return secrets.randbelow(1_000_000) < probability * 1_000_000
