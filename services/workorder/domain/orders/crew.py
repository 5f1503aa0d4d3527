"""Several technicians on one work order, and what of its earning each gets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from kit.errors import InvalidArgument

WHOLE_BASIS_POINTS: Final = 10_000
_MOST_MEMBERS: Final = 20


@dataclass(frozen=True, slots=True)
class Member:
    """One of a crew, with a share in basis points of the earning."""

    technician_id: str
    share_basis_points: int


def require_crew(members: Sequence[Member], lead_technician_id: str) -> None:
    """Nobody, or two and more, each once, whose shares are the whole; who took the work leads.

    Raises:
        InvalidArgument: ``WORK_ORDER_CREW_INVALID``, naming the member or the field.
    """
    if not members:
        return
    if not 2 <= len(members) <= _MOST_MEMBERS:
        raise _invalid(
            f"a crew has 2 to {_MOST_MEMBERS} technicians; leave it empty for one", "crew"
        )
    if members[0].technician_id != lead_technician_id:
        raise _invalid(
            f"technician {lead_technician_id} took the work and leads the crew; name them first",
            "crew[0].technician_id",
        )
    known: set[str] = set()
    for position, member in enumerate(members):
        if not member.technician_id or member.technician_id in known:
            raise _invalid("name every technician once", f"crew[{position}].technician_id")
        if not 0 <= member.share_basis_points <= WHOLE_BASIS_POINTS:
            raise _invalid(
                f"a share is 0 to {WHOLE_BASIS_POINTS} basis points",
                f"crew[{position}].share_basis_points",
            )
        known.add(member.technician_id)
    whole = sum(member.share_basis_points for member in members)
    if whole != WHOLE_BASIS_POINTS:
        raise _invalid(
            f"the shares must sum to {WHOLE_BASIS_POINTS} basis points, not {whole}", "crew"
        )


def _invalid(message: str, field: str) -> InvalidArgument:
    return InvalidArgument("WORK_ORDER_CREW_INVALID", message, field=field)
