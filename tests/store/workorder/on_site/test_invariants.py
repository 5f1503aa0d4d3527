"""What was reported, proposed or sealed cannot be undone: the database refuses, whoever asks."""

from collections.abc import Mapping
from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from tests.store.workorder.conftest import MORNING, add_work_order, put_technician

COMMAND: Mapping[str, object] = {
    "kind": "work_clock", "occurred_at": MORNING, "clock_offset_ms": 0, "body": "{}",
    "refused_reason": "", "refused_message": "", "after_seal": False,
}  # fmt: skip
EXTRA: Mapping[str, object] = {
    "quote_id": "qt_9", "currency": "CNY", "total_minor": 8000, "note": "加长铜管",
    "state": "proposed", "expires_at": MORNING + timedelta(days=1), "ended_at": None,
    "ended_by_person_id": None,
}  # fmt: skip
LINE: Mapping[str, object] = {
    "catalogue": "spare_part_library", "quantity": 1, "amount_minor": 8000,
    "serial_numbers": ["SN1"], "photo_file_ids": ["fl_1.jpg"],
}  # fmt: skip


async def add_command(
    session: AsyncSession, command_id: str = "phone.0001", **other: object
) -> None:
    await session.execute(
        text(
            "INSERT INTO on_site_command (work_order_id, command_id, kind, technician_id,"
            " reported_by_person_id, device_id, occurred_at, clock_offset_ms, received_at, body,"
            " refused_reason, refused_message, after_seal)"
            " VALUES ('wo_1', :command_id, :kind, 'zhang', 'zhang', '', :occurred_at,"
            " :clock_offset_ms, :now, cast(:body AS jsonb), :refused_reason, :refused_message,"
            " :after_seal)"
        ),
        {**COMMAND, "command_id": command_id, "now": MORNING, **other},
    )


async def add_extra(session: AsyncSession, extra_id: str = "ex_1", **other: object) -> None:
    await session.execute(
        text(
            "INSERT INTO extra VALUES (:extra_id, 'wo_1', 'zhang', :quote_id, :currency,"
            " :total_minor, :note, :state, :now, 'zhang', :expires_at, :ended_at,"
            " :ended_by_person_id, '')"
        ),
        {**EXTRA, "extra_id": extra_id, "now": MORNING, **other},
    )


async def add_line(session: AsyncSession, **other: object) -> None:
    await session.execute(
        text(
            "INSERT INTO extra_line VALUES ('ex_1', 1, 'PCB', '主板', :catalogue, :quantity,"
            " :amount_minor, :serial_numbers, :photo_file_ids)"
        ),
        {**LINE, **other},
    )


async def refuses(session: AsyncSession, statement: str, match: str, **values: object) -> None:
    with pytest.raises(DBAPIError, match=match):
        await session.execute(text(statement), {"now": MORNING, **values})


@pytest.fixture(autouse=True)
async def order(session: AsyncSession) -> None:
    await put_technician(session)
    await add_work_order(session)


async def seal(session: AsyncSession) -> None:
    await session.execute(
        text("INSERT INTO on_site_seal VALUES ('wo_1', 0, 0, :digest, :now)"),
        {"digest": bytes(32), "now": MORNING},
    )


@pytest.mark.parametrize(
    ("other", "constraint"),
    [
        ({"command_id": "short"}, "on_site_command_command_id_check"),
        ({"kind": "dance"}, "on_site_command_kind_check"),
        ({"occurred_at": None}, "on_site_command_applied_is_whole"),
        ({"kind": ""}, "on_site_command_applied_is_whole"),
        ({"refused_reason": "X"}, "on_site_command_refused_says_why"),
        ({"kind": "evidence"}, "on_site_command_evidence_has_digest"),
        ({"kind": "evidence", "body": '{"sha256": "zz"}'}, "on_site_command_sha256_check"),
    ],
)
async def test_a_command_that_makes_no_sense_is_not_kept(
    session: AsyncSession, other: dict[str, object], constraint: str
) -> None:
    with pytest.raises(DBAPIError, match=constraint):
        await add_command(session, **other)  # type: ignore[arg-type]  # columns by name


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE on_site_command SET body = '{\"x\": 1}'",
        "UPDATE on_site_command SET refused_reason = 'x', refused_message = 'x'",
        "UPDATE on_site_command SET clock_offset_ms = 1",
        "UPDATE on_site_command SET clock_offset_ms = -1, device_id = 'x'",
        "DELETE FROM on_site_command",
        "TRUNCATE on_site_command CASCADE",
    ],
)
async def test_what_was_reported_is_kept_as_it_came(session: AsyncSession, statement: str) -> None:
    await add_command(session)
    await refuses(session, statement, "kept as it came|append-only")


async def test_only_a_lesser_offset_of_the_clock_is_written(session: AsyncSession) -> None:
    await add_command(session)
    await session.execute(text("UPDATE on_site_command SET clock_offset_ms = -5"))
    found = await session.scalar(text("SELECT clock_offset_ms FROM on_site_command"))
    assert found == -5


async def test_nothing_slips_under_a_seal(session: AsyncSession) -> None:
    await add_command(session)
    await seal(session)
    await add_command(session, "phone.0002", after_seal=True)
    with pytest.raises(DBAPIError, match="is sealed, or it is not"):
        await add_command(session, "phone.0003")


async def test_nothing_is_after_a_seal_that_is_not_there(session: AsyncSession) -> None:
    with pytest.raises(DBAPIError, match="is sealed, or it is not"):
        await add_command(session, after_seal=True)


@pytest.mark.parametrize("table", ["on_site_seal", "on_site_rule", "checklist", "fee_event"])
@pytest.mark.parametrize("verb", ["DELETE FROM", "TRUNCATE"])
async def test_what_holds_is_kept_for_ever(session: AsyncSession, table: str, verb: str) -> None:
    await seal(session)
    await session.execute(
        text("INSERT INTO checklist VALUES ('a', 1, 'A', '', '', '[]', true, :now, 'pe_hq')"),
        {"now": MORNING},
    )
    await session.execute(
        text(
            "INSERT INTO fee_event VALUES ('fe_1', 'wo_1', 'waiting/customer', 1, 'waiting',"
            " 'customer', 5, 'zhang', :now, false, 'default-1', :now)"
        ),
        {"now": MORNING},
    )
    await refuses(
        session, f"{verb} {table}{' CASCADE' if verb == 'TRUNCATE' else ''}", "append-only"
    )


@pytest.mark.parametrize(
    ("other", "constraint"),
    [
        ({"quote_id": ""}, "extra_quote_id_check"),
        ({"note": ""}, "extra_note_check"),
        ({"total_minor": -1}, "extra_total_minor_check"),
        ({"expires_at": MORNING}, "extra_expires_after_proposed"),
        ({"state": "approved"}, "extra_end_is_whole"),
        (
            {
                "state": "approved",
                "ended_at": MORNING + timedelta(days=1),
                "ended_by_person_id": "cu_li",
            },
            "extra_approved_in_time",
        ),
    ],
)
async def test_an_extra_that_makes_no_sense_is_refused(
    session: AsyncSession, other: dict[str, object], constraint: str
) -> None:
    with pytest.raises(DBAPIError, match=constraint):
        await add_extra(session, **other)  # type: ignore[arg-type]  # columns by name


async def test_one_quote_is_one_extra(session: AsyncSession) -> None:
    await add_extra(session)
    with pytest.raises(DBAPIError, match="extra_quote_id_key"):
        await add_extra(session, "ex_2")


@pytest.mark.parametrize(
    "other",
    [{"serial_numbers": []}, {"photo_file_ids": []}],
)
async def test_a_part_without_serial_number_or_photo_is_no_line(
    session: AsyncSession, other: dict[str, object]
) -> None:
    await add_extra(session)
    with pytest.raises(DBAPIError, match="extra_line_part_has_serial_and_photo"):
        await add_line(session, **other)


END = "UPDATE extra SET state = :state, ended_at = :now, ended_by_person_id = :who"


async def test_an_extra_is_answered_once_and_by_nobody_but_its_customer(
    session: AsyncSession,
) -> None:
    await add_extra(session)
    async with session.begin_nested() as attempt:
        await refuses(session, END, "answered by the customer", state="approved", who="pe_service")
        await attempt.rollback()
    await session.execute(text(END), {"state": "approved", "now": MORNING, "who": "cu_li"})
    await refuses(session, END, "once", state="declined", who="cu_li")


async def test_what_is_charged_for_an_extra_is_never_changed(session: AsyncSession) -> None:
    await add_extra(session)
    await refuses(session, "UPDATE extra SET total_minor = 1", "never changed otherwise")


COMPLETE = (
    "UPDATE work_order SET revision = 2, state = 'completed', checked_in_at = :now,"
    " completed_at = :at, window_start = :now, window_end = :now + interval '1h'"
)


async def test_no_work_is_completed_while_an_extra_waits(session: AsyncSession) -> None:
    await add_extra(session)
    await refuses(session, COMPLETE, "without an answer", at=MORNING)


async def test_an_extra_that_expired_keeps_nothing_up(session: AsyncSession) -> None:
    await add_extra(session)
    await session.execute(text(COMPLETE), {"now": MORNING, "at": MORNING + timedelta(days=1)})
