"""Settlement as a process: ``python -m services.settlement.main``."""

from __future__ import annotations

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
    currency_pb2_grpc,
    ledger_pb2_grpc,
    receipt_pb2_grpc,
    reconciliation_pb2_grpc,
    settlement_pb2_grpc,
    tax_pb2_grpc,
    voucher_pb2_grpc,
)
from services.settlement.servicer.adjustments.service import AdjustmentServicer
from services.settlement.servicer.currency import CurrencyServicer, ExchangeRateProjection
from services.settlement.servicer.ledger import LedgerServicer
from services.settlement.servicer.receipts.receipts import ReceiptServicer
from services.settlement.servicer.reconciliation.reconciliation import ReconciliationServicer
from services.settlement.servicer.settlement import SettlementServicer
from services.settlement.servicer.tax import TaxServicer
from services.settlement.servicer.vouchers import VoucherServicer


class SettlementSettings(Settings):
    """What this process must be told: whom to trust."""

    issuers_file: Path


def mounts(clock: Clock) -> list[Mount]:
    """What this process serves."""
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


async def serve(settings: SettlementSettings) -> None:
    """Serve until told to stop."""
    clock = SystemClock()
    server = RpcServer(
        mounts(clock),
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
