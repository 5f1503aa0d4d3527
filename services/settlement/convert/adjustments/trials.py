"""What rules are tried on, from rows."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from kit.money import Money
from services.settlement.domain.adjustments.performance import Facts
from services.settlement.domain.adjustments.trial import Base
from services.settlement.tables.earnings import EarningRow


def base_of(row: EarningRow) -> Base:
    """An earning as a rule is tried on it."""
    return Base(
        earning_id=row.earning_id,
        work_order_id=row.work_order_id,
        technician_id=row.technician_id,
        cooperation_mode=row.cooperation_mode,
        own=Money(row.currency, row.total_minor),
        shares=tuple(
            (share.party_kind, share.party_id, Money(row.currency, share.amount_minor))
            for share in row.shares
        ),
    )


def facts_of(noted: dict[str, Any]) -> Facts:
    """What was noted of a work's rating and duration."""
    return Facts(
        Fraction(noted["rating"]) if noted["rating"] else None,
        noted["duration_minutes"],
        noted["standard_minutes"],
    )
