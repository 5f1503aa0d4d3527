"""Pricing as a process: ``python -m services.pricing.main``."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Final

import uvloop

from kit import telemetry
from kit.authn import TokenVerifier
from kit.clock import Clock, SystemClock
from kit.config import Settings
from kit.db.session import Database
from kit.rpc.events import EventServicer
from kit.rpc.server import Mount, RpcServer, until_told_to_stop
from protos.events.v1 import events_pb2_grpc
from protos.pricing.v1 import (
    book_pb2_grpc,
    draft_pb2_grpc,
    library_pb2_grpc,
    policy_pb2_grpc,
    pricing_pb2_grpc,
    review_pb2_grpc,
)
from services.pricing.index import Shelf
from services.pricing.servicer.books import PriceBookServicer
from services.pricing.servicer.drafts import PriceDraftServicer
from services.pricing.servicer.freezes import CancellationProjection
from services.pricing.servicer.library import LibraryServicer
from services.pricing.servicer.policies import PolicyServicer
from services.pricing.servicer.quotes import PricingServicer
from services.pricing.servicer.review import PriceReviewServicer
from services.pricing.servicer.warming import keep_warm

#: As long as nobody notices who sees a price that somebody else has changed.
_MOMENT: Final = timedelta(milliseconds=500)


class PricingSettings(Settings):
    """What this process must be told: whom to trust."""

    issuers_file: Path


def mounts(
    clock: Clock, shelf: Shelf | None = None, moment: timedelta = timedelta(0)
) -> list[Mount]:
    """What this process serves, from price books on a shelf.

    Args:
        moment: how old what previews are computed from may be.
    """
    shelf = shelf or Shelf()
    return [
        Mount(
            "pricing.v1.LibraryService",
            library_pb2_grpc.add_LibraryServiceServicer_to_server,
            LibraryServicer(clock),
        ),
        Mount(
            "pricing.v1.PriceBookService",
            book_pb2_grpc.add_PriceBookServiceServicer_to_server,
            PriceBookServicer(clock),
        ),
        Mount(
            "pricing.v1.PriceDraftService",
            draft_pb2_grpc.add_PriceDraftServiceServicer_to_server,
            PriceDraftServicer(clock),
        ),
        Mount(
            "pricing.v1.PricingService",
            pricing_pb2_grpc.add_PricingServiceServicer_to_server,
            PricingServicer(clock, shelf, moment),
        ),
        Mount(
            "pricing.v1.PriceReviewService",
            review_pb2_grpc.add_PriceReviewServiceServicer_to_server,
            PriceReviewServicer(clock),
        ),
        Mount(
            "pricing.v1.PolicyService",
            policy_pb2_grpc.add_PolicyServiceServicer_to_server,
            PolicyServicer(clock, shelf),
        ),
        Mount(
            "events.v1.EventService",
            events_pb2_grpc.add_EventServiceServicer_to_server,
            EventServicer(),
        ),
        Mount(
            "events.v1.ProjectionService",
            events_pb2_grpc.add_ProjectionServiceServicer_to_server,
            CancellationProjection(clock),
        ),
    ]


async def serve(settings: PricingSettings) -> None:
    """Serve until told to stop."""
    clock, shelf = SystemClock(), Shelf()
    database = Database.connect(settings.database_url, "pricing", settings.database_pool_size)
    verifier = TokenVerifier.from_file(settings.issuers_file)
    server = RpcServer(mounts(clock, shelf, _MOMENT), database, verifier, clock)
    await server.start(settings.bind_host, settings.port_of("pricing"))
    warming = asyncio.create_task(keep_warm(shelf, database))
    await until_told_to_stop()
    warming.cancel()
    await asyncio.gather(warming, return_exceptions=True)
    await server.stop()


def main() -> None:
    """Read the settings and serve."""
    settings = PricingSettings()
    telemetry.setup(settings, "pricing")
    uvloop.run(serve(settings))


if __name__ == "__main__":
    main()
