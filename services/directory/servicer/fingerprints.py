"""Fingerprints of personal data that was sealed before there were any."""

from __future__ import annotations

from typing import Final

from kit.db.session import Database
from services.directory import vault
from services.directory.domain.fingerprints import address_text, name_text, phone_text
from services.directory.store import personal_data
from services.directory.tables.personal_data import PersonalDataRow

_PAGE: Final = 200


async def make_findable(database: Database, keys: vault.KeyService) -> int:
    """Give all sealed data its fingerprint, page by page; how much had none. Harmless again, and
    from several processes at once."""
    after, made = "", 0
    while True:
        async with database.transaction() as session:
            rows = await personal_data.without_fingerprint(session, after, _PAGE)
            owners = {row.customer_id for row, _ in rows}
            wrapped = await personal_data.wrapped_keys(session, owners)
            clear = await vault.open_rows(keys, wrapped, [row for row, _ in rows])
            for row, adcode in rows:
                if row.reference in clear:
                    mark = _mark(row, clear[row.reference], adcode)
                    row.fingerprint = await keys.fingerprint(mark)
                    made += 1
        if len(rows) < _PAGE:
            return made
        after = rows[-1][0].reference


def _mark(row: PersonalDataRow, text: str, adcode: str) -> str:
    match row.kind:
        case "name":
            return name_text(text)
        case "phone":
            return phone_text(text)
        case _:
            return address_text(adcode, text)
