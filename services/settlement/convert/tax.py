"""Payee profiles, tax tables, estimates and withholdings on the wire."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Final

from kit.errors import InvalidArgument
from kit.money import Rounding, to_fraction
from kit.rpc.convert import instant_to_proto, money_to_proto
from protos.settlement.v1 import tax_pb2 as pb
from services.settlement.convert.days import day_from_proto
from services.settlement.convert.money import amount
from services.settlement.domain.tax.content import table_of
from services.settlement.domain.tax.profile import Payee, PayeeProfile, ProfileKind
from services.settlement.domain.tax.table import (
    Allowance,
    Bracket,
    MonthsCounted,
    Span,
    TaxTable,
)
from services.settlement.domain.tax.total import Total
from services.settlement.domain.tax.withholding import Withholding
from services.settlement.tables.tax import (
    PayeeProfileRow,
    TaxTableApprovalRow,
    TaxTableRow,
    TaxWithholdingRow,
)

KINDS: Final[dict[ProfileKind, pb.ProfileKind.ValueType]] = {
    ProfileKind.EMPLOYEE: pb.PROFILE_KIND_EMPLOYEE,
    ProfileKind.LABOUR_SERVICE: pb.PROFILE_KIND_LABOUR_SERVICE,
    ProfileKind.PLATFORM_WORKER: pb.PROFILE_KIND_PLATFORM_WORKER,
    ProfileKind.SOLE_TRADER: pb.PROFILE_KIND_SOLE_TRADER,
    ProfileKind.COMPANY: pb.PROFILE_KIND_COMPANY,
}
_KINDS_OF: Final = {number: kind for kind, number in KINDS.items()}
_SPANS: Final = {
    Span.PAYMENT: pb.TAX_SPAN_PAYMENT,
    Span.MONTH: pb.TAX_SPAN_MONTH,
    Span.YEAR: pb.TAX_SPAN_YEAR,
}
_SPANS_OF: Final = {number: span for span, number in _SPANS.items()}
_MONTHS: Final = {
    MonthsCounted.WITH_INCOME: pb.MONTHS_COUNTED_WITH_INCOME,
    MonthsCounted.UNBROKEN: pb.MONTHS_COUNTED_UNBROKEN,
}
_MONTHS_OF: Final = {
    pb.MONTHS_COUNTED_UNSPECIFIED: MonthsCounted.WITH_INCOME,
    **{number: counted for counted, number in _MONTHS.items()},
}


def kind_of(number: pb.ProfileKind.ValueType, field: str) -> ProfileKind:
    """A profile kind.

    Raises:
        InvalidArgument: ``SETTLEMENT_PROFILE_KIND_UNKNOWN``.
    """
    kind = _KINDS_OF.get(number)
    if kind is None:
        raise InvalidArgument(
            "SETTLEMENT_PROFILE_KIND_UNKNOWN",
            f"say what the payee is: {', '.join(ProfileKind)}",
            field=field,
        )
    return kind


def profile_from_proto(message: pb.PayeeProfile, today: date) -> PayeeProfile:
    """A profile as it was put."""
    return PayeeProfile(
        payee=Payee(message.party_kind, message.payee_id),
        version=message.version,
        valid_from=day_from_proto(message.valid_from, today, "payee_profile.valid_from"),
        profile_kind=kind_of(message.profile_kind, "payee_profile.profile_kind"),
        vat_ratio=message.vat_ratio,
        identity_reference=message.identity_reference,
        reason=message.reason.strip(),
    )


def profile_to_proto(row: PayeeProfileRow) -> pb.PayeeProfile:
    """A profile on the wire."""
    return pb.PayeeProfile(
        party_kind=row.party_kind,
        payee_id=row.payee_id,
        version=row.version,
        valid_from=row.valid_from.isoformat(),
        profile_kind=KINDS[ProfileKind(row.profile_kind)],
        vat_ratio=row.vat_ratio,
        identity_reference=row.identity_reference,
        reason=row.reason,
        put_at=instant_to_proto(row.put_at),
        put_by_person_id=row.put_by_person_id,
    )


def table_from_proto(message: pb.TaxTable, tax_table_id: str, today: date) -> TaxTable:
    """A tax table as it was put, unchecked.

    Raises:
        InvalidArgument: ``SETTLEMENT_TAX_TABLE_INVALID`` naming a field that cannot be read.
    """
    span = _SPANS_OF.get(message.span)
    if span is None:
        raise _unreadable(f"one of {', '.join(Span)}", "span")
    months_counted = _MONTHS_OF.get(message.months_counted)
    if months_counted is None:
        raise _unreadable(f"one of {', '.join(MonthsCounted)}", "months_counted")
    if message.rounding not in ("", *Rounding):
        raise _unreadable(f"one of {', '.join(Rounding)}", "rounding")
    return TaxTable(
        tax_table_id=tax_table_id,
        profile_kind=kind_of(message.profile_kind, "tax_table.profile_kind"),
        currency=message.currency,
        valid_from=day_from_proto(message.valid_from, today, "tax_table.valid_from"),
        span=span,
        allowances=tuple(
            Allowance(
                each.up_to_minor if each.HasField("up_to_minor") else None,
                each.fixed_minor,
                to_fraction(each.ratio or "0"),
            )
            for each in message.allowances
        ),
        brackets=tuple(
            Bracket(
                each.up_to_minor if each.HasField("up_to_minor") else None,
                to_fraction(each.ratio),
                each.quick_deduction_minor,
            )
            for each in message.brackets
        ),
        monthly_minor=message.monthly_minor,
        months_counted=months_counted,
        rounding=Rounding(message.rounding or Rounding.HALF_UP),
    )


def table_to_proto(row: TaxTableRow, approval: TaxTableApprovalRow | None) -> pb.TaxTable:
    """A tax table on the wire."""
    table = table_of(row.tax_table_id, row.profile_kind, row.currency, row.valid_from, row.content)
    message = pb.TaxTable(
        tax_table_id=table.tax_table_id,
        profile_kind=KINDS[table.profile_kind],
        currency=table.currency,
        valid_from=table.valid_from.isoformat(),
        span=_SPANS[table.span],
        allowances=[
            pb.TaxAllowance(
                up_to_minor=each.up_to_minor,
                fixed_minor=each.fixed_minor,
                ratio=str(each.ratio),
            )
            for each in table.allowances
        ],
        monthly_minor=table.monthly_minor,
        months_counted=_MONTHS[table.months_counted],
        brackets=[
            pb.TaxBracket(
                up_to_minor=each.up_to_minor,
                ratio=str(each.ratio),
                quick_deduction_minor=each.quick_deduction_minor,
            )
            for each in table.brackets
        ],
        rounding=table.rounding.value,
        source=row.source,
        put_at=instant_to_proto(row.put_at),
        put_by_person_id=row.put_by_person_id,
    )
    if approval is not None:
        message.approved_at.FromDatetime(approval.approved_at)
        message.approved_by_person_id = approval.approved_by_person_id
    return message


def estimate_to_proto(made: Withholding, at: datetime) -> pb.NetEstimate:
    """What would be left of an amount, on the wire."""
    return pb.NetEstimate(
        gross=money_to_proto(made.gross),
        tax=money_to_proto(made.tax),
        net=money_to_proto(made.net),
        profile_kind=KINDS[made.profile.profile_kind],
        tax_table_id=made.tax_table_id,
        steps=[
            pb.TaxStep(
                step_kind=step.step_kind,
                amount=money_to_proto(step.amount),
                chinese=step.chinese,
                english=step.english,
            )
            for step in made.steps
        ],
        needs_invoice=made.needs_invoice,
        estimated_at=instant_to_proto(at),
    )


def withholding_to_proto(row: TaxWithholdingRow) -> pb.Withholding:
    """A recorded withholding on the wire."""
    return pb.Withholding(
        withholding_id=row.withholding_id,
        document_kind=row.document_kind,
        document_id=row.document_id,
        reverses_withholding_id=row.reverses_withholding_id or "",
        party_kind=row.party_kind,
        payee_id=row.payee_id,
        profile_kind=KINDS[ProfileKind(row.profile_kind)],
        profile_version=row.profile_version,
        tax_table_id=row.tax_table_id or "",
        gross=amount(row.gross_minor, row.currency),
        tax=amount(row.tax_minor, row.currency),
        net=amount(row.net_minor, row.currency),
        paid_on=row.paid_on.isoformat(),
        recorded_at=instant_to_proto(row.recorded_at),
        acting_person_id=row.acting_person_id,
        invoice_reference=row.invoice_reference,
        reason=row.reason,
        steps=[
            pb.TaxStep(
                step_kind=step["step_kind"],
                amount=amount(step["amount_minor"], row.currency),
                chinese=step["chinese"],
                english=step["english"],
            )
            for step in row.steps
        ],
    )


def totals_to_proto(rows: Iterable[Total], year: int) -> list[pb.TaxTotal]:
    """What was paid and withheld in a year, on the wire."""
    return [
        pb.TaxTotal(
            year=year,
            month=row.month,
            party_kind=row.party_kind,
            payee_id=row.payee_id,
            profile_kind=KINDS[ProfileKind(row.profile_kind)],
            payment_count=row.payment_count,
            gross=amount(row.gross_minor, row.currency),
            tax=amount(row.tax_minor, row.currency),
            net=amount(row.net_minor, row.currency),
        )
        for row in rows
    ]


def _unreadable(message: str, field: str) -> InvalidArgument:
    return InvalidArgument("SETTLEMENT_TAX_TABLE_INVALID", message, field=f"tax_table.{field}")
