"""What is a part of what: wholes that there are, and no machine a part of itself."""

from __future__ import annotations

from collections.abc import Mapping

from kit.errors import InvalidArgument
from services.workorder.domain.assets.asset import invalid


def problems(known: Mapping[str, str], said: Mapping[str, str]) -> dict[str, InvalidArgument]:
    """What is wrong with the wholes that several assets name, by asset.

    Args:
        known: of assets that there are, what each is a part of; empty: of nothing.
        said: the same, as it would be.
    """
    parents = {**known, **said}
    found: dict[str, InvalidArgument] = {}
    for asset_id, parent in said.items():
        if parent and parent not in parents:
            found[asset_id] = invalid(
                "parent_asset_id",
                f"there is no asset {parent!r}, nor does the file make it",
                f"没有设备 {parent!r}，文件里也没有。",
            )
        elif depth(asset_id, parents) is None:
            found[asset_id] = invalid(
                "parent_asset_id", "it would be a part of itself", "这样会让设备成为自己的部件。"
            )
    return found


def depth(asset_id: str, parents: Mapping[str, str]) -> int | None:
    """How many assets it is a part of, one within the other; None: it would be within itself."""
    seen = {asset_id}
    at = asset_id
    while parent := parents.get(at, ""):
        if parent in seen:
            return None
        seen.add(parent)
        at = parent
    return len(seen) - 1
