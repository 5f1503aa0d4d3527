"""`python -m simulators.numbers.main`: a telephone company with virtual numbers, on this machine.

PUT    /bindings/{id}   {"number", "until"} -> {"virtual_number"}; the same again for the same id
DELETE /bindings/{id}   it rings nowhere
POST   /calls           {"virtual_number"} -> {"rings_at"}: what dialling it would do
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from datetime import UTC, datetime

import uvicorn
from fastapi import FastAPI, HTTPException
from pydantic import AwareDatetime, BaseModel
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """What this process may be told."""

    model_config = SettingsConfigDict(env_prefix="NUMBERS_", extra="ignore")

    bind_host: str = "127.0.0.1"
    port: int = 8092
    pool_size: int = 100


class Wanted(BaseModel):
    """Where a number is to ring, and until when."""

    number: str
    until: AwareDatetime


class Dialled(BaseModel):
    """Which number is called."""

    virtual_number: str


@dataclass(frozen=True, slots=True)
class _Binding:
    virtual_number: str
    number: str
    until: datetime


class Exchange:
    """The numbers of a telephone company, and where each of them rings."""

    def __init__(self, pool_size: int) -> None:
        self._pool = [f"170{n:08}" for n in range(1, pool_size + 1)]
        self._bindings: dict[str, _Binding] = {}

    def bind(self, binding_id: str, wanted: Wanted, now: datetime) -> str | None:
        """A number that rings there; None: all of them are bound."""
        known = self._bindings.get(binding_id)
        taken = {each.virtual_number for each in self._bindings.values() if each.until > now}
        free = (
            known.virtual_number
            if known
            else next((number for number in self._pool if number not in taken), None)
        )
        if free is not None:
            self._bindings[binding_id] = _Binding(free, wanted.number, wanted.until)
        return free

    def release(self, binding_id: str) -> None:
        """It rings nowhere."""
        self._bindings.pop(binding_id, None)

    def rings_at(self, virtual_number: str, now: datetime) -> str:
        """Which number a virtual one rings at; empty: at none."""
        for each in self._bindings.values():
            if each.virtual_number == virtual_number and each.until > now:
                return each.number
        return ""


def create_app(exchange: Exchange) -> FastAPI:
    """The provider's API over an exchange."""
    app = FastAPI(title="Virtual numbers SIMULATOR", docs_url=None, redoc_url=None)

    @app.put("/bindings/{binding_id}")
    async def bind(binding_id: str, wanted: Wanted) -> dict[str, str]:
        number = exchange.bind(binding_id, wanted, _now())
        if number is None:
            raise HTTPException(409, "all numbers are bound")
        return {"virtual_number": number}

    @app.delete("/bindings/{binding_id}")
    async def release(binding_id: str) -> dict[str, str]:
        exchange.release(binding_id)
        return {}

    @app.post("/calls")
    async def call(dialled: Dialled) -> dict[str, str]:
        return {"rings_at": exchange.rings_at(dialled.virtual_number, _now())}

    @app.get("/healthz")
    async def healthz() -> dict[str, str]:
        return {"state": "ok", "server": "virtual numbers SIMULATOR"}

    return app


def _now() -> datetime:
    return datetime.now(UTC)  # noqa: TID251 - a simulator of the world outside, with its own clock


def main() -> None:
    """Serve until told to stop."""
    settings = Settings()
    sys.stderr.write(f"SIMULATOR of virtual numbers: http://127.0.0.1:{settings.port}/\n")
    app = create_app(Exchange(settings.pool_size))
    uvicorn.run(app, host=settings.bind_host, port=settings.port, log_level="warning")


if __name__ == "__main__":
    main()
