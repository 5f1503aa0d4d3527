"""The flow definition: the one document that operators draw, files hold and the compiler reads."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, ValidationError

from workflows.language.fields import (
    FORM_FIELDS,
    Condition,
    FormField,
    Identifier,
    Part,
    ScalarName,
    Title,
)
from workflows.language.nodes import Edge, NodeDefinition
from workflows.language.reading import read_source


class Stage(Part):
    """A part of the case's life: presale 售前, install 安装, aftersale 售后."""

    id: Identifier
    name: Title
    name_en: str = ""


class Role(Part):
    """A role of the directory that this flow gives work to or tells."""

    name: Title
    name_en: str = ""


class Variable(Part):
    """A value of the flow's own, set by nodes and read as ``data.<id>``."""

    id: Identifier
    type: ScalarName
    default: Condition | None = None


class PauseReason(Part):
    """Why a task's clocks may be stopped, and to whom the waiting is charged.

    Attributes:
        blames: the party that blocks: a role of the directory, ``customer`` or ``supplier``.
    """

    name: Title
    name_en: str = ""
    blames: Identifier


class Priority(Part):
    """How urgent a case is.

    Attributes:
        when: cases that start with this have it; a condition on the inputs.
        default: cases for which no condition holds have it.
    """

    id: Identifier
    name: Title
    name_en: str = ""
    when: Condition | None = None
    default: bool = False


class FlowHeader(Part):
    """What stands above nodes and edges.

    Attributes:
        language: the version of this language.
        code: the flow's name for machines, and its workflow type in Temporal.
        calendar: the business calendar's code in the directory; left out, round the clock.
        roles: the roles of the directory that the flow uses.
        managed_by: roles that may transfer anybody's user task and cancel a case.
        pause_reasons: why a user task may be paused.
        priorities: how urgent a case may be, the most urgent first.
        inputs: what a case starts with, read as ``inputs.<id>``.
        outputs: what a case leaves behind for the flow that lived it through: name to expression,
            computed at its end.
        start: the node where a case begins.
    """

    language: Literal["1.0"] = "1.0"
    code: Identifier
    name: Title
    name_en: str = ""
    description: str = ""
    calendar: Identifier | None = None
    roles: dict[Identifier, Role] = Field(default_factory=dict)
    managed_by: tuple[Identifier, ...] = ()
    stages: tuple[Stage, ...] = ()
    pause_reasons: dict[Identifier, PauseReason] = Field(default_factory=dict)
    priorities: Annotated[tuple[Priority, ...], Field(max_length=9)] = ()
    inputs: Annotated[tuple[FormField, ...], Field(max_length=FORM_FIELDS)] = ()
    outputs: dict[Identifier, Condition] = Field(default_factory=dict)
    data: tuple[Variable, ...] = ()
    start: Identifier


class FlowDefinition(FlowHeader):
    """A whole flow."""

    nodes: tuple[NodeDefinition, ...]
    edges: tuple[Edge, ...]

    @classmethod
    def read(cls, text: str) -> FlowDefinition | None:
        """The definition in a source; None when it is malformed (the compiler says how)."""
        source = read_source(text)
        if source.problems:
            return None
        try:
            return cls.model_validate(source.value)
        except ValidationError:
            return None
