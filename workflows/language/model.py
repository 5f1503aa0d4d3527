"""The flow definition: the one document that operators draw, files hold and the compiler reads."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from workflows.language.fields import Condition, FormField, Identifier, Part, Title
from workflows.language.nodes import NodeDefinition

VariableType = Literal["bool", "int", "decimal", "string", "date", "timestamp", "duration", "money"]


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
    type: VariableType
    default: Condition | None = None


class Edge(Part):
    """A line from one node to another.

    Attributes:
        when: of a decision's edge, its condition.
        otherwise: of a decision's edge, taken when no condition holds.
        on: ``error`` makes it the path taken when the node fails.
        reasons: the failures it is for; none listed: all.
    """

    source: Identifier = Field(alias="from")
    target: Identifier = Field(alias="to")
    when: Condition | None = None
    otherwise: bool = False
    on: Literal["error"] | None = None
    reasons: tuple[Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9_]*$")], ...] = ()


class FlowHeader(Part):
    """What stands above nodes and edges.

    Attributes:
        language: the version of this language.
        code: the flow's name for machines, and its workflow type in Temporal.
        calendar: the business calendar's code in the directory; left out, round the clock.
        roles: the roles of the directory that the flow uses.
        managed_by: roles that may transfer anybody's user task and cancel a case.
        inputs: what a case starts with, read as ``inputs.<id>``.
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
    inputs: tuple[FormField, ...] = ()
    data: tuple[Variable, ...] = ()
    start: Identifier


class FlowDefinition(FlowHeader):
    """A whole flow."""

    nodes: tuple[NodeDefinition, ...]
    edges: tuple[Edge, ...]
