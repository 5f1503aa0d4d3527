"""``RegistryService``: who may do the work, and under which terms."""

from __future__ import annotations

from services.workorder.servicer.registry.absences import CalendarRpcs
from services.workorder.servicer.registry.dispatch_rules import DispatchRuleRpcs
from services.workorder.servicer.registry.outlets import OutletRpcs
from services.workorder.servicer.registry.registry_files import RegistryFileRpcs
from services.workorder.servicer.registry.teams import TeamRpcs


class RegistryServicer(OutletRpcs, TeamRpcs, DispatchRuleRpcs, CalendarRpcs, RegistryFileRpcs):
    """Keeps outlets' terms, teams, calendars, exclusions and preferences."""
