"""Vouchers on the wire, and as a file for the finance system."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any, Final

from kit.clock import SHANGHAI
from kit.errors import InvalidArgument
from kit.money import Money
from kit.rpc.convert import instant_to_proto
from kit.spreadsheet.table import Value
from kit.spreadsheet.writing import write_csv, write_xlsx
from protos.settlement.v1 import voucher_pb2 as pb
from services.settlement.convert.money import amount
from services.settlement.domain.vouchers.subject import SubjectRule
from services.settlement.domain.vouchers.voucher import Voucher
from services.settlement.tables.vouchers import VoucherRow, VoucherRunRow

#: The columns that finance systems of Chinese companies take in.
_HEADINGS: Final = (
    "凭证日期",
    "凭证字",
    "凭证号",
    "摘要",
    "科目编码",
    "科目名称",
    "币种",
    "借方金额",
    "贷方金额",
    "附单据数",
)


def subjects_from_proto(messages: Iterable[pb.VoucherSubject]) -> list[SubjectRule]:
    """Which subject each account is, as it was put."""
    return [
        SubjectRule(
            each.transfer_kind.strip(),
            each.party_kind.strip(),
            each.account_kind.strip(),
            each.subject_code.strip(),
            each.subject_name.strip(),
        )
        for each in messages
    ]


def subjects_to_proto(rules: Iterable[SubjectRule], version: int) -> pb.VoucherSubjects:
    """Which subject each account is."""
    return pb.VoucherSubjects(
        version=version,
        subjects=[
            pb.VoucherSubject(
                transfer_kind=rule.transfer_kind,
                party_kind=rule.party_kind,
                account_kind=rule.account_kind,
                subject_code=rule.subject_code,
                subject_name=rule.subject_name,
            )
            for rule in rules
        ],
    )


def run_to_proto(row: VoucherRunRow, voucher_count: int) -> pb.VoucherRun:
    """How far vouchers reach."""
    last = row.effective_before.astimezone(SHANGHAI) - timedelta(microseconds=1)
    return pb.VoucherRun(
        run_number=row.run_number,
        last_day=last.date().isoformat(),
        transfer_count=row.transfer_count,
        voucher_count=voucher_count,
        made_at=instant_to_proto(row.made_at),
        made_by_person_id=row.made_by_person_id,
    )


def voucher_to_proto(one: Voucher | VoucherRow) -> pb.Voucher:
    """A voucher, or what would be one."""
    return pb.Voucher(
        accounting_month=one.accounting_month,
        voucher_number=one.voucher_number if isinstance(one, VoucherRow) else 0,
        voucher_day=one.voucher_day.isoformat(),
        effective_day=one.effective_day.isoformat(),
        transfer_kind=one.transfer_kind,
        memo=one.memo,
        total=amount(one.total_minor, one.currency),
        transfer_count=one.transfer_count,
        lines=[
            pb.VoucherLine(
                subject_code=line.subject_code,
                subject_name=line.subject_name,
                debit=amount(line.debit_minor, one.currency) if line.debit_minor else None,
                credit=amount(line.credit_minor, one.currency) if line.credit_minor else None,
            )
            for line in one.lines
        ],
    )


def transfer_to_proto(row: Any) -> pb.VoucherTransfer:
    """A transfer of a voucher."""
    return pb.VoucherTransfer(
        transfer_number=row.transfer_number,
        debit_ledger_account=row.debit,
        credit_ledger_account=row.credit,
        amount=amount(row.amount_minor, row.currency),
        document_kind=row.document_kind,
        document_id=row.document_id,
        effective_at=instant_to_proto(row.effective_at),
        memo=row.memo,
    )


def file_of(rows: Sequence[VoucherRow], format_name: str) -> pb.VoucherFile:
    """The vouchers of a run as a file.

    Raises:
        InvalidArgument: ``SETTLEMENT_FILE_FORMAT_UNKNOWN``.
    """
    lines = [line for row in rows for line in _lines(row)]
    match format_name:
        case "xlsx":
            content = write_xlsx([("凭证", _HEADINGS, lines)])
        case "csv":
            content = write_csv(_HEADINGS, lines)
        case _:
            raise InvalidArgument("SETTLEMENT_FILE_FORMAT_UNKNOWN", "xlsx or csv", field="format")
    return pb.VoucherFile(content=content)


def _lines(row: VoucherRow) -> Iterable[Sequence[Value]]:
    for line in row.lines:
        yield (
            row.voucher_day,
            "记",
            Decimal(row.voucher_number),
            row.memo,
            line.subject_code,
            line.subject_name,
            row.currency,
            _major(line.debit_minor, row.currency),
            _major(line.credit_minor, row.currency),
            Decimal(row.transfer_count),
        )


def _major(minor: int, currency: str) -> Decimal | None:
    return Money(currency, minor).to_decimal() if minor else None
