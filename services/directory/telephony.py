"""The way to the telephone company that has virtual numbers (隐私号)."""

from __future__ import annotations

from datetime import datetime
from typing import Final, Protocol

import httpx

from kit.errors import ResourceExhausted, Unavailable

#: Shorter than a call may take.
_TIMEOUT: Final = httpx.Timeout(3.0, connect=1.0)


class VirtualNumbers(Protocol):
    """Numbers that ring at somebody's own; a company may put its provider behind this."""

    async def bind(self, binding_id: str, number: str, until: datetime) -> str:
        """A number that rings at another one until an instant; the same for the same id.

        Raises:
            ResourceExhausted: ``VIRTUAL_NUMBERS_EXHAUSTED``.
            Unavailable: ``VIRTUAL_NUMBERS_UNREACHABLE``.
        """

    async def release(self, binding_id: str) -> None:
        """Let a number ring nowhere; harmless again, and after it expired.

        Raises:
            Unavailable: ``VIRTUAL_NUMBERS_UNREACHABLE``.
        """


class HttpVirtualNumbers:
    """A provider over HTTP: ``PUT`` and ``DELETE /bindings/{id}``."""

    def __init__(self, base_url: str) -> None:
        # It is named on purpose: no proxy of the environment's.
        self._http = httpx.AsyncClient(base_url=base_url, timeout=_TIMEOUT, trust_env=False)

    async def bind(self, binding_id: str, number: str, until: datetime) -> str:
        """A number that rings at another one until an instant; the same for the same id."""
        answer = await self._ask("PUT", binding_id, {"number": number, "until": until.isoformat()})
        if answer.status_code == httpx.codes.CONFLICT:
            raise ResourceExhausted(
                "VIRTUAL_NUMBERS_EXHAUSTED", "all virtual numbers are bound; try again later"
            )
        if answer.is_error:
            raise _unreachable()
        return str(answer.json()["virtual_number"])

    async def release(self, binding_id: str) -> None:
        """Let a number ring nowhere; harmless again, and after it expired."""
        if (await self._ask("DELETE", binding_id)).is_server_error:
            raise _unreachable()

    async def close(self) -> None:
        """Let go of the connections."""
        await self._http.aclose()

    async def _ask(
        self, verb: str, binding_id: str, body: dict[str, str] | None = None
    ) -> httpx.Response:
        try:
            return await self._http.request(verb, f"/bindings/{binding_id}", json=body)
        except httpx.TransportError as error:
            raise _unreachable() from error


def _unreachable() -> Unavailable:
    return Unavailable(
        "VIRTUAL_NUMBERS_UNREACHABLE", "the telephone company does not answer; try again shortly"
    )
