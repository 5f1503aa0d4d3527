"""Who sees how much of an earning.

A technician sees their own: each line, what it is computed from, the total and where the money
stands, and not what the others get. An outlet's manager sees the outlet's and its technicians'
part of it. Finance, headquarters, supervisors and administrators see all; nobody else any.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from kit.authn import Actor
from kit.errors import NotFound
from services.settlement.domain.splits.split import PartyKind

#: Who sees every earning whole.
SEE_ALL: Final = ("finance", "hq", "supervisor", "admin")


@dataclass(frozen=True, slots=True)
class Viewer:
    """A person's sight: everything, or one technician's and one outlet's earnings."""

    sees_all: bool
    technician_id: str
    outlet_id: str

    def may_see(self, technician_id: str, outlet_id: str) -> bool:
        """Whether an earning of this technician and outlet is in sight."""
        return self.sees_all or bool(self.visible_parties(technician_id, outlet_id))

    def visible_parties(self, technician_id: str, outlet_id: str) -> frozenset[PartyKind]:
        """Whose shares of such an earning are in sight."""
        if self.sees_all:
            return frozenset(PartyKind)
        if self.outlet_id and self.outlet_id == outlet_id:
            return frozenset({PartyKind.TECHNICIAN, PartyKind.OUTLET})
        if self.technician_id and self.technician_id == technician_id:
            return frozenset({PartyKind.TECHNICIAN})
        return frozenset()

    def may_see_share(
        self, party_kind: str, party_id: str, technician_id: str, outlet_id: str
    ) -> bool:
        """Whether one party's share of such an earning is in sight: of outlets only the own one's."""
        if party_kind not in self.visible_parties(technician_id, outlet_id):
            return False
        return self.sees_all or party_kind != PartyKind.OUTLET or party_id == self.outlet_id


#: What may travel to whoever follows an earning: no more than its technician sees.
def own_technician(technician_id: str) -> Viewer:
    """The sight of the technician themselves."""
    return Viewer(sees_all=False, technician_id=technician_id, outlet_id="")


def viewer_of(actor: Actor) -> Viewer:
    """What the actor may see.

    Raises:
        PermissionDenied: ``ROLE_REQUIRED`` when that is nothing, as for customers.
    """
    actor.require_role("technician", "outlet_manager", *SEE_ALL)
    return Viewer(
        sees_all=actor.has_role(*SEE_ALL),
        technician_id=actor.person_id if actor.has_role("technician") else "",
        outlet_id=actor.outlet_id if actor.has_role("outlet_manager") else "",
    )


def earning_missing(earning_id: str) -> NotFound:
    """The answer for an earning that is not there, or not for this actor to know of."""
    return NotFound(
        "SETTLEMENT_EARNING_NOT_FOUND", f"there is no earning {earning_id!r}", field="earning_id"
    )
