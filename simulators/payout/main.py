"""`python -m simulators.payout.main`: the payout channel's sandbox as a server on this machine."""

import asyncio
import contextlib
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import uvicorn
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key
from fastapi import FastAPI

from simulators.journal import Journal
from simulators.payout import admin, api, pages
from simulators.payout.bank import Bank
from simulators.payout.clock import Clock
from simulators.payout.faults import FaultPlan
from simulators.payout.notices import Notifier
from simulators.payout.settings import Settings
from simulators.payout.signing import Seals
from simulators.wire import server


def create_app(bank: Bank, seals: Seals, appid: str) -> FastAPI:
    """The merchant's API, the admin API and the page over one platform."""
    faults = FaultPlan()
    notifier = Notifier(bank, seals, faults)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        telling = asyncio.create_task(notifier.run())
        yield
        telling.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await telling
        await notifier.close()
        bank.journal.close()

    app = FastAPI(title="payout SIMULATOR", docs_url=None, redoc_url=None, lifespan=lifespan)
    app.state.bank, app.state.notifier = bank, notifier
    app.include_router(api.router(bank, seals, faults, appid))
    app.include_router(admin.router(bank, faults, notifier))
    app.include_router(pages.router(bank))

    @app.get("/healthz")
    async def healthz() -> dict[str, str]:
        return {"state": "ok", "server": "payout SIMULATOR"}

    return app


def seals_of(settings: Settings, clock: Clock) -> Seals:
    """The keys that the settings name."""
    platform = load_pem_private_key(settings.platform_key_file.read_bytes(), password=None)
    merchant = load_pem_public_key(settings.merchant_public_key_file.read_bytes())
    if not isinstance(platform, RSAPrivateKey) or not isinstance(merchant, RSAPublicKey):
        raise SystemExit("the keys of the payout channel are RSA keys")
    return Seals(
        mchid=settings.mchid,
        merchant_serial=settings.merchant_serial,
        merchant_key=merchant,
        platform_serial=settings.platform_serial,
        platform_key=platform,
        api_key=settings.api_key_file.read_bytes().strip(),
        clock=clock,
    )


def server_of(settings: Settings) -> uvicorn.Server:
    """The configured server."""
    clock = Clock()
    bank = Bank(clock=clock, journal=Journal(settings.file))
    app = create_app(bank, seals_of(settings, clock), settings.appid)
    return server(app, settings.bind_host, settings.port)


def main() -> None:
    """Serve until told to stop."""
    settings = Settings()
    if settings.environment.lower() == "production":
        sys.exit("ENV=production: the payout simulator must never run in production")
    sys.stderr.write(
        "SIMULATOR of a payout channel, not the real service:"
        f" http://{settings.bind_host}:{settings.port}/\n"
    )
    server_of(settings).run()


if __name__ == "__main__":
    main()
