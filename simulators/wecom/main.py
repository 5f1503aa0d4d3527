"""`python -m simulators.wecom.main`: the WeCom simulator as a server on this machine."""

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import uvicorn
from fastapi import FastAPI

from simulators.journal import Journal
from simulators.wecom import admin, api, pages, seed
from simulators.wecom.callbacks import CallbackEngine
from simulators.wecom.clock import Clock
from simulators.wecom.company import Company
from simulators.wecom.settings import Settings
from simulators.wire import server


def create_app(company: Company) -> FastAPI:
    """The server API, the admin API and the page over one company."""
    engine = CallbackEngine(company)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        await engine.close()
        company.journal.close()

    app = FastAPI(title="WeCom SIMULATOR", docs_url=None, redoc_url=None, lifespan=lifespan)
    app.include_router(api.router(company))
    app.include_router(admin.router(company, engine))
    app.include_router(pages.router(company))

    @app.get("/healthz")
    async def healthz() -> dict[str, str]:
        return {"state": "ok", "server": "WeCom SIMULATOR"}

    return app


def company_of(settings: Settings) -> Company:
    """The demonstration company, with the chats kept from earlier."""
    app = seed.demo_app(settings.secret, settings.callback())
    return Company(clock=Clock(), journal=Journal(settings.file), apps={app.agentid: app})


def server_of(settings: Settings) -> uvicorn.Server:
    """The configured server."""
    return server(create_app(company_of(settings)), settings.bind_host, settings.port)


def main() -> None:
    """Serve until told to stop."""
    settings = Settings()
    if settings.environment.lower() == "production":
        sys.exit("ENV=production: the WeCom simulator must never run in production")
    sys.stderr.write(
        f"SIMULATOR of WeCom, not the real service: http://{settings.bind_host}:{settings.port}/\n"
    )
    server_of(settings).run()


if __name__ == "__main__":
    main()
