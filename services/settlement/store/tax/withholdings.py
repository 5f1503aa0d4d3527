"""What was withheld from payees: computed on the records of their year, recorded, taken back.

The day, the month and the year of a payment are those of Shanghai. Whoever pays somebody calls ``record`` in the transaction that starts the payment, moves the tax
from the payee's account to ``tax:withheld`` and the net amount on; and ``reverse`` in the one that
takes the payment back. Nothing is counted up beside the records.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import extract, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from kit.clock import SHANGHAI
from kit.errors import AlreadyExists, FailedPrecondition, InvalidArgument
from kit.ids import new_id
from kit.money import Money
from services.settlement.domain.ledger.transfers import Document
from services.settlement.domain.tax.profile import WITHHELD_FROM, Payee, PayeeProfile
from services.settlement.domain.tax.withholding import Paid, SoFar, Withholding, withhold
from services.settlement.domain.tax.wording import Step
from services.settlement.store.tax import profiles, tables
from services.settlement.tables.tax import TaxWithholdingRow


async def compute(session: AsyncSession, payee: Payee, gross: Money, at: datetime) -> Withholding:
    """What a payment at an instant would come to; nothing is stored.

    Raises:
        InvalidArgument: ``SETTLEMENT_TAX_AMOUNT_INVALID``.
        FailedPrecondition: ``SETTLEMENT_PAYEE_PROFILE_MISSING``, ``SETTLEMENT_TAX_TABLE_MISSING``,
            ``SETTLEMENT_TAX_CURRENCY``.
    """
    on = at.astimezone(SHANGHAI).date()
    profile = await profiles.on_day(session, payee, on)
    if profile.profile_kind not in WITHHELD_FROM:
        return withhold(profile, SoFar(), gross, on, ())
    before = await so_far(session, payee, profile, on.year, gross.currency)
    in_force = await tables.approved(session, profile.profile_kind)
    return withhold(profile, before, gross, on, in_force)


async def so_far(
    session: AsyncSession, payee: Payee, profile: PayeeProfile, year: int, currency: str
) -> SoFar:
    """What a payee was paid in a year under a profile kind, by month, read from the records."""
    row = TaxWithholdingRow
    month = extract("month", row.paid_on)
    found = await session.execute(
        select(month, func.sum(row.gross_minor), func.sum(row.tax_minor))
        .where(
            row.party_kind == payee.party_kind,
            row.payee_id == payee.payee_id,
            row.profile_kind == profile.profile_kind,
            row.currency == currency,
            row.paid_on.between(date(year, 1, 1), date(year, 12, 31)),
        )
        .group_by(month)
    )
    return SoFar({int(each): Paid(int(gross), int(tax)) for each, gross, tax in found})


async def record(
    session: AsyncSession,
    document: Document,
    payee: Payee,
    gross: Money,
    at: datetime,
    person_id: str,
    invoice_reference: str = "",
) -> Withholding:
    """Compute and record what is withheld from a payment that begins now.

    Nobody else withholds from this payee until the transaction ends.

    Args:
        session: the transaction that starts the payment.
        document: what pays, such as ``Document("payout", "po_…")``.
        payee: who is paid.
        gross: what the payment is of, above zero.
        at: the instant of payment; its day in Shanghai counts.
        person_id: who pays.
        invoice_reference: the payee's invoice, for those who are paid against one.

    Raises:
        FailedPrecondition: ``SETTLEMENT_INVOICE_REQUIRED``; and what ``compute`` raises.
        AlreadyExists: ``SETTLEMENT_WITHHOLDING_EXISTS`` when the document was recorded before.
    """
    await profiles.take_turn(session, payee)
    if await _of_document(session, document) is not None:
        raise AlreadyExists(
            "SETTLEMENT_WITHHOLDING_EXISTS",
            f"what {document.kind} {document.id} withholds is recorded already",
        )
    made = await compute(session, payee, gross, at)
    if made.needs_invoice and not invoice_reference.strip():
        raise FailedPrecondition(
            "SETTLEMENT_INVOICE_REQUIRED",
            f"{payee.party_kind} {payee.payee_id} is paid against an invoice: give its reference",
            field="invoice_reference",
        )
    session.add(
        TaxWithholdingRow(
            withholding_id=new_id("wh", at),
            document_kind=document.kind,
            document_id=document.id,
            reverses_withholding_id=None,
            party_kind=payee.party_kind,
            payee_id=payee.payee_id,
            profile_payee_id=made.profile.payee.payee_id,
            profile_version=made.profile.version,
            profile_kind=made.profile.profile_kind.value,
            tax_table_id=made.tax_table_id or None,
            currency=gross.currency,
            gross_minor=gross.amount_minor,
            tax_minor=made.tax.amount_minor,
            net_minor=made.net.amount_minor,
            paid_on=at.astimezone(SHANGHAI).date(),
            recorded_at=at,
            acting_person_id=person_id,
            invoice_reference=invoice_reference.strip(),
            reason="",
            steps=[_step(each) for each in made.steps],
        )
    )
    await session.flush()
    return made


async def reverse(
    session: AsyncSession, document: Document, at: datetime, person_id: str, reason: str
) -> Money | None:
    """Take back what a document withheld, as if it had never been paid; it stays in the day of the
    payment. Taking it back again changes nothing.

    Returns: the tax that is not withheld after all; None when there was nothing to take back.

    Raises:
        InvalidArgument: ``SETTLEMENT_TEXT_MISSING`` without a reason.
    """
    if not reason.strip():
        raise InvalidArgument("SETTLEMENT_TEXT_MISSING", "say why it is taken back", field="reason")
    found = await _of_document(session, document)
    if found is None:
        return None
    await profiles.take_turn(session, Payee(found.party_kind, found.payee_id))
    if await _is_reversed(session, found):
        return None
    session.add(
        TaxWithholdingRow(
            withholding_id=new_id("wh", at),
            document_kind=found.document_kind,
            document_id=found.document_id,
            reverses_withholding_id=found.withholding_id,
            party_kind=found.party_kind,
            payee_id=found.payee_id,
            profile_payee_id=found.profile_payee_id,
            profile_version=found.profile_version,
            profile_kind=found.profile_kind,
            tax_table_id=found.tax_table_id,
            currency=found.currency,
            gross_minor=-found.gross_minor,
            tax_minor=-found.tax_minor,
            net_minor=-found.net_minor,
            paid_on=found.paid_on,
            recorded_at=at,
            acting_person_id=person_id,
            invoice_reference=found.invoice_reference,
            reason=reason.strip(),
            steps=[],
        )
    )
    await session.flush()
    return Money(found.currency, found.tax_minor)


async def _of_document(session: AsyncSession, document: Document) -> TaxWithholdingRow | None:
    found: TaxWithholdingRow | None = await session.scalar(
        select(TaxWithholdingRow).where(
            TaxWithholdingRow.document_kind == document.kind,
            TaxWithholdingRow.document_id == document.id,
            TaxWithholdingRow.reverses_withholding_id.is_(None),
        )
    )
    return found


async def _is_reversed(session: AsyncSession, row: TaxWithholdingRow) -> bool:
    reversal = await session.scalar(
        select(TaxWithholdingRow.withholding_id).where(
            TaxWithholdingRow.reverses_withholding_id == row.withholding_id
        )
    )
    return reversal is not None


def _step(step: Step) -> dict[str, Any]:
    return {
        "step_kind": step.step_kind,
        "amount_minor": step.amount.amount_minor,
        "chinese": step.chinese,
        "english": step.english,
    }
