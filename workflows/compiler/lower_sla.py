"""How soon: deadlines, reminders and escalations."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from workflows.compiler.context import Context
from workflows.compiler.durations import effective_calendar, lower_duration
from workflows.compiler.lower_assignee import lower_assignee
from workflows.compiler.plan import PlanAlarm, PlanLimits, PlanSla
from workflows.compiler.report import Spot
from workflows.language.nearest import did_you_mean
from workflows.language.nodes import CalendarKind, Escalation, Limits, Reminder, Sla
from workflows.language.typed import Scope


def alarm_id(escalation: int) -> str:
    """The name of an escalation's alarm, by its position from 0."""
    return f"escalate-{escalation + 1}"


def lower_sla(sla: Sla, scope: Scope, context: Context, spot: Spot) -> PlanSla:
    """Check deadlines, reminders and escalations."""
    calendar = effective_calendar(sla.calendar, context)
    usual = _limits(sla, calendar, context, spot)
    if usual == PlanLimits():
        context.report.error(
            "FLOW_SLA_DEADLINE", "there is no deadline", spot, "set respond or complete"
        )
    by_priority = _by_priority(sla, usual, calendar, context, spot / "by_priority")
    clocks = _Clocks(usual, tuple(by_priority.values()), calendar, scope, context)
    alarms = [
        clocks.reminder(reminder, index, spot / "remind" / index)
        for index, reminder in enumerate(sla.remind)
    ]
    alarms += [
        clocks.escalation(escalation, index, spot / "escalate" / index)
        for index, escalation in enumerate(sla.escalate)
    ]
    return PlanSla(calendar=calendar, **dict(usual), by_priority=by_priority, alarms=tuple(alarms))


def _limits(
    given: Sla | Limits, calendar: CalendarKind, context: Context, spot: Spot
) -> PlanLimits:
    seconds: dict[str, int | None] = {}
    for key, text in (("respond", given.respond), ("complete", given.complete)):
        if text is not None:
            lowered = lower_duration(
                text, calendar, context, spot / key, at_once="a deadline cannot be at once"
            )
            seconds[f"{key}_seconds"] = lowered or 0
    limits = PlanLimits(**seconds)
    _check_order(limits, context, spot)
    return limits


def _by_priority(
    sla: Sla, usual: PlanLimits, calendar: CalendarKind, context: Context, spot: Spot
) -> dict[str, PlanLimits]:
    known = [priority.id for priority in context.header.priorities]
    found: dict[str, PlanLimits] = {}
    for name, given in sla.by_priority.items():
        place = spot / name
        if name not in known:
            context.report.error(
                "FLOW_PRIORITY_UNKNOWN",
                f"the flow has no priority {name!r}",
                place,
                did_you_mean(name, known) or "declare it under priorities",
            )
        for key in ("respond", "complete"):
            if getattr(given, key) is not None and getattr(sla, key) is None:
                context.report.error(
                    "FLOW_SLA_DEADLINE",
                    f"there is no usual time to {key}",
                    place / key,
                    f"set {key} above as well",
                )
        own = _limits(given, calendar, context, place)
        found[name] = PlanLimits(
            respond_seconds=own.respond_seconds or usual.respond_seconds,
            complete_seconds=own.complete_seconds or usual.complete_seconds,
        )
        if None in (own.respond_seconds, own.complete_seconds):
            _check_order(found[name], context, place)
    return found


def _check_order(limits: PlanLimits, context: Context, spot: Spot) -> None:
    respond, complete = limits.respond_seconds, limits.complete_seconds
    if respond and complete and respond > complete:
        context.report.error(
            "FLOW_SLA_DEADLINE",
            "the time to respond is longer than the time to complete",
            spot / "respond",
        )


@dataclass(frozen=True, slots=True)
class _Clocks:
    """The deadlines of one task, and what happens around them.

    Attributes:
        others: in cases of other priorities.
    """

    limits: PlanLimits
    others: tuple[PlanLimits, ...]
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
            shortest = min(
                (
                    seconds
                    for limits in (self.limits, *self.others)
                    if (seconds := limits.seconds(reminder.of))
                ),
                default=None,
            )
            if shortest is not None and -offset >= shortest:
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
        if self.limits.seconds(of) is None:
            self.context.report.error(
                "FLOW_SLA_DEADLINE", f"there is no time to {of}", spot / "of", f"set {of}"
            )
