"""Who does a task, and until when."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from workflows.bpmn.juel import Unreadable, is_expression, read_expression
from workflows.bpmn.model import FlowNode
from workflows.bpmn.naming import Ids, title
from workflows.bpmn.notes import Notes
from workflows.bpmn.sources import Place
from workflows.bpmn.timers import flow_duration
from workflows.bpmn.variables import Variables
from workflows.bpmn.xml import VENDORS, ZEEBE, Element

#: Who is asked where the file says nobody.
UNASSIGNED: Final = "unassigned"
_RESOURCES: Final = ("potentialOwner", "humanPerformer", "performer")


@dataclass(slots=True)
class _Named:
    """Who a file names."""

    people: list[str]
    groups: list[str]


class People:
    """Turns what a file says of people into assignee rules; gathers the roles it names."""

    def __init__(self, variables: Variables, notes: Notes) -> None:
        self.roles: dict[str, dict[str, str]] = {}
        self._ids = Ids()
        self._variables = variables
        self._notes = notes

    def rule(self, node: FlowNode, place: Place) -> dict[str, Any]:
        """The assignee of a task that a person does."""
        named = self._named(node)
        people = [person for text in named.people if (person := self._person(text, node, place))]
        groups = [group for group in named.groups if not is_expression(group)]
        for computed in sorted(set(named.groups) - set(groups)):
            self._notes.warning(
                "BPMN_ASSIGNEE",
                f"the group {computed!r} is computed; a flow names its roles",
                node.element,
                "write the role into the flow",
            )
        if people:
            return self._of_people(people, groups, node)
        if groups:
            return self._of_groups(groups, node)
        return self._of_lane(node, place)

    def _of_people(self, people: list[str], groups: list[str], node: FlowNode) -> dict[str, Any]:
        rule: dict[str, Any] = {"person": people[0] if len(people) == 1 else people}
        if groups:
            rule["nobody"] = {"role": self.role(groups[0])}
            self._partly(
                node, "people and groups are named; the group is asked when nobody is found"
            )
        return rule

    def _of_groups(self, groups: list[str], node: FlowNode) -> dict[str, Any]:
        rule: dict[str, Any] = {"role": self.role(groups[0])}
        if len(groups) > 1:
            rule["nobody"] = {"role": self.role(groups[1])}
            self._partly(node, f"of {len(groups)} groups the first is asked, then the second")
        return rule

    def _partly(self, node: FlowNode, message: str) -> None:
        hint = "give the people one role, or name one"
        self._notes.warning("BPMN_ASSIGNEE", message, node.element, hint)

    def decider(self, node: FlowNode, place: Place, before: str) -> dict[str, Any]:
        """Who decides at a gateway: its lane's role, else whoever handled the node before it."""
        if before and self._lane(node, place) is None:
            return {"previous": before}
        return self._of_lane(node, place)

    def _of_lane(self, node: FlowNode, place: Place) -> dict[str, Any]:
        lane = self._lane(node, place)
        if lane is not None:
            return {"role": self.role(lane.take("name") or lane.id, lane.id)}
        self._notes.warning(
            "BPMN_ASSIGNEE_MISSING",
            f"nobody is named; it goes to the role {UNASSIGNED!r}",
            node.element,
            "name a role",
        )
        self.roles.setdefault(UNASSIGNED, {"name": "待分配", "name_en": "Unassigned"})
        return {"role": UNASSIGNED}

    def _lane(self, node: FlowNode, place: Place) -> Element | None:
        here: Place | None = place
        name = node.id
        while here is not None:
            if name in here.part.scope.lanes:
                return here.part.scope.lanes[name]
            here = self._variables.around(here)
            name = here.step if here else ""
        return None

    def role(self, name: str, otherwise: str = "") -> str:
        """The id of a role of the flow for a group or a lane."""
        found = self._ids.of(name, name, otherwise, "role")
        self.roles.setdefault(found, {"name": title(name, found)})
        return found

    def assignee(self, node: FlowNode) -> str:
        """The one person that a file names, as it is written."""
        named = self._named(node)
        return named.people[0] if len(named.people) == 1 and not named.groups else ""

    def _named(self, node: FlowNode) -> _Named:
        element = node.element
        named = _Named(_listed(element.take("assignee", *VENDORS)), [])
        users = _listed(element.take("candidateUsers", *VENDORS))
        named.groups += _listed(element.take("candidateGroups", *VENDORS))
        for extensions in element.all("extensionElements"):
            for zeebe in extensions.all("assignmentDefinition", ZEEBE):
                named.people += _listed(zeebe.take("assignee"))
                users += _listed(zeebe.take("candidateUsers"))
                named.groups += _listed(zeebe.take("candidateGroups"))
        for tag in _RESOURCES:
            for resource in element.all(tag):
                for assignment in resource.all("resourceAssignmentExpression"):
                    for expression in assignment.all("formalExpression"):
                        _read_resource(expression.say(), tag, users, named)
        named.people += users if not named.people else []
        return named

    def _person(self, text: str, node: FlowNode, place: Place) -> str:
        if not is_expression(text):
            return text
        try:
            return "=" + self._variables.text(read_expression(text), place)
        except Unreadable as error:
            self._notes.warning(
                "BPMN_ASSIGNEE",
                f"the person {text!r} cannot be computed: {error}",
                node.element,
                "name a role or a person in the flow",
            )
            return ""

    def deadline(self, node: FlowNode) -> dict[str, Any] | None:
        """The time in which a task must be done, from its due date."""
        due = node.element.take("dueDate", *VENDORS)
        for extensions in node.element.all("extensionElements"):
            for zeebe in extensions.all("taskSchedule", ZEEBE):
                due = due or zeebe.take("dueDate")
        if not due:
            return None
        duration = flow_duration(due)
        if duration is None:
            self._notes.warning(
                "BPMN_DUE_DATE",
                f"the due date {due!r} is no duration such as PT4H; the task has no deadline",
                node.element,
                "give it an sla",
            )
            return None
        return {"calendar": "natural", "complete": duration}


def _listed(text: str) -> list[str]:
    """The parts of ``a, b``; an expression is one part, whatever it holds."""
    if is_expression(text) and text.count("{") <= 1:
        return [text]
    return [part.strip() for part in text.split(",") if part.strip()]


def _read_resource(text: str, tag: str, users: list[str], named: _Named) -> None:
    if is_expression(text):
        users.append(text)
        return
    for part in text.split(","):
        name = part.strip()
        user = name.startswith("user(") and name.endswith(")")
        group = name.startswith("group(") and name.endswith(")")
        if user or group:
            name = name.partition("(")[2][:-1].strip()
        if name:
            is_user = user or (not group and tag != "potentialOwner")
            (users if is_user else named.groups).append(name)
