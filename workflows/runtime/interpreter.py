"""The interpreter: ``step(state, event, plan)`` gives the next state and what to do.

Pure and deterministic: no clock, no chance, no IO. Temporal drives it in a workflow; a virtual clock
drives the same code in tests, dry runs and simulations.
"""

from __future__ import annotations

from workflows.compiler.plan import Plan
from workflows.runtime.commands import Command
from workflows.runtime.events import Event
from workflows.runtime.state import CaseState


def step(state: CaseState, event: Event, plan: Plan) -> tuple[CaseState, list[Command]]:
    """Apply one event.

    Args:
        state: where the case stands; ``CaseState()`` before ``Started``. It is left as it is.
        event: what happened.
        plan: the case's plan.

    Returns:
        The next state, and the commands to carry out in order.

    Raises:
        ServiceError: the event is an act that ``check_act`` refuses; nothing has changed.
    """
    raise NotImplementedError
