"""Who sees which payouts: their payee, the outlet's manager the outlet's, those who pay all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from kit.authn import Actor

#: Who sees every payout, and batches.
SEE_ALL: Final = ("finance", "hq", "admin")


@dataclass(frozen=True, slots=True)
class Sight:
    """A person's sight: everything, or what goes to these payees."""

    sees_all: bool
    own: tuple[tuple[str, str], ...]

    def covers(self, party_kind: str, payee_id: str) -> bool:
        """Whether a payout to this payee is in sight."""
        return self.sees_all or (party_kind, payee_id) in self.own


def sight_of(actor: Actor) -> Sight:
    """What the actor may see.

    Raises:
        PermissionDenied: ``ROLE_REQUIRED`` when that is nothing.
    """
    actor.require_role("technician", "outlet_manager", *SEE_ALL)
    own = []
    if actor.has_role("technician"):
        own.append(("technician", actor.person_id))
    if actor.has_role("outlet_manager") and actor.outlet_id:
        own.append(("outlet", actor.outlet_id))
    return Sight(actor.has_role(*SEE_ALL), tuple(own))
