"""The RPCs of the directory, one noun a file: facts from the request, rows from the store, a
decision, save, reply.
"""

from __future__ import annotations

from protos.directory.v1.customer_pb2_grpc import CustomerServiceServicer
from protos.directory.v1.directory_pb2_grpc import DirectoryServiceServicer
from services.directory.servicer.absences import AbsenceRpcs
from services.directory.servicer.assignees import AssigneeRpcs
from services.directory.servicer.calendars import CalendarRpcs
from services.directory.servicer.contacts import ContactRpcs, TagRpcs
from services.directory.servicer.customers import CustomerRpcs
from services.directory.servicer.finding_customers import FindingRpcs
from services.directory.servicer.merges import MergeRpcs
from services.directory.servicer.organisation import OrganisationRpcs
from services.directory.servicer.outlets import OutletRpcs
from services.directory.servicer.people import PersonRpcs
from services.directory.servicer.places import PlaceRpcs
from services.directory.servicer.regions import RegionRpcs
from services.directory.servicer.zones import ZoneRpcs


class DirectoryServicer(
    PersonRpcs,
    AssigneeRpcs,
    OrganisationRpcs,
    AbsenceRpcs,
    OutletRpcs,
    CustomerRpcs,
    PlaceRpcs,
    ZoneRpcs,
    RegionRpcs,
    CalendarRpcs,
    DirectoryServiceServicer,
):
    """People and their organisation, absences, outlets, customers, places and calendars."""


class CustomerServicer(ContactRpcs, TagRpcs, FindingRpcs, MergeRpcs, CustomerServiceServicer):
    """What is known of customers: profiles, contacts, tags, who they are the same as."""
