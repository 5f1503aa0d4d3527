"""``LedgerService``: every movement of money, what stands where, and whether it is sound."""

from __future__ import annotations

from kit.authn import current_actor
from kit.db.session import current_session
from kit.rpc.convert import decode_page_token, page_info, page_size
from protos.settlement.v1 import ledger_pb2 as pb
from services.settlement.convert import ledger as protos
from services.settlement.servicer.base import LEDGER_READERS, Context, Rpcs
from services.settlement.store.earnings.agreement import disagreements
from services.settlement.store.ledger import balances, lists, verify


class LedgerServicer(Rpcs):
    """Reads and proves the ledger."""

    async def ListLedgerTransfers(
        self, request: pb.ListLedgerTransfersRequest, context: Context
    ) -> pb.ListLedgerTransfersResponse:
        current_actor().require_role(*LEDGER_READERS)
        size = page_size(request.page)
        (after,) = decode_page_token(request.page, 1) or ("0",)
        rows = await lists.transfers(
            current_session(),
            request.earning_id,
            request.ledger_account,
            after,
            size,
        )
        return pb.ListLedgerTransfersResponse(
            transfers=[protos.transfer_to_proto(row) for row in rows[:size]],
            page=page_info([str(row.transfer.transfer_number) for row in rows], size),
        )

    async def GetLedgerBalances(
        self, request: pb.GetLedgerBalancesRequest, context: Context
    ) -> pb.GetLedgerBalancesResponse:
        current_actor().require_role(*LEDGER_READERS)
        rows = await balances.balances(current_session(), request.ledger_account_prefix)
        return pb.GetLedgerBalancesResponse(balances=protos.balances_to_proto(rows))

    async def VerifyLedger(
        self, request: pb.VerifyLedgerRequest, context: Context
    ) -> pb.VerifyLedgerResponse:
        current_actor().require_role(*LEDGER_READERS)
        session = current_session()
        found = await verify.verify(session)
        findings = [*found.findings, *await disagreements(session)]
        return pb.VerifyLedgerResponse(
            sound=not findings,
            transfer_count=found.transfer_count,
            findings=findings,
            chain_head=found.chain_head,
        )
