"""The node catalogue as plain data: what an annotated RPC offers to a flow.

``workflows.catalog`` reads it from the descriptors; the compiler, the console and tests only need
these types.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType

from workflows.language.types import Record, to_json


@dataclass(frozen=True, slots=True)
class RpcSpec:
    """One RPC that is a node on the canvas, or that the runtime calls on its own account.

    Attributes:
        name: the full name, ``pricing.v1.PricingService/Quote``.
        label: the Chinese title in the palette.
        label_en: the English title.
        category: the palette's group.
        quick: runs as a local activity chained in one workflow task; else an ordinary activity.
        mutating: it changes something, so its request carries an idempotency key.
        compensate_with: the full name of the RPC that undoes it, or empty.
        request: the request's fields, without the idempotency key; those a flow need not give are
            optional.
        response: the reply's fields; those that may be unset are optional.
        palette: carries ``option (flow.v1.node)``, so an operator may draw it.
    """

    name: str
    label: str
    label_en: str
    category: str
    quick: bool
    mutating: bool
    compensate_with: str
    request: Record
    response: Record
    palette: bool = True


@dataclass(frozen=True, slots=True)
class EventSpec:
    """A domain event that wakes a waiting case.

    Attributes:
        name: the message's full name, ``workorder.v1.WorkOrderChanged``.
        label: its Chinese title.
        payload: its fields.
    """

    name: str
    label: str
    payload: Record


@dataclass(frozen=True)
class NodeCatalog:
    """Every RPC and event known to the compiler, by full name."""

    rpcs: Mapping[str, RpcSpec]
    events: Mapping[str, EventSpec] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "rpcs", MappingProxyType(dict(self.rpcs)))
        object.__setattr__(self, "events", MappingProxyType(dict(self.events)))

    def find(self, name: str) -> RpcSpec | None:
        """The RPC of that full name, or None."""
        return self.rpcs.get(name)

    def palette(self) -> list[RpcSpec]:
        """The RPCs an operator may draw, by category and name."""
        return sorted(
            (spec for spec in self.rpcs.values() if spec.palette),
            key=lambda spec: (spec.category, spec.name),
        )

    @cached_property
    def fingerprint(self) -> str:
        """Names the catalogue by its content; a Plan says which one it was compiled against."""
        rpcs = [
            [
                spec.name, spec.quick, spec.mutating, spec.compensate_with,
                to_json(spec.request), to_json(spec.response),
            ]
            for spec in sorted(self.rpcs.values(), key=lambda spec: spec.name)
        ]  # fmt: skip
        events = [
            [event.name, to_json(event.payload)]
            for event in sorted(self.events.values(), key=lambda event: event.name)
        ]
        content = [rpcs, events]
        text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()
