"""Who may do what with work orders, and what of them who may see."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from kit.authn import Actor
from kit.errors import PermissionDenied

#: Office roles: they see the work orders of their regions.
OFFICE: Final = (
    "admin", "customer_service", "designer", "dispatcher", "finance", "hq", "ops",
    "outlet_manager", "sales", "shop_manager", "supervisor", "technical_director", "warehouse",
)  # fmt: skip
#: Who takes work in, at any stage.
INTAKE: Final = (
    "admin", "customer_service", "dispatcher", "outlet_manager", "sales", "shop_manager",
    "supervisor",
)  # fmt: skip
#: Who decides which technician goes.
DISPATCH: Final = ("admin", "dispatcher", "outlet_manager", "supervisor")
#: Who says what weighs when technicians are matched with work.
POLICY_KEEPERS: Final = ("admin", "hq", "supervisor")
#: Who sees how work and earnings are shared among all.
FAIRNESS_READERS: Final = ("admin", "dispatcher", "finance", "hq", "outlet_manager", "supervisor")
#: Who keeps the technicians' skills and capacity.
STAFFING: Final = ("admin", "dispatcher", "hq", "outlet_manager")
#: Who agrees visits with customers and may call a work order off.
PLANNING: Final = ("admin", "customer_service", "dispatcher", "outlet_manager", "supervisor")
#: The customer's side: they know the completion code and say that the work was accepted.
CUSTOMER_SIDE: Final = ("admin", "customer", "customer_service")
#: Who keeps templates and intake rules.
DESK_KEEPERS: Final = ("admin", "hq", "supervisor")
#: Who issues a new completion code.
CODE_KEEPERS: Final = ("admin", "customer_service")


@dataclass(frozen=True, slots=True)
class Scope:
    """The work orders that an actor may know of; empty limits nothing.

    Attributes:
        technician_id: only what is offered to or held by this technician.
        customer_id: only this customer's.
        region_codes: only what lies in one of these regions.
    """

    technician_id: str = ""
    customer_id: str = ""
    region_codes: tuple[str, ...] = ()

    def covers(self, technician_id: str, customer_id: str, place_codes: Collection[str]) -> bool:
        """Whether a work order with this technician, customer and place lies within."""
        if self.technician_id and self.technician_id != technician_id:
            return False
        if self.customer_id and self.customer_id != customer_id:
            return False
        return not self.region_codes or not set(self.region_codes).isdisjoint(place_codes)


def scope_of(actor: Actor) -> Scope:
    """What the actor may know of: the office its regions, a technician or customer their own.

    Raises:
        PermissionDenied: ``ROLE_REQUIRED``.
    """
    if actor.has_role(*OFFICE):
        return Scope(region_codes=actor.region_adcodes)
    if actor.has_role("technician"):
        return Scope(technician_id=actor.person_id)
    actor.require_role(*OFFICE, "technician", "customer")
    return Scope(customer_id=actor.person_id)


def require_technician(actor: Actor, technician_id: str, *others: str) -> None:
    """Technicians act for themselves; beside them, only who holds one of the other roles.

    Raises:
        PermissionDenied: ``WORK_ORDER_NOT_YOURS`` or ``ROLE_REQUIRED``.
    """
    if actor.has_role("admin", *others):
        return
    actor.require_role("technician", "admin", *others)
    if actor.person_id != technician_id:
        raise PermissionDenied(
            "WORK_ORDER_NOT_YOURS",
            "technicians act for themselves only, and on what is theirs",
            field="technician_id",
        )


def sees_completion_code(actor: Actor, technician_id: str) -> bool:
    """Whether the actor is on the customer's side, and not the technician whom the code checks."""
    return actor.has_role(*CUSTOMER_SIDE) and actor.person_id != technician_id


def sees_earning(actor: Actor) -> bool:
    """Whether the actor may see what the technician earns; customers never do."""
    return actor.has_role(*OFFICE, "technician")
