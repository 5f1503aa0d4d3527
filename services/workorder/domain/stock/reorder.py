"""Reorder points: when there is too little, and how much to order."""

from __future__ import annotations

from services.workorder.domain.stock.stock_intake import invalid


def require_point(reorder_at: int, order_up_to: int) -> None:
    """A point orders something: up to more than it orders at (``STOCK_INVALID``)."""
    if not 0 <= reorder_at < order_up_to:
        raise invalid(
            "reorder_at is 0 or more, and order_up_to is above it", "reorder_point.order_up_to"
        )


def suggested_quantity(free: int, on_the_way: int, reorder_at: int, order_up_to: int) -> int:
    """How much to order: nothing while what is free and on the way is above the point."""
    position = free + on_the_way
    return order_up_to - position if position <= reorder_at else 0
