"""What every route reaches through: one value, made once, carried by the app."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends
from starlette.requests import HTTPConnection

from kit.clock import Clock
from kit.db.session import Database
from kit.rpc.client import RpcCaller
from services.gateway.people import People
from services.gateway.settings import GatewaySettings
from workflows.client import Cases, Payloads


@dataclass(frozen=True, slots=True)
class Edge:
    """The gateway's ways out: its own schema, the services, the cases, their payloads."""

    settings: GatewaySettings
    clock: Clock
    database: Database
    caller: RpcCaller
    people: People
    cases: Cases
    payloads: Payloads


def edge_of(connection: HTTPConnection) -> Edge:
    """The edge of the app that serves this request."""
    edge: Edge = connection.app.state.edge
    return edge


EdgeOf = Annotated[Edge, Depends(edge_of)]
