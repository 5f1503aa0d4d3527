"""Who sees what tax leaves somebody: the payee themselves and finance, nobody else.

A supervisor or an outlet's manager sees what was earned, never the net of it: what else somebody
was paid this year follows from it.
"""

from __future__ import annotations

from typing import Final

from kit.authn import Actor
from kit.errors import PermissionDenied

_SEES_ALL: Final = ("finance",)


def sees_all_tax(actor: Actor) -> bool:
    """Whether the actor sees everybody's."""
    return actor.has_role(*_SEES_ALL)


def sees_tax(actor: Actor, payee_id: str) -> bool:
    """Whether the actor sees this payee's: their own as a technician, an outlet's as its manager."""
    own = actor.has_role("technician") and actor.person_id == payee_id
    outlets = actor.has_role("outlet_manager") and actor.outlet_id == payee_id
    return sees_all_tax(actor) or (bool(payee_id) and (own or outlets))


def check_sees_tax(actor: Actor, payee_id: str) -> None:
    """Raise ``PermissionDenied`` (``SETTLEMENT_TAX_PRIVATE``) unless the actor sees this payee's."""
    if not sees_tax(actor, payee_id):
        raise PermissionDenied(
            "SETTLEMENT_TAX_PRIVATE", "only finance and the payee themselves see this"
        )
