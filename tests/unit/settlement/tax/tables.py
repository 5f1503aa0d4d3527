"""The tax tables as they are shipped, and payees to be paid by them."""

import json
from datetime import date
from pathlib import Path
from typing import Final

import services.settlement
from services.settlement.domain.tax.content import table_of
from services.settlement.domain.tax.profile import Payee, PayeeProfile, ProfileKind
from services.settlement.domain.tax.table import TaxTable
from services.settlement.domain.tax.withholding import Paid, SoFar, Withholding, withhold
from tests.unit.settlement.words import cny

_SHIPPED: Final = Path(services.settlement.__file__).parent / "migrations" / "tax_tables.json"


def shipped() -> list[TaxTable]:
    return [
        table_of(
            each["tax_table_id"],
            each["profile_kind"],
            each["currency"],
            date.fromisoformat(each["valid_from"]),
            each["content"],
        )
        for each in json.loads(_SHIPPED.read_text())
    ]


TABLES: Final = shipped()


def profile(kind: ProfileKind, vat_ratio: str = "") -> PayeeProfile:
    payee = Payee("technician", "pe_zhang")
    return PayeeProfile(payee, 1, date(2019, 1, 1), kind, vat_ratio, reason="合同")


class Year:
    """One payee's payments of a year, each withheld from on what was paid before."""

    def __init__(self, kind: ProfileKind, tables: list[TaxTable] | None = None) -> None:
        self.profile = profile(kind)
        self.tables = TABLES if tables is None else tables
        self.months: dict[int, Paid] = {}

    def pay(self, month: int, gross_minor: int) -> Withholding:
        on = date(2026, month, 15)
        made = withhold(self.profile, SoFar(dict(self.months)), cny(gross_minor), on, self.tables)
        self._add(month, made, 1)
        return made

    def reverse(self, month: int, made: Withholding) -> None:
        self._add(month, made, -1)

    def _add(self, month: int, made: Withholding, sign: int) -> None:
        moved = Paid(sign * made.gross.amount_minor, sign * made.tax.amount_minor)
        self.months[month] = self.months.get(month, Paid()).plus(moved)

    @property
    def withheld(self) -> int:
        return sum(paid.tax_minor for paid in self.months.values())
