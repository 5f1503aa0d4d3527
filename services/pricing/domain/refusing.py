"""All that is wrong with something, told at once."""

from __future__ import annotations

from collections.abc import Iterable

from kit.errors import InvalidArgument


def refuse(problems: Iterable[InvalidArgument], holder: str = "") -> None:
    """Refuse where there are problems.

    Args:
        problems: in the order in which they are told.
        holder: the request's field that their fields are parts of, such as "item".

    Raises:
        InvalidArgument: the first one's reason and field; ``details`` holds all of them, by field, in
            both languages where there are both.
    """
    found = [(f"{holder}.{one.field}" if holder else one.field, one) for one in problems]
    if not found:
        return
    details: dict[str, str] = {}
    for at, problem in found:
        said = " ".join(filter(None, (problem.details.get("zh"), problem.message)))
        details[at] = "; ".join(filter(None, (details.get(at), f"{problem.reason}: {said}")))
    at, first = found[0]
    more = f" (and {len(found) - 1} more, see details)" if len(found) > 1 else ""
    raise InvalidArgument(first.reason, f"{first.message}{more}", field=at, details=details)
