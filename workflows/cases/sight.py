"""Who may see what of a case. Pure.

A case's data holds what its nodes computed, the company's inner money among it: that is for those
who answer for money. Technicians and customers see their own tasks, not the case's data.
"""

from __future__ import annotations

from typing import Any, Final

from kit.authn import Actor

#: Roles that may look at any case.
OFFICE_ROLES: Final = (
    "admin",
    "agent",
    "customer_service",
    "designer",
    "dispatcher",
    "finance",
    "hq",
    "marketing",
    "ops",
    "outlet_manager",
    "pricing_manager",
    "sales",
    "shop_manager",
    "supervisor",
    "technical_director",
    "warehouse",
)
#: Roles that may look at anybody's inbox.
INBOX_ROLES: Final = ("admin", "customer_service", "dispatcher", "hq", "ops", "supervisor")
#: Roles that may see settlement prices and what others earn.
MONEY_ROLES: Final = ("admin", "finance", "hq", "ops", "pricing_manager")

_INNER_MONEY: Final = frozenset(
    {
        "earning_total",
        "settlement_amount",
        "settlement_price",
        "settlement_steps",
        "settlement_total",
        "shares",
    }
)


def visible_data(data: dict[str, Any], actor: Actor) -> dict[str, Any]:
    """A case's data as this person may see it."""
    if not actor.has_role(*OFFICE_ROLES):
        return {}
    if actor.has_role(*MONEY_ROLES):
        return data
    masked: dict[str, Any] = _without_inner_money(data)
    return masked


def _without_inner_money(plain: Any) -> Any:
    match plain:
        case dict():
            return {
                key: _without_inner_money(value)
                for key, value in plain.items()
                if key not in _INNER_MONEY
            }
        case list():
            return [_without_inner_money(value) for value in plain]
        case _:
            return plain
