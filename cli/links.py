"""Where the product's other windows are: the Temporal UI, the WeCom sandbox."""

from __future__ import annotations

from functools import cache
from typing import Any
from urllib.parse import quote

from cli.verb import api


@cache
def product() -> dict[str, Any]:
    """What runs at the gateway's other end."""
    found: dict[str, Any] = api().plain("GET", "/product")
    return found


def workflow_link(workflow_id: str) -> str:
    """A case or field work in the Temporal UI; empty before the read model knows its workflow."""
    if not workflow_id:
        return ""
    found = product()
    address = f"{found['temporal_ui_url']}/namespaces/{found['temporal_namespace']}"
    return f"{address}/workflows/{quote(workflow_id, safe='')}"
