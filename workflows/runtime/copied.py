"""A run's state, copied for one step.

Containers are copied when the step begins and their immutable elements replaced, so the state that
the step began with stays as it was.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from workflows.compiler.plan import PlanNode
from workflows.language.values import Json
from workflows.runtime.state import CaseStatus, Phase, RunState, Token


class CopiedRun:
    """The parts of a run's state by their names, and what changes in them alone.

    Attributes:
        at: the instant of the step.
    """

    def __init__(self, state: RunState, at: datetime) -> None:
        self.at = at
        self.status = state.status
        self.reason = state.reason
        self.end_node = state.end_node
        self.effects = state.effects
        self.unwinding = state.unwinding
        self.own_data = dict(state.data)
        self.standings = dict(state.standings)
        self.tokens = dict(state.tokens)
        self.joined = dict(state.joined)
        self.tasks = dict(state.tasks)
        self.timers = dict(state.timers)
        self.stopped_timers = dict(state.stopped_timers)
        self.calls = dict(state.calls)
        self.children = dict(state.children)
        self.awaited = dict(state.awaited)
        self.handlers = dict(state.handlers)
        self.earlier = dict(state.earlier)
        self.kept_for = dict(state.kept_for)
        self.incidents = dict(state.incidents)
        self.rounds = dict(state.rounds)
        self.inner = dict(state.inner)

    @property
    def running(self) -> bool:
        """True while tokens may still move on by themselves."""
        return self.status is CaseStatus.RUNNING

    def place_token(self, node: PlanNode, phase: Phase) -> Token:
        """Put a token on a node whose visit has begun."""
        token = Token(node.id, self.standings[node.id].visit, self.at, phase)
        self.tokens[node.id] = token
        return token

    def set_phase(self, node: str, phase: Phase) -> None:
        """Say what the token on a node waits for."""
        self.tokens[node] = replace(self.tokens[node], phase=phase)

    def is_at(self, node: str, visit: int) -> bool:
        """True when a token stands on that very visit of a node."""
        token = self.tokens.get(node)
        return token is not None and token.visit == visit

    def set_result(self, node: str, result: Json) -> None:
        """Keep what a node leaves behind."""
        self.own_data[node] = result

    def forget_result(self, node: str) -> None:
        """A node leaves nothing behind this time."""
        self.own_data.pop(node, None)

    def set_variables(self, values: dict[str, Any]) -> None:
        """Give variables of the flow their values."""
        self.own_data["data"] = {**self.own_data["data"], **values}
