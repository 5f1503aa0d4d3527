"""Reservations and appointments on the wire."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from kit.errors import InvalidArgument
from kit.ids import new_id
from kit.rpc.convert import instant_from_proto, instant_to_proto
from protos.workorder.v1 import appointment_pb2 as pb
from protos.workorder.v1 import workorder_pb2
from services.workorder.convert.enums import enum_from_proto, enum_to_proto
from services.workorder.domain.appointments.rescheduling import (
    ChangeKind,
    CustomerAnswer,
    RescheduleBlame,
    RescheduleReason,
    Told,
    Why,
)
from services.workorder.domain.appointments.slot_reservation import Reservation, State
from services.workorder.domain.appointments.slots import Slot
from services.workorder.domain.orders import intake
from services.workorder.tables.appointments import AppointmentChangeRow, SlotReservationRow
from services.workorder.tables.work_orders import WorkOrderRow

#: From when to when; None: nothing is agreed.
Window = tuple[datetime, datetime] | None


def reservation_row(
    slot: Slot, place_codes: Sequence[str], now: datetime, until: datetime, person_id: str
) -> SlotReservationRow:
    """The row of a new hold; for whom, its maker says."""
    return SlotReservationRow(
        reservation_id=new_id("sr", now),
        place_codes=list(place_codes),
        territory_code=slot.key.territory_code,
        service_kind=slot.key.service_kind,
        window_start=slot.key.start,
        window_end=slot.end,
        state=State.HELD,
        reserved_at=now,
        reserved_by_person_id=person_id,
        expires_at=until,
    )


def reservation_to_proto(row: SlotReservationRow, now: datetime) -> pb.SlotReservation:
    """A reservation as it stands at an instant."""
    state = Reservation(row.reservation_id, State(row.state), row.expires_at).state_at(now)
    over = state is State.EXPIRED
    return pb.SlotReservation(
        reservation_id=row.reservation_id,
        case_id=row.case_id,
        work_order_id=row.work_order_id or "",
        customer_id=row.customer_id,
        territory_code=row.territory_code,
        service_kind=row.service_kind,
        window_start=instant_to_proto(row.window_start),
        window_end=instant_to_proto(row.window_end),
        state=enum_to_proto(pb.SlotReservationState, state),
        reserved_at=instant_to_proto(row.reserved_at),
        reserved_by_person_id=row.reserved_by_person_id,
        expires_at=instant_to_proto(row.expires_at),
        confirmed_at=instant_to_proto(row.confirmed_at),
        confirmed_by_person_id=row.confirmed_by_person_id or "",
        ended_at=instant_to_proto(row.expires_at if over else row.ended_at),
        ended_by_person_id=row.ended_by_person_id or "",
        end_reason=row.end_reason,
    )


def standing_to_proto(
    row: WorkOrderRow,
    reservation: pb.SlotReservation | None,
    changes: Sequence[AppointmentChangeRow],
    told: Told,
) -> pb.AppointmentStanding:
    """An appointment with everything that led there."""
    return pb.AppointmentStanding(
        work_order_id=row.work_order_id,
        case_id=row.case_id,
        appointment=_window_to_proto(row.window_start, row.window_end),
        reservation=reservation,
        customer_answer=enum_to_proto(pb.CustomerAnswer, told.answer),
        reschedule_count=told.reschedule_count,
        changes=[change_to_proto(each) for each in changes],
    )


def change_row(kind: ChangeKind, before: Window, after: Window, why: Why) -> AppointmentChangeRow:
    """What happens to an appointment; to which and by whom, its maker says."""
    return AppointmentChangeRow(
        kind=kind,
        from_start=before and before[0],
        from_end=before and before[1],
        to_start=after and after[0],
        to_end=after and after[1],
        reason_code=why.code or "",
        reason=why.reason,
        blamed_party=why.blamed_party or "",
    )


def window_of(row: WorkOrderRow) -> Window:
    """The window agreed; None: nothing is."""
    if row.window_start is None or row.window_end is None:
        return None
    return row.window_start, row.window_end


def change_to_proto(row: AppointmentChangeRow) -> pb.AppointmentChange:
    """What happened to an appointment."""
    code = RescheduleReason(row.reason_code) if row.reason_code else None
    blamed = RescheduleBlame(row.blamed_party) if row.blamed_party else None
    return pb.AppointmentChange(
        change_number=row.change_number,
        kind=enum_to_proto(pb.AppointmentChangeKind, ChangeKind(row.kind)),
        changed_at=instant_to_proto(row.changed_at),
        acting_person_id=row.acting_person_id,
        from_window=_window_to_proto(row.from_start, row.from_end),
        to_window=_window_to_proto(row.to_start, row.to_end),
        reservation_id=row.reservation_id or "",
        reason_code=enum_to_proto(pb.RescheduleReason, code),
        reason=row.reason,
        blamed_party=enum_to_proto(pb.RescheduleBlame, blamed),
    )


def why_from_proto(request: pb.RescheduleAppointmentRequest) -> Why:
    """Why an appointment moves, as far as it is said."""
    return Why(
        reason=intake.require_short(request.reason.strip(), "reason"),
        code=enum_from_proto(
            pb.RescheduleReason, RescheduleReason, request.reason_code, "reason_code"
        ),
        blamed_party=enum_from_proto(
            pb.RescheduleBlame, RescheduleBlame, request.blamed_party, "blamed_party"
        ),
    )


def answer_from_proto(request: pb.AnswerAppointmentRequest) -> CustomerAnswer:
    """What the customer says (``APPOINTMENT_ANSWER_MISSING``)."""
    answer = enum_from_proto(pb.CustomerAnswer, CustomerAnswer, request.answer, "answer")
    if answer is None:
        raise InvalidArgument(
            "APPOINTMENT_ANSWER_MISSING",
            "say whether the window suits, or another time is wished",
            field="answer",
        )
    return answer


def wished_from_proto(request: pb.AnswerAppointmentRequest) -> Window:
    """When the customer would rather have it; None: they did not say."""
    if not request.HasField("wished"):
        return None
    return (
        instant_from_proto(request.wished.window_start, "wished.window_start"),
        instant_from_proto(request.wished.window_end, "wished.window_end"),
    )


def reservation_state_from_proto(number: pb.SlotReservationState.ValueType) -> State | None:
    """A state from the wire; None when none was given."""
    return enum_from_proto(pb.SlotReservationState, State, number, "state")


def _window_to_proto(
    start: datetime | None, end: datetime | None
) -> workorder_pb2.Appointment | None:
    if start is None or end is None:
        return None
    return workorder_pb2.Appointment(
        window_start=instant_to_proto(start), window_end=instant_to_proto(end)
    )
