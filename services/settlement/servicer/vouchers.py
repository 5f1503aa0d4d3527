"""``VoucherService``: what the ledger did, by subject, each transfer once."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from kit.authn import current_actor
from kit.clock import SHANGHAI
from kit.db.session import current_session
from kit.errors import InvalidArgument
from kit.rpc import events
from kit.rpc.convert import decode_page_token, encode_page_token, page_info, page_size
from protos.common.v1 import page_pb2
from protos.settlement.v1 import voucher_pb2 as pb
from services.settlement.convert import vouchers as protos
from services.settlement.convert.days import day_from_proto
from services.settlement.domain.vouchers.subject import check_rules
from services.settlement.domain.vouchers.voucher import vouchers
from services.settlement.servicer.base import CASHIERS, LEDGER_READERS, Context, Rpcs
from services.settlement.store.ledger import periods
from services.settlement.store.vouchers import vouchers as store
from services.settlement.tables.vouchers import VoucherRunRow


class VoucherServicer(Rpcs):
    """Hands the ledger to the finance system."""

    async def PutVoucherSubjects(
        self, request: pb.PutVoucherSubjectsRequest, context: Context
    ) -> pb.VoucherSubjects:
        current_actor().require_role(*CASHIERS)
        subjects = protos.subjects_from_proto(request.subjects)
        check_rules(subjects)
        now, person_id = self._clock.now(), current_actor().person_id
        version = await store.put_rules(current_session(), subjects, now, person_id)
        return protos.subjects_to_proto(subjects, version)

    async def GetVoucherSubjects(
        self, request: pb.GetVoucherSubjectsRequest, context: Context
    ) -> pb.VoucherSubjects:
        current_actor().require_role(*LEDGER_READERS)
        return protos.subjects_to_proto(*await store.rules(current_session()))

    async def PreviewVouchers(
        self, request: pb.PreviewVouchersRequest, context: Context
    ) -> pb.ListVouchersResponse:
        current_actor().require_role(*LEDGER_READERS)
        session, until = current_session(), self._until(request.last_day)
        before = await store.last_run(session)
        rules, _ = await store.rules(session)
        watermark = await periods.newest(session)
        moved = await store.moved(session, before, until, watermark)
        made = vouchers(rules, moved, _first_open(before))
        return pb.ListVouchersResponse(vouchers=[protos.voucher_to_proto(one) for one in made])

    async def MakeVouchers(
        self, request: pb.MakeVouchersRequest, context: Context
    ) -> pb.VoucherRun:
        actor, session, now = current_actor(), current_session(), self._clock.now()
        actor.require_role(*CASHIERS)
        until = self._until(request.last_day)
        before = await store.last_run(session, lock=True)
        if before and until < before.effective_before:
            raise InvalidArgument(
                "SETTLEMENT_VOUCHER_DAY",
                f"run {before.run_number} reached further already",
                field="last_day",
            )
        rules, version = await store.rules(session)
        watermark = await periods.watermark(session, now)
        moved = await store.moved(session, before, until, watermark)
        made = vouchers(rules, moved, _first_open(before))
        run = VoucherRunRow(
            run_number=before.run_number + 1 if before else 1,
            effective_before=until,
            watermark_transfer_number=watermark,
            rule_version=version,
            transfer_count=sum(one.transfer_count for one in moved),
            made_at=now,
            made_by_person_id=actor.person_id,
        )
        await store.add_run(session, run, made)
        told = protos.run_to_proto(run, len(made))
        await events.record(
            pb.VouchersMade(voucher_run=told),
            aggregate=("voucher_run", str(run.run_number)),
            occurred_at=now,
        )
        return told

    async def ListVoucherRuns(
        self, request: pb.ListVoucherRunsRequest, context: Context
    ) -> pb.ListVoucherRunsResponse:
        current_actor().require_role(*LEDGER_READERS)
        session, size = current_session(), page_size(request.page)
        (before,) = decode_page_token(request.page, 1) or ("0",)
        rows = await store.runs(session, int(before), size + 1)
        counted = await store.counts(session, [row.run_number for row in rows])
        return pb.ListVoucherRunsResponse(
            voucher_runs=[
                protos.run_to_proto(row, counted.get(row.run_number, 0)) for row in rows[:size]
            ],
            page=page_info([str(row.run_number) for row in rows], size),
        )

    async def ListVouchers(
        self, request: pb.ListVouchersRequest, context: Context
    ) -> pb.ListVouchersResponse:
        current_actor().require_role(*LEDGER_READERS)
        session, size = current_session(), page_size(request.page)
        await store.run(session, request.run_number)
        month, number = decode_page_token(request.page, 2) or ("", "0")
        rows = await store.vouchers(session, request.run_number, (month, int(number)), size + 1)
        page = page_pb2.PageInfo()
        if len(rows) > size:
            last = rows[size - 1]
            page.next_page_token = encode_page_token(
                last.accounting_month, str(last.voucher_number)
            )
        return pb.ListVouchersResponse(
            vouchers=[protos.voucher_to_proto(row) for row in rows[:size]], page=page
        )

    async def ListVoucherTransfers(
        self, request: pb.ListVoucherTransfersRequest, context: Context
    ) -> pb.ListVoucherTransfersResponse:
        current_actor().require_role(*LEDGER_READERS)
        session, size = current_session(), page_size(request.page)
        row = await store.voucher(session, request.accounting_month, request.voucher_number)
        (after,) = decode_page_token(request.page, 1) or ("0",)
        found = await store.transfers(session, row, int(after), size + 1)
        return pb.ListVoucherTransfersResponse(
            transfers=[protos.transfer_to_proto(each) for each in found[:size]],
            page=page_info([str(each.transfer_number) for each in found], size),
        )

    async def ExportVouchers(
        self, request: pb.ExportVouchersRequest, context: Context
    ) -> pb.VoucherFile:
        current_actor().require_role(*LEDGER_READERS)
        session = current_session()
        await store.run(session, request.run_number)
        rows = await store.vouchers(session, request.run_number, ("", 0), None)
        return protos.file_of(rows, request.format)

    def _until(self, last_day: str) -> datetime:
        """The end of a day that is over in Shanghai; without one, of yesterday."""
        today = self._clock.now().astimezone(SHANGHAI).date()
        last = day_from_proto(last_day, today - timedelta(days=1), "last_day")
        if last >= today:
            raise InvalidArgument(
                "SETTLEMENT_VOUCHER_DAY", f"{last} is not over yet", field="last_day"
            )
        return datetime(last.year, last.month, last.day, tzinfo=SHANGHAI) + timedelta(days=1)


def _first_open(before: VoucherRunRow | None) -> date | None:
    """What was handed over is entered by now: nothing is entered before it any more."""
    return before.effective_before.astimezone(SHANGHAI).date() if before else None
