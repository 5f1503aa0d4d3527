"""Stockrooms: central, an outlet's, a technician's vehicle, one for old parts; and who holds which."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from kit.authn import Actor
from kit.errors import FailedPrecondition, InvalidArgument, NotFound, PermissionDenied
from kit.money import Money
from services.workorder.domain import access

#: Who keeps every stockroom of their regions.
KEEPERS: Final = ("admin", "warehouse")
#: Who is told what parts have cost.
COSTS: Final = ("admin", "finance", "hq", "outlet_manager", "supervisor", "warehouse")
#: Who may ask for parts; technicians for their own vehicle, outlets for their own stockrooms.
REQUESTERS: Final = (
    "admin", "customer_service", "dispatcher", "outlet_manager", "supervisor",
    "technical_director", "technician", "warehouse",
)  # fmt: skip
#: Who approves what others ask for; an outlet's manager for the outlet.
APPROVERS: Final = ("admin", "outlet_manager", "supervisor", "warehouse")
_OWN_ONLY: Final = ("outlet_manager", "technician")
_ASKING_FOR_ANYBODY: Final = tuple(role for role in REQUESTERS if role not in _OWN_ONLY)
_APPROVING_FOR_ANYBODY: Final = tuple(role for role in APPROVERS if role not in _OWN_ONLY)
_WIDE: Final = tuple(role for role in access.OFFICE if role != "outlet_manager")
_LONGEST_NAME: Final = 64


class StockroomKind(StrEnum):
    """What a stockroom is for."""

    CENTRAL = "central"  # 总仓
    OUTLET = "outlet"  # 网点仓
    VEHICLE = "vehicle"  # 车载仓
    RETURNS = "returns"  # 旧件仓
    TRANSIT = "transit"  # 在途


#: From which parts are issued.
ISSUING: Final = (StockroomKind.CENTRAL, StockroomKind.OUTLET, StockroomKind.VEHICLE)


@dataclass(frozen=True, slots=True)
class Stockroom:
    """A stockroom as decisions need it.

    Attributes:
        technician_id: of a vehicle, whose.
        four_eyes_above_minor: count differences that come to more need a second person.
    """

    stockroom_id: str
    kind: StockroomKind
    currency: str
    outlet_id: str = ""
    technician_id: str = ""
    place_codes: tuple[str, ...] = ()
    active: bool = True
    four_eyes_above_minor: int = 0

    @property
    def transit_id(self) -> str:
        """The id of the transit that leads here."""
        return f"{self.stockroom_id}:transit"


@dataclass(frozen=True, slots=True)
class StockScope:
    """The stockrooms that an actor may know of; empty limits nothing.

    Attributes:
        region_codes: only what lies in one of these regions.
        outlet_id: only this outlet's, its vehicles included.
        technician_id: only this technician's vehicle, and what is their outlet's own.
    """

    region_codes: tuple[str, ...] = ()
    outlet_id: str = ""
    technician_id: str = ""

    def covers(self, room: Stockroom) -> bool:
        """Whether a stockroom lies within."""
        if self.technician_id:
            return self.technician_id == room.technician_id or (
                room.kind is StockroomKind.OUTLET
                and bool(self.outlet_id)
                and self.outlet_id == room.outlet_id
            )
        if self.outlet_id:
            return self.outlet_id == room.outlet_id
        return not self.region_codes or not set(self.region_codes).isdisjoint(room.place_codes)


def scope_of(actor: Actor) -> StockScope:
    """What the actor may know of: the office its regions, an outlet and a technician their own.

    Raises:
        PermissionDenied: ``ROLE_REQUIRED``; customers know of no stock.
    """
    if actor.has_role(*_WIDE):
        return StockScope(region_codes=actor.region_adcodes)
    if actor.has_role("outlet_manager"):
        return StockScope(outlet_id=actor.outlet_id or "-")
    actor.require_role(*access.OFFICE, "technician")
    return StockScope(outlet_id=actor.outlet_id, technician_id=actor.person_id)


def holds(actor: Actor, room: Stockroom) -> bool:
    """Whether the stockroom is in the actor's hands: a keeper's, their outlet's, their vehicle."""
    if actor.is_system:
        return True
    if actor.has_role(*KEEPERS):
        return StockScope(region_codes=actor.region_adcodes).covers(room)
    if actor.has_role("outlet_manager") and actor.outlet_id:
        return actor.outlet_id == room.outlet_id
    return actor.has_role("technician") and actor.person_id == room.technician_id


def require_holder(actor: Actor, room: Stockroom, field: str = "stockroom_id") -> None:
    """Only who holds a stockroom moves what is in it.

    Raises:
        PermissionDenied: ``STOCKROOM_NOT_YOURS``.
    """
    if not holds(actor, room):
        raise PermissionDenied(
            "STOCKROOM_NOT_YOURS",
            f"{room.stockroom_id} is in other hands; ask the warehouse, or whose it is",
            field=field,
        )


def require_may_ask(actor: Actor, room: Stockroom) -> None:
    """The office asks for anybody; technicians and outlets for what is in their own hands.

    Raises:
        PermissionDenied: ``ROLE_REQUIRED`` or ``STOCKROOM_NOT_YOURS``.
    """
    actor.require_role(*REQUESTERS)
    if not actor.has_role(*_ASKING_FOR_ANYBODY):
        require_holder(actor, room, "to_stockroom_id")


def require_approver(actor: Actor, room: Stockroom) -> None:
    """Who approves what goes to a stockroom; an outlet's manager what goes to the outlet.

    Raises:
        PermissionDenied: ``ROLE_REQUIRED`` or ``STOCKROOM_NOT_YOURS``.
    """
    actor.require_role(*APPROVERS)
    if not actor.has_role(*_APPROVING_FOR_ANYBODY):
        require_holder(actor, room, "part_request_id")


def sees_costs(actor: Actor) -> bool:
    """Whether the actor may see what parts have cost."""
    return actor.has_role(*COSTS)


def unknown(stockroom_id: str, field: str = "stockroom_id") -> NotFound:
    """The refusal for a stockroom that is not there, or that the actor may not know of."""
    return NotFound("STOCKROOM_UNKNOWN", f"there is no stockroom {stockroom_id!r}", field=field)


def require_issuing(room: Stockroom, field: str = "stockroom_id") -> None:
    """Parts are issued from, and sent to, an active stockroom for good parts.

    Raises:
        FailedPrecondition: ``STOCKROOM_UNFIT``.
    """
    if not room.active or room.kind not in ISSUING:
        raise FailedPrecondition(
            "STOCKROOM_UNFIT",
            f"{room.stockroom_id} is {'' if room.active else 'not active and '}a stockroom of kind"
            f" {room.kind}; choose an active one of {', '.join(ISSUING)}",
            field=field,
        )


def require_returns(room: Stockroom) -> None:
    """Old parts go to a stockroom for old parts (``STOCKROOM_UNFIT``)."""
    if not room.active or room.kind is not StockroomKind.RETURNS:
        raise FailedPrecondition(
            "STOCKROOM_UNFIT",
            f"{room.stockroom_id} is no active stockroom for old parts",
            field="stockroom_id",
        )


def require_same_currency(one: Stockroom, other: Stockroom, field: str) -> None:
    """What moves keeps its value, so both stockrooms reckon in one currency.

    Raises:
        FailedPrecondition: ``STOCK_CURRENCY_MISMATCH``.
    """
    if one.currency != other.currency:
        raise FailedPrecondition(
            "STOCK_CURRENCY_MISMATCH",
            f"{one.stockroom_id} reckons in {one.currency}, {other.stockroom_id} in"
            f" {other.currency}; scrap there and receive here, with the value at the day's rate",
            field=field,
        )


def require_putable(room: Stockroom, name: str, before: Stockroom | None) -> None:
    """A stockroom has a name, a currency, whose it is, and keeps its kind and currency for ever.

    Raises:
        InvalidArgument: ``STOCKROOM_INVALID`` or ``MONEY_CURRENCY_UNKNOWN``.
        FailedPrecondition: ``STOCKROOM_KIND_FIXED``.
    """
    Money(room.currency, room.four_eyes_above_minor)
    for field, wrong, says in _faults(room, name):
        if wrong:
            raise InvalidArgument("STOCKROOM_INVALID", says, field=f"stockroom.{field}")
    if before and (before.kind, before.currency) != (room.kind, room.currency):
        raise FailedPrecondition(
            "STOCKROOM_KIND_FIXED",
            f"{room.stockroom_id} is {before.kind} in {before.currency} for ever; put another one",
            field="stockroom.kind",
        )


def _faults(room: Stockroom, name: str) -> tuple[tuple[str, bool, str], ...]:
    of_vehicle = room.kind is StockroomKind.VEHICLE
    return (
        ("name", not 0 < len(name) <= _LONGEST_NAME, f"name has 1 to {_LONGEST_NAME} characters"),
        (
            "stockroom_id",
            not 0 < len(room.stockroom_id) <= _LONGEST_NAME or ":" in room.stockroom_id,
            f"stockroom_id has 1 to {_LONGEST_NAME} characters and no colon",
        ),
        ("kind", room.kind is StockroomKind.TRANSIT, "a transit is made with its stockroom"),
        (
            "technician_id",
            bool(room.technician_id) is not of_vehicle,
            "a vehicle, and nothing else, is a technician's",
        ),
        (
            "outlet_id",
            room.kind is StockroomKind.OUTLET and not room.outlet_id,
            "an outlet's stockroom names the outlet",
        ),
        ("four_eyes_above_minor", room.four_eyes_above_minor < 0, "an amount of 0 or more"),
    )


def require_different(one: Stockroom, other: Stockroom, field: str) -> None:
    """Parts move to another stockroom, which reckons in the same currency.

    Raises:
        FailedPrecondition: ``STOCKROOM_UNFIT`` or ``STOCK_CURRENCY_MISMATCH``.
    """
    if one.stockroom_id == other.stockroom_id:
        raise FailedPrecondition(
            "STOCKROOM_UNFIT", f"the parts are in {one.stockroom_id} already", field=field
        )
    require_same_currency(one, other, field)
