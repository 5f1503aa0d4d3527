"""Which events go where: the whole routing, as a table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

#: Every service with domain events; each is read for events that wake cases.
SOURCES: Final = ("directory", "pricing", "workorder", "settlement", "notify")

#: Whose edits of calendars re-plan open cases.
CALENDARS: Final = "directory"
#: Whose switches and freezes are told of when they begin and end.
POLICIES: Final = "pricing"
#: Whose anomalies are told of when they are raised.
ANOMALIES: Final = "workorder"
#: Whose payout batches are carried out once they are approved.
PAYOUTS: Final = "settlement"


@dataclass(frozen=True, slots=True)
class Projection:
    """Events of one service of which another keeps a projection.

    Attributes:
        source: whose events.
        target: who applies them.
        event_types: the payloads' full names; others are not sent.
        part: of the target's projections, when it has several of one source. Each is told from the
            beginning, so that what was added later knows of what happened before.
    """

    source: str
    target: str
    event_types: frozenset[str]
    part: str = ""

    @property
    def consumer(self) -> str:
        """Under which name it is known how far it was told."""
        return f"{self.target}:{self.part}" if self.part else self.target


PROJECTIONS: Final = (
    # Whom a message reaches: people's names, leaders and WeCom members.
    Projection("directory", "notify", frozenset({"directory.v1.PersonPut"})),
    # Who is away, and sent nowhere.
    Projection(
        "directory",
        "workorder",
        frozenset({"directory.v1.AbsencePut", "directory.v1.AbsenceCancelled"}),
    ),
    # Which customers are the same, for lists by customer.
    Projection(
        "directory", "workorder", frozenset({"directory.v1.CustomerMergeChanged"}), "customers"
    ),
    # What freezes a region: the work orders that were cancelled, by address, and anomalies.
    Projection(
        "workorder",
        "pricing",
        frozenset({"workorder.v1.WorkOrderChanged", "workorder.v1.AnomalyChanged"}),
    ),
    # At which rates balances in other currencies are converted.
    Projection("pricing", "settlement", frozenset({"pricing.v1.ExchangeRatePut"})),
    # The timelines of customers: their work orders, cases and messages.
    Projection("workorder", "directory", frozenset({"workorder.v1.WorkOrderChanged"})),
    Projection("cases", "directory", frozenset({"cases.v1.CaseChanged"})),
    Projection("notify", "directory", frozenset({"notify.v1.DeliveryChanged"})),
)
