"""Files of customers, between decisions and messages; everything personal goes out masked."""

from __future__ import annotations

from typing import Final

from kit.spreadsheet.importing import Outcome, Plan, PlannedRow
from kit.spreadsheet.table import Problem
from protos.common.v1.place_pb2 import Location
from protos.directory.v1 import customer_import_pb2 as pb
from protos.directory.v1 import directory_pb2
from services.directory.domain.customer_import import IncomingCustomer
from services.directory.domain.masking import mask_name, mask_phone

_OUTCOMES: Final = {
    Outcome.ADDED: pb.CUSTOMER_IMPORT_OUTCOME_ADDED,
    Outcome.UNCHANGED: pb.CUSTOMER_IMPORT_OUTCOME_KNOWN,
    Outcome.WRONG: pb.CUSTOMER_IMPORT_OUTCOME_WRONG,
}


def address_of(incoming: IncomingCustomer) -> directory_pb2.NewAddress:
    """The address of a row, as it is handed in otherwise."""
    address = directory_pb2.NewAddress(
        adcode=incoming.adcode, detail=incoming.address, floor=incoming.floor
    )
    if incoming.location is not None:
        point = incoming.location
        address.location.CopyFrom(
            Location(
                longitude=point.longitude,
                latitude=point.latitude,
                coordinate_system=point.coordinate_system,
            )
        )
    return address


def row_to_proto(
    row: PlannedRow[IncomingCustomer],
    incoming: IncomingCustomer,
    place_name: str,
    known_customer_id: str,
) -> pb.CustomerImportRow:
    """What becomes of a row."""
    return pb.CustomerImportRow(
        row_number=row.number,
        outcome=_OUTCOMES[row.outcome],
        name_masked=mask_name(incoming.name),
        phone_masked=mask_phone(incoming.phone),
        place_name=place_name,
        known_customer_id=known_customer_id,
        problems=[problem_to_proto(problem) for problem in row.problems],
    )


def problem_to_proto(problem: Problem) -> pb.SheetProblem:
    """A located problem on the wire."""
    return pb.SheetProblem(
        sheet=problem.sheet,
        row_number=problem.row_number,
        column=problem.column,
        reason=problem.reason,
        message=problem.chinese,
        message_en=problem.message,
    )


def counts_of(plan: Plan[IncomingCustomer]) -> dict[str, int]:
    """How many rows come to what."""
    return {
        "added": plan.count(Outcome.ADDED),
        "known": plan.count(Outcome.UNCHANGED),
        "wrong": plan.count(Outcome.WRONG),
    }
