"""A tax table as plain values, as it is stored and shipped; ratios as text, exact."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from kit.money import Rounding, to_fraction
from services.settlement.domain.tax.profile import ProfileKind
from services.settlement.domain.tax.table import (
    Allowance,
    Bracket,
    MonthsCounted,
    Span,
    TaxTable,
)


def content_of(table: TaxTable) -> dict[str, Any]:
    """What a table computes by."""
    return {
        "span": table.span.value,
        "allowances": [
            {
                "up_to_minor": each.up_to_minor,
                "fixed_minor": each.fixed_minor,
                "ratio": str(each.ratio),
            }
            for each in table.allowances
        ],
        "monthly_minor": table.monthly_minor,
        "months_counted": table.months_counted.value,
        "brackets": [
            {
                "up_to_minor": each.up_to_minor,
                "ratio": str(each.ratio),
                "quick_deduction_minor": each.quick_deduction_minor,
            }
            for each in table.brackets
        ],
        "rounding": table.rounding.value,
    }


def table_of(
    tax_table_id: str,
    profile_kind: str,
    currency: str,
    valid_from: date,
    content: Mapping[str, Any],
) -> TaxTable:
    """The table that `content_of` was given."""
    return TaxTable(
        tax_table_id=tax_table_id,
        profile_kind=ProfileKind(profile_kind),
        currency=currency,
        valid_from=valid_from,
        span=Span(content["span"]),
        allowances=tuple(
            Allowance(each["up_to_minor"], each["fixed_minor"], to_fraction(each["ratio"]))
            for each in content["allowances"]
        ),
        brackets=tuple(
            Bracket(each["up_to_minor"], to_fraction(each["ratio"]), each["quick_deduction_minor"])
            for each in content["brackets"]
        ),
        monthly_minor=content["monthly_minor"],
        months_counted=MonthsCounted(content["months_counted"]),
        rounding=Rounding(content["rounding"]),
    )
