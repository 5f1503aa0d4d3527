"""Settlement as a process: ``python -m services.settlement.main``."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import uvloop

from kit import telemetry
from kit.authn import TokenVerifier
from kit.clock import Clock, SystemClock
from kit.config import Settings
from kit.db.session import Database
from kit.rpc.events import EventServicer
from kit.rpc.server import Mount, RpcServer, until_told_to_stop
from protos.events.v1 import events_pb2_grpc
from protos.settlement.v1 import (
    adjustment_pb2_grpc,
    claim_pb2_grpc,
    currency_pb2_grpc,
    ledger_pb2_grpc,
    payout_pb2_grpc,
    receipt_pb2_grpc,
    reconciliation_pb2_grpc,
    settlement_pb2_grpc,
    statement_pb2_grpc,
    tax_pb2_grpc,
    voucher_pb2_grpc,
)
from services.settlement.channel import wechat
from services.settlement.channel.signing import Keys
from services.settlement.domain.payouts.channel import Channels
from services.settlement.servicer.adjustments.service import AdjustmentServicer
from services.settlement.servicer.claims import ClaimServicer
from services.settlement.servicer.currency import CurrencyServicer, ExchangeRateProjection
from services.settlement.servicer.ledger import LedgerServicer
from services.settlement.servicer.payouts.payouts import PayoutServicer
from services.settlement.servicer.receipts.receipts import ReceiptServicer
from services.settlement.servicer.reconciliation.reconciliation import ReconciliationServicer
from services.settlement.servicer.settlement import SettlementServicer
from services.settlement.servicer.statements.service import StatementServicer
from services.settlement.servicer.tax import TaxServicer
from services.settlement.servicer.vouchers import VoucherServicer


class SettlementSettings(Settings):
    """What this process must be told: whom to trust, and how money leaves."""

    issuers_file: Path

    payout_base_url: str = "http://127.0.0.1:8091"
    payout_notify_url: str = "http://127.0.0.1:8080/callbacks/payouts/wechat"
    payout_merchant_id: str = "1900000109"
    payout_app_id: str = "wx0123456789abcdef"
    payout_merchant_serial: str = "5157F09EFDC096DE15EBE81A47057A7232F1B8E1"
    payout_platform_serial: str = "PUB_KEY_ID_0119000001092025010100000000000001"
    #: 佣金报酬, with what of it is declared.
    payout_scene_id: str = "1005"
    payout_post: str = "安装维修技师"
    payout_reason: str = "安装服务报酬"
    #: Without these three no payout leaves.
    payout_merchant_key_file: Path | None = None
    payout_platform_public_key_file: Path | None = None
    payout_api_key_file: Path | None = None


def mounts(clock: Clock, channels: Channels | None = None) -> list[Mount]:
    """What this process serves, and the channels that payouts leave by."""
    return [
        Mount(
            "settlement.v1.SettlementService",
            settlement_pb2_grpc.add_SettlementServiceServicer_to_server,
            SettlementServicer(clock),
        ),
        Mount(
            "settlement.v1.LedgerService",
            ledger_pb2_grpc.add_LedgerServiceServicer_to_server,
            LedgerServicer(clock),
        ),
        Mount(
            "settlement.v1.AdjustmentService",
            adjustment_pb2_grpc.add_AdjustmentServiceServicer_to_server,
            AdjustmentServicer(clock),
        ),
        Mount(
            "settlement.v1.ReceiptService",
            receipt_pb2_grpc.add_ReceiptServiceServicer_to_server,
            ReceiptServicer(clock),
        ),
        Mount(
            "settlement.v1.ReconciliationService",
            reconciliation_pb2_grpc.add_ReconciliationServiceServicer_to_server,
            ReconciliationServicer(clock),
        ),
        Mount(
            "settlement.v1.PayoutService",
            payout_pb2_grpc.add_PayoutServiceServicer_to_server,
            PayoutServicer(clock, channels or {}),
        ),
        Mount(
            "settlement.v1.StatementService",
            statement_pb2_grpc.add_StatementServiceServicer_to_server,
            StatementServicer(clock),
        ),
        Mount(
            "settlement.v1.TaxService",
            tax_pb2_grpc.add_TaxServiceServicer_to_server,
            TaxServicer(clock),
        ),
        Mount(
            "settlement.v1.CurrencyService",
            currency_pb2_grpc.add_CurrencyServiceServicer_to_server,
            CurrencyServicer(clock),
        ),
        Mount(
            "events.v1.ProjectionService",
            events_pb2_grpc.add_ProjectionServiceServicer_to_server,
            ExchangeRateProjection(),
        ),
        Mount(
            "settlement.v1.ClaimService",
            claim_pb2_grpc.add_ClaimServiceServicer_to_server,
            ClaimServicer(clock),
        ),
        Mount(
            "settlement.v1.VoucherService",
            voucher_pb2_grpc.add_VoucherServiceServicer_to_server,
            VoucherServicer(clock),
        ),
        Mount(
            "events.v1.EventService",
            events_pb2_grpc.add_EventServiceServicer_to_server,
            EventServicer(),
        ),
    ]


@asynccontextmanager
async def channels_of(settings: SettlementSettings, clock: Clock) -> AsyncIterator[Channels]:
    """The channels whose keys the settings name."""
    files = (
        settings.payout_merchant_key_file,
        settings.payout_platform_public_key_file,
        settings.payout_api_key_file,
    )
    merchant, platform, api = files
    if merchant is None or platform is None or api is None:
        yield {}
        return
    keys = Keys.of_files(
        settings.payout_merchant_id,
        settings.payout_merchant_serial,
        settings.payout_platform_serial,
        merchant,
        platform,
        api,
    )
    account = wechat.Account(
        app_id=settings.payout_app_id,
        scene_id=settings.payout_scene_id,
        report_infos=(("岗位类型", settings.payout_post), ("报酬说明", settings.payout_reason)),
        notify_url=settings.payout_notify_url,
    )
    async with wechat.http_client(settings.payout_base_url) as http:
        yield {wechat.CODE: wechat.WechatChannel(http, clock, keys, account)}


async def serve(settings: SettlementSettings) -> None:
    """Serve until told to stop."""
    clock = SystemClock()
    async with channels_of(settings, clock) as channels:
        await _serve(settings, clock, channels)


async def _serve(settings: SettlementSettings, clock: Clock, channels: Channels) -> None:
    server = RpcServer(
        mounts(clock, channels),
        Database.connect(settings.database_url, "settlement", settings.database_pool_size),
        TokenVerifier.from_file(settings.issuers_file),
        clock,
    )
    await server.start(settings.bind_host, settings.port_of("settlement"))
    await until_told_to_stop()
    await server.stop()


def main() -> None:
    """Read the settings and serve."""
    settings = SettlementSettings()
    telemetry.setup(settings, "settlement")
    uvloop.run(serve(settings))


if __name__ == "__main__":
    main()
