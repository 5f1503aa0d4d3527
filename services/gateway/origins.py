"""Where a request came from, as much as the audit should keep: which browser, which network.

No address that leads to one person's desk: the last part of it is left out.
"""

from __future__ import annotations

import ipaddress
from typing import Final

from starlette.requests import Request

#: The first that a user agent names; most browsers call themselves by the names of others as well.
_BROWSERS: Final = (
    ("wxwork", "WeCom"),
    ("MicroMessenger", "WeChat"),
    ("Edg", "Edge"),
    ("OPR", "Opera"),
    ("Firefox", "Firefox"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)
_SYSTEMS: Final = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS", "macOS"),
    ("Linux", "Linux"),
)
_V4_PREFIX: Final = 24
_V6_PREFIX: Final = 48


def browser_and_network(request: Request) -> str:
    """Such as ``Chrome · Windows · 203.0.113.0/24``; what is not known is left out."""
    agent = request.headers.get("User-Agent", "")
    address = request.client.host if request.client else ""
    parts = (_named(_BROWSERS, agent), _named(_SYSTEMS, agent), network_of(address))
    return " · ".join(part for part in parts if part)


def network_of(address: str) -> str:
    """The network of an address; empty for what is none."""
    try:
        host = ipaddress.ip_address(address)
    except ValueError:
        return ""
    prefix = _V4_PREFIX if host.version == 4 else _V6_PREFIX
    return str(ipaddress.ip_network(f"{host}/{prefix}", strict=False))


def _named(names: tuple[tuple[str, str], ...], agent: str) -> str:
    return next((name for mark, name in names if mark in agent), "")
