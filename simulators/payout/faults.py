"""Faults on order: the next calls fail, hang, or lose their reply; notifications double or go missing."""

from dataclasses import dataclass, field
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

Api = Literal["*", "transfer", "query", "cancel", "notice"]


class Fault(BaseModel):
    """What to do to the next `times` calls of an API.

    Of "notice", `reply_lost` means that it is not sent, `copies` how often it is sent too often, and
    `delay_ms` how much later: behind those that come after it.
    """

    model_config = ConfigDict(extra="forbid")

    api: Api = "*"
    code: str = ""  # refuse with this code before anything is done
    delay_ms: int = Field(default=0, ge=0)
    reset: bool = False  # drop the connection before anything is done
    reply_lost: bool = False  # do it, then drop the connection
    unclear: bool = False  # do it, then answer SYSTEM_ERROR
    unsigned: bool = False  # do it, and sign the reply wrongly
    copies: int = Field(default=0, ge=0)
    times: int = Field(default=1, ge=1)


@dataclass
class FaultPlan:
    """The faults still to come."""

    pending: list[Fault] = field(default_factory=list)

    def take(self, api: Api) -> Fault:
        """The fault that strikes this call; one that does nothing when none does."""
        for fault in self.pending:
            if fault.api == api or (fault.api == "*" and api != "notice"):
                fault.times -= 1
                if fault.times == 0:
                    self.pending.remove(fault)
                return fault
        return Fault()
