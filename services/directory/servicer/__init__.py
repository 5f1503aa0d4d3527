"""The RPCs of the directory, one noun a file: facts from the request, rows from the store, a
decision, save, reply.
"""

from __future__ import annotations

from services.directory.servicer.calendars import CalendarRpcs
from services.directory.servicer.customers import CustomerRpcs
from services.directory.servicer.outlets import OutletRpcs
from services.directory.servicer.people import PersonRpcs
from services.directory.servicer.places import PlaceRpcs


class DirectoryServicer(PersonRpcs, OutletRpcs, CustomerRpcs, PlaceRpcs, CalendarRpcs):
    """People, outlets, customers, places and calendars."""
