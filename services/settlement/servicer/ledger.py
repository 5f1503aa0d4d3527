"""``LedgerService``: every movement of money, what stands where, and whether it is sound."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from google.protobuf.message import Message

from kit.authn import current_actor
from kit.clock import Clock
from kit.db.session import current_database, current_session
from kit.errors import InvalidArgument
from kit.rpc.convert import decode_page_token, instant_from_proto, page_info, page_size
from kit.rpc.interceptors import commits_itself, keyed_call
from protos.settlement.v1 import ledger_pb2 as pb
from services.settlement.convert import ledger as protos
from services.settlement.domain.ledger.transfers import Document, TransferState, check_word
from services.settlement.servicer.base import (
    CASHIERS,
    LEDGER_READERS,
    Context,
    Rpcs,
    require_text,
)
from services.settlement.store.earnings.agreement import disagreements
from services.settlement.store.ledger import balances, lists, verify
from services.settlement.store.ledger.batcher import LedgerBatcher, Posting
from services.settlement.store.ledger.inserting import NewTransfer
from services.settlement.store.payouts import agreement as payouts_agreement
from services.settlement.store.tax import agreement

_MOST_TRANSFERS: Final = 500
_POST: Final = "/settlement.v1.LedgerService/PostTransfers"


class LedgerServicer(Rpcs):
    """Reads and proves the ledger, and posts what no other subject posts."""

    def __init__(self, clock: Clock) -> None:
        super().__init__(clock)
        self._batcher: LedgerBatcher | None = None

    async def ListLedgerTransfers(
        self, request: pb.ListLedgerTransfersRequest, context: Context
    ) -> pb.ListLedgerTransfersResponse:
        current_actor().require_role(*LEDGER_READERS)
        size = page_size(request.page)
        (after,) = decode_page_token(request.page, 1) or ("0",)
        wanted = lists.WantedTransfers(
            ledger_account=request.ledger_account,
            party_kind=request.party_kind,
            party_id=request.party_id,
            document_kind=request.document_kind,
            document_id=request.document_id,
            transfer_kind=request.transfer_kind,
            state=protos.state_name(request.state),
            currency=request.currency,
            effective_from=_instant(request, "effective_from"),
            effective_before=_instant(request, "effective_before"),
            recorded_from=_instant(request, "recorded_from"),
            recorded_before=_instant(request, "recorded_before"),
        )
        rows = await lists.transfers(current_session(), wanted, after, size)
        return pb.ListLedgerTransfersResponse(
            transfers=[protos.transfer_to_proto(row) for row in rows[:size]],
            page=page_info([str(row.transfer.transfer_number) for row in rows], size),
        )

    async def ListLedgerAccounts(
        self, request: pb.ListLedgerAccountsRequest, context: Context
    ) -> pb.ListLedgerAccountsResponse:
        current_actor().require_role(*LEDGER_READERS)
        size = page_size(request.page)
        name, currency = decode_page_token(request.page, 2) or ("", "")
        wanted = lists.WantedAccounts(
            request.search, request.party_kind, request.account_kind, request.currency
        )
        rows = await lists.accounts(current_session(), wanted, (name, currency), size)
        last = [(row.account.ledger_account, row.account.currency) for row in rows]
        return pb.ListLedgerAccountsResponse(
            ledger_accounts=[protos.account_to_proto(row) for row in rows[:size]],
            page=page_info(["\x1f".join(key) for key in last], size),
        )

    async def GetLedgerBalances(
        self, request: pb.GetLedgerBalancesRequest, context: Context
    ) -> pb.GetLedgerBalancesResponse:
        current_actor().require_role(*LEDGER_READERS)
        before, known_at = _instant(request, "effective_before"), _instant(request, "known_at")
        session, prefix = current_session(), request.ledger_account_prefix
        if before is None and known_at is None:
            rows = await balances.balances(session, prefix)
        else:
            rows = await balances.balances_as_of(session, prefix, before, known_at)
        return pb.GetLedgerBalancesResponse(balances=protos.balances_to_proto(rows))

    async def VerifyLedger(
        self, request: pb.VerifyLedgerRequest, context: Context
    ) -> pb.VerifyLedgerResponse:
        current_actor().require_role(*LEDGER_READERS)
        session = current_session()
        found = await verify.verify(session)
        findings = [
            *found.findings,
            *await disagreements(session),
            *await agreement.disagreements(session),
            *await payouts_agreement.disagreements(session),
        ]
        return pb.VerifyLedgerResponse(
            sound=not findings,
            transfer_count=found.transfer_count,
            findings=findings,
            chain_head=found.chain_head,
        )

    @commits_itself
    async def PostTransfers(
        self, request: pb.PostTransfersRequest, context: Context
    ) -> pb.PostTransfersResponse:
        actor = current_actor()
        actor.require_role(*CASHIERS)
        check_word(request.document_kind, "document_kind")
        require_text(request.document_id, "document_id", "which document this is")
        if not 1 <= len(request.transfers) <= _MOST_TRANSFERS:
            raise InvalidArgument(
                "SETTLEMENT_TRANSFER_WRONG",
                f"give 1 to {_MOST_TRANSFERS} transfers",
                field="transfers",
            )
        document = Document(request.document_kind, request.document_id)
        asked = [
            protos.new_transfer(message, actor.person_id, f"transfers[{position}]")
            for position, message in enumerate(request.transfers)
        ]
        rows = [NewTransfer(document, TransferState.POSTED, transfer) for transfer in asked]
        posting = Posting(keyed_call(_POST, request), rows, protos.posted)
        return pb.PostTransfersResponse.FromString(await self._writer().post(posting))

    def _writer(self) -> LedgerBatcher:
        """The one writer of this process."""
        if self._batcher is None:
            self._batcher = LedgerBatcher(current_database(), self._clock)
        return self._batcher


def _instant(request: Message, name: str) -> datetime | None:
    return instant_from_proto(getattr(request, name), name) if request.HasField(name) else None
