"""How soon: deadlines, reminders and escalations."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from workflows.compiler.context import Context
from workflows.compiler.durations import effective_calendar, lower_duration
from workflows.compiler.lower_assignee import lower_assignee
from workflows.compiler.plan import PlanAlarm, PlanSla
from workflows.compiler.report import Spot
from workflows.language.nodes import CalendarKind, Escalation, Reminder, Sla
from workflows.language.typed import Scope


def alarm_id(escalation: int) -> str:
    """The name of an escalation's alarm, by its position from 0."""
    return f"escalate-{escalation + 1}"


def lower_sla(sla: Sla, scope: Scope, context: Context, spot: Spot) -> PlanSla:
    """Check deadlines, reminders and escalations."""
    calendar = effective_calendar(sla.calendar, context)
    limits: dict[str, int] = {}
    for key, text in (("respond", sla.respond), ("complete", sla.complete)):
        if text is not None:
            seconds = lower_duration(
                text, calendar, context, spot / key, at_once="a deadline cannot be at once"
            )
            limits[key] = seconds or 0
    _check_limits(limits, context, spot)
    clocks = _Clocks(limits, calendar, scope, context)
    alarms = [
        clocks.reminder(reminder, index, spot / "remind" / index)
        for index, reminder in enumerate(sla.remind)
    ]
    alarms += [
        clocks.escalation(escalation, index, spot / "escalate" / index)
        for index, escalation in enumerate(sla.escalate)
    ]
    return PlanSla(
        calendar=calendar,
        respond_seconds=limits.get("respond"),
        complete_seconds=limits.get("complete"),
        alarms=tuple(alarms),
    )


def _check_limits(limits: Mapping[str, int], context: Context, spot: Spot) -> None:
    if not limits:
        context.report.error(
            "FLOW_SLA_DEADLINE", "there is no deadline", spot, "set respond or complete"
        )
    if len(limits) > 1 and limits["respond"] > limits["complete"]:
        context.report.error(
            "FLOW_SLA_DEADLINE",
            "the time to respond is longer than the time to complete",
            spot / "respond",
        )


@dataclass(frozen=True, slots=True)
class _Clocks:
    """The deadlines of one task, and what happens around them."""

    limits: Mapping[str, int]
    calendar: CalendarKind
    scope: Scope
    context: Context

    def reminder(self, reminder: Reminder, index: int, spot: Spot) -> PlanAlarm:
        """A message before or after a deadline."""
        self._has_deadline(reminder.of, spot)
        offset = 0
        if (reminder.before is None) == (reminder.after is None):
            self.context.report.error(
                "FLOW_SLA_REMINDER", "a reminder comes either before or after a deadline", spot
            )
        elif reminder.before is not None:
            offset = -self._seconds(reminder.before, spot / "before")
            if reminder.of in self.limits and -offset >= self.limits[reminder.of]:
                self.context.report.error(
                    "FLOW_SLA_REMINDER",
                    f"{reminder.before} before the deadline is before the task opens",
                    spot / "before",
                )
        elif reminder.after is not None:
            offset = self._seconds(reminder.after, spot / "after")
        return PlanAlarm(
            id=f"remind-{index + 1}",
            level=index + 1,
            of=reminder.of,
            offset_seconds=offset,
            template=reminder.template,
        )

    def escalation(self, escalation: Escalation, index: int, spot: Spot) -> PlanAlarm:
        """A message, another assignee or another way after a deadline."""
        self._has_deadline(escalation.of, spot)
        rules = {
            key: lower_assignee(rule, self.scope, self.context, spot / key)
            for key, rule in (
                ("notify", escalation.notify),
                ("reassign_to", escalation.reassign_to),
            )
            if rule is not None
        }
        complaint = ""
        if not rules and escalation.take is None:
            complaint = "an escalation tells somebody, reassigns the task or takes another way"
        elif escalation.reassign_to is not None and escalation.take is not None:
            complaint = "a task that is withdrawn for another way cannot be reassigned as well"
        if complaint:
            self.context.report.error(
                "FLOW_SLA_ESCALATION", complaint, spot, "notify: {role: supervisor}"
            )
        return PlanAlarm(
            id=alarm_id(index),
            level=index + 1,
            of=escalation.of,
            offset_seconds=self._seconds(escalation.after, spot / "after"),
            notify=rules.get("notify"),
            template=escalation.template,
            reassign=rules.get("reassign_to"),
        )

    def _seconds(self, text: str, spot: Spot) -> int:
        return lower_duration(text, self.calendar, self.context, spot) or 0

    def _has_deadline(self, of: Literal["respond", "complete"], spot: Spot) -> None:
        if of not in self.limits:
            self.context.report.error(
                "FLOW_SLA_DEADLINE", f"there is no time to {of}", spot / "of", f"set {of}"
            )
