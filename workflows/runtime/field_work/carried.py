"""What one run of a field work hands to the next when it continues as new."""

from __future__ import annotations

from dataclasses import dataclass, field

from workflows.compiler.plan import INTERPRETER_VERSION
from workflows.runtime.commands import CallRpc
from workflows.runtime.field_work.state import FieldWorkState
from workflows.runtime.payloads import Unrecorded


@dataclass(frozen=True, slots=True)
class CarriedWork:
    """A field work between two runs.

    Attributes:
        state: where it stands.
        calls: calls that were in flight; the next run makes them again under the same keys.
        unrecorded: what the read model does not know yet.
        left_build: the build that the run left because another one was present; empty: it did not.
        interpreter: the one that wrote this; an older one cannot take the field work over.
    """

    state: FieldWorkState
    calls: tuple[CallRpc, ...] = ()
    unrecorded: Unrecorded = field(default_factory=Unrecorded)
    left_build: str = ""
    interpreter: int = INTERPRETER_VERSION
