"""Payees' accounts with channels, and how much may go."""

from __future__ import annotations

from kit.authn import current_actor
from kit.db.session import current_session
from kit.errors import InvalidArgument
from kit.rpc.convert import decode_page_token, encode_page_token, page_size
from protos.common.v1 import page_pb2
from protos.settlement.v1 import payout_pb2 as pb
from services.settlement.convert import payouts as protos
from services.settlement.domain.payouts.draw import check_limits
from services.settlement.domain.tax.profile import PARTY_KINDS
from services.settlement.servicer.base import (
    CASHIERS,
    LEDGER_READERS,
    RULE_MAKERS,
    Context,
    Rpcs,
    require_text,
)
from services.settlement.store.payouts import settings as store
from services.settlement.tables.payouts import PayoutAccountRow, PayoutLimitsRow

CHANNEL_CODES = ("wechat",)


class SettingRpcs(Rpcs):
    """What draws go by."""

    async def PutPayoutAccount(
        self, request: pb.PutPayoutAccountRequest, context: Context
    ) -> pb.PayoutAccount:
        actor = current_actor()
        actor.require_role(*CASHIERS)
        require_text(request.payee_id, "payee_id", "who is paid")
        require_text(request.channel_payee, "channel_payee", "what the channel calls them")
        _one_of(request.party_kind, PARTY_KINDS, "party_kind")
        _one_of(request.channel_code, CHANNEL_CODES, "channel_code")
        row = PayoutAccountRow(
            party_kind=request.party_kind,
            payee_id=request.payee_id,
            channel_code=request.channel_code,
            channel_payee=request.channel_payee.strip(),
            put_at=self._clock.now(),
            put_by_person_id=actor.person_id,
        )
        await store.put_account(current_session(), row)
        return protos.account_to_proto(row)

    async def ListPayoutAccounts(
        self, request: pb.ListPayoutAccountsRequest, context: Context
    ) -> pb.ListPayoutAccountsResponse:
        current_actor().require_role(*LEDGER_READERS)
        size = page_size(request.page)
        kind, payee, version = decode_page_token(request.page, 3) or ("", "", "0")
        after = (kind, payee, int(version) if version.isdecimal() else 0)
        rows = await store.account_page(current_session(), request.payee_id, after, size)
        info = page_pb2.PageInfo()
        if len(rows) > size:
            last = rows[size - 1]
            info.next_page_token = encode_page_token(
                last.party_kind, last.payee_id, str(last.version)
            )
        return pb.ListPayoutAccountsResponse(
            payout_accounts=[protos.account_to_proto(row) for row in rows[:size]], page=info
        )

    async def PutPayoutLimits(
        self, request: pb.PutPayoutLimitsRequest, context: Context
    ) -> pb.PayoutLimits:
        actor = current_actor()
        actor.require_role(*RULE_MAKERS)
        given = protos.limits_from_proto(request.payout_limits)
        check_limits(given)
        row = PayoutLimitsRow(
            least_minor=given.least_minor,
            per_payout_minor=given.per_payout_minor,
            per_batch_minor=given.per_batch_minor,
            per_day_minor=given.per_day_minor,
            per_payee_day_minor=given.per_payee_day_minor,
            payouts_per_batch=given.payouts_per_batch,
            put_at=self._clock.now(),
            put_by_person_id=actor.person_id,
        )
        await store.put_limits(current_session(), row, request.payout_limits.version)
        return protos.limits_to_proto(row)

    async def GetPayoutLimits(
        self, request: pb.GetPayoutLimitsRequest, context: Context
    ) -> pb.PayoutLimits:
        current_actor().require_role(*LEDGER_READERS)
        return protos.limits_to_proto(await store.limits(current_session()))


def _one_of(value: str, known: tuple[str, ...], field: str) -> None:
    if value not in known:
        raise InvalidArgument(
            "SETTLEMENT_PAYOUT_ACCOUNT_INVALID", f"one of {', '.join(known)}", field=field
        )
