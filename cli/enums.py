"""Values of the API's enums as people write them: same_photo, high."""

from __future__ import annotations

import typer
from google.protobuf.descriptor import EnumDescriptor


def enum(values: EnumDescriptor, written: str) -> str:
    """A value as the API names it; nothing for nothing.

    Raises:
        BadParameter: there is none of that name; it says which there are.
    """
    if not written:
        return ""
    unspecified, *names = [each.name for each in values.values]
    prefix = unspecified.removesuffix("UNSPECIFIED")
    wanted = f"{prefix}{written.upper().replace('-', '_')}"
    if wanted not in names:
        known = ", ".join(name.removeprefix(prefix).lower() for name in names)
        raise typer.BadParameter(f"没有 there is no {written!r}; choose {known}")
    return wanted
