"""The ledger of parts: levels, what a quantity costs, and movements that keep both sums whole.

Stock is valued at the moving average of each stockroom and item: a level knows how many there are and
what they have cost together. What is taken out costs its share of that, rounded half up, and the last
one takes what is left, so that no fen is lost or made. What travels keeps its cost.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TypeAlias

from kit.errors import FailedPrecondition
from kit.money import round_quotient

#: A stockroom and an item.
Key: TypeAlias = tuple[str, str]


class MovementKind(StrEnum):
    """Why parts moved."""

    RECEIPT = "receipt"  # 入库
    TRANSFER = "transfer"  # 调拨
    LOSS = "loss"  # 在途损失
    USE = "use"  # 领用
    USE_REVERSAL = "use_reversal"  # 领用冲回
    CORE_RETURN = "core_return"  # 旧件入库
    COUNT = "count"  # 盘点
    SCRAP = "scrap"  # 报废


@dataclass(frozen=True, slots=True)
class Line:
    """So many of an item, with their serial numbers when it is followed by them."""

    item_code: str
    quantity: int
    serial_numbers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Level:
    """How much of an item is in a stockroom.

    Attributes:
        reserved: of what is on hand, held for somebody.
        value_minor: what all that is on hand has cost.
    """

    on_hand: int = 0
    reserved: int = 0
    value_minor: int = 0

    @property
    def free(self) -> int:
        """What nobody has reserved."""
        return self.on_hand - self.reserved

    def cost_of(self, quantity: int) -> int:
        """What so many of them have cost on average, in minor units, rounded half up."""
        return round_quotient(self.value_minor * quantity, self.on_hand) if self.on_hand else 0


@dataclass(frozen=True, slots=True)
class Movement:
    """One line of the ledger in the making; an empty end is outside."""

    kind: MovementKind
    line: Line
    cost_minor: int
    from_id: str = ""
    to_id: str = ""


class Shelves:
    """Levels that are held still, and what is made of them, one movement after the other."""

    def __init__(self, levels: Mapping[Key, Level], before: Mapping[Key, Level]) -> None:
        self._levels = dict(levels)
        self._before = before
        self.movements: list[Movement] = []

    def level(self, stockroom_id: str, item_code: str) -> Level:
        """How much there is now."""
        return self._levels.get((stockroom_id, item_code), Level())

    def changed(self) -> dict[Key, Level]:
        """The levels that are not what they were."""
        return {
            key: level
            for key, level in sorted(self._levels.items())
            if level != self._before.get(key, Level())
        }

    def require_free(self, wanted: Mapping[Key, int], field: str) -> None:
        """So many are free of each; all that is short is told at once.

        Raises:
            FailedPrecondition: ``STOCK_SHORT``; ``details`` has by item what is free of what is
                wanted.
        """
        short = {
            key: f"{self._levels.get(key, Level()).free}/{quantity}"
            for key, quantity in wanted.items()
            if quantity > self._levels.get(key, Level()).free
        }
        if short:
            said = ", ".join(f"{item} in {room}: {of}" for (room, item), of in short.items())
            raise FailedPrecondition(
                "STOCK_SHORT",
                f"fewer are free than wanted (free/wanted) {said}; wait for stock, ask for less, or"
                " take it from elsewhere",
                field=field,
                details={item: of for (_, item), of in short.items()},
            )

    def reserve(self, stockroom_id: str, item_code: str, quantity: int) -> None:
        """Hold so many that are free; a negative quantity gives them back."""
        level = self.level(stockroom_id, item_code)
        self._put((stockroom_id, item_code), replace(level, reserved=level.reserved + quantity))

    def move(
        self,
        kind: MovementKind,
        line: Line,
        *,
        from_id: str = "",
        to_id: str = "",
        cost_minor: int | None = None,
    ) -> Movement:
        """Move what is free, at the average cost of where it is unless it has a cost of its own.

        Raises:
            FailedPrecondition: ``STOCK_SHORT``.
        """
        source = self.level(from_id, line.item_code) if from_id else Level()
        cost = source.cost_of(line.quantity) if cost_minor is None else cost_minor
        if from_id:
            self.require_free({(from_id, line.item_code): line.quantity}, "stock_lines")
            self._add((from_id, line.item_code), -line.quantity, -cost)
        if to_id:
            self._add((to_id, line.item_code), line.quantity, cost)
        movement = Movement(kind, line, cost, from_id, to_id)
        self.movements.append(movement)
        return movement

    def _add(self, key: Key, quantity: int, cost_minor: int) -> None:
        level = self._levels.get(key, Level())
        self._put(
            key,
            replace(
                level,
                on_hand=level.on_hand + quantity,
                value_minor=level.value_minor + cost_minor,
            ),
        )

    def _put(self, key: Key, level: Level) -> None:
        self._levels[key] = level


def cost_that_arrived(cost_minor: int, dispatched: int, received: int) -> int:
    """The part of a consignment's cost that goes with what arrived; the rest went missing."""
    return round_quotient(cost_minor * received, dispatched)
