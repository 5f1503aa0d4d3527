"""Items among each other: whose parent, whose variant."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping

from kit.errors import InvalidArgument
from services.pricing.domain.items import Item, in_chinese


class Surroundings:
    """Items as they would be, with all that they refer to.

    Args:
        items: by their codes: those that change, the parents and base items that they name, all that
            stand above these, and every variant of those that change and of the base items.
    """

    def __init__(self, items: Mapping[str, Item]) -> None:
        self._items = items
        self._variants: dict[str, list[Item]] = defaultdict(list)
        for item in items.values():
            if item.variant_of_item_code:
                self._variants[item.variant_of_item_code].append(item)

    def problems_of(self, item: Item) -> Iterator[InvalidArgument]:
        """What is wrong with an item among the others."""
        if item.parent_item_code:
            yield from self._reference_problems(item, "parent_item_code", item.parent_item_code)
            if self._is_below_itself(item):
                yield InvalidArgument(
                    "PRICING_ITEM_LOOP",
                    f"{item.item_code!r} cannot stand below itself; choose another parent",
                    field="parent_item_code",
                    details=in_chinese(f"{item.item_code!r} 不能是自己的下级，请换一个上级。"),
                )
        if item.variant_of_item_code:
            yield from self._reference_problems(
                item, "variant_of_item_code", item.variant_of_item_code
            )
            yield from self._variant_problems(item)

    def _reference_problems(self, item: Item, at: str, code: str) -> Iterator[InvalidArgument]:
        named = self._items.get(code)
        if named is None:
            yield InvalidArgument(
                "PRICING_ITEM_REFERENCE_UNKNOWN",
                f"there is no item {code!r}; put it first or into the same file",
                field=at,
                details=in_chinese(f"没有 {code!r} 这一项，请先建立，或写进同一个文件。"),
            )
        elif named.catalogue != item.catalogue:
            yield InvalidArgument(
                "PRICING_ITEM_REFERENCE_ELSEWHERE",
                f"{code!r} is in the other library; choose an item of the same one",
                field=at,
                details=in_chinese(f"{code!r} 在另一个库里，请选同一个库的项。"),
            )

    def _is_below_itself(self, item: Item) -> bool:
        code, passed = item.parent_item_code, set[str]()
        while code and code != item.item_code and code not in passed:
            passed.add(code)
            above = self._items.get(code)
            code = above.parent_item_code if above else ""
        return code == item.item_code

    def _variant_problems(self, item: Item) -> Iterator[InvalidArgument]:
        base = self._items.get(item.variant_of_item_code)
        if item.variant_of_item_code == item.item_code:
            base = item
        if (base is not None and base.variant_of_item_code) or self._variants.get(item.item_code):
            yield InvalidArgument(
                "PRICING_ITEM_VARIANT_NESTED",
                "a variant has no variants of its own; name the base item",
                field="variant_of_item_code",
                details=in_chinese("变体之下不能再有变体，请写基础项的编码。"),
            )
        for other in self._variants[item.variant_of_item_code]:
            if other.item_code != item.item_code and other.variant_options == item.variant_options:
                yield InvalidArgument(
                    "PRICING_ITEM_VARIANT_REPEATED",
                    f"{other.item_code!r} chooses the same; choose something else",
                    field="variant_options",
                    details=in_chinese(f"{other.item_code!r} 的选项与此相同，请改一个。"),
                )
                return
