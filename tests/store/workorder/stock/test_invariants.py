"""What must never be of the stock stands in the database: it refuses, whoever asks."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from services.workorder.store.stock import stock_lists
from tests.store.workorder.conftest import MORNING

ROOMS = """
INSERT INTO stockroom (stockroom_id, stockroom_kind, name, outlet_id, technician_id, destination_id,
    place_codes, currency, four_eyes_above_minor, active, put_at, put_by_person_id)
VALUES ('central', 'central', '总仓', '', '', NULL, '{}', 'CNY', 0, true, now(), 'x'),
       ('van', 'vehicle', '车', '', 'zhang', NULL, '{}', 'CNY', 0, true, now(), 'x'),
       ('thai', 'central', '曼谷', '', '', NULL, '{}', 'THB', 0, true, now(), 'x')
"""
ITEMS = """
INSERT INTO stock_item (item_code, name, serial_tracked, needs_approval, core_return_days, put_at,
    put_by_person_id)
VALUES ('FUSE', '保险丝', false, false, 0, now(), 'x'), ('PUMP', '泵', true, true, 14, now(), 'x')
"""
MOVEMENT = """
INSERT INTO stock_movement (movement_id, movement_kind, item_code, quantity, from_stockroom_id,
    to_stockroom_id, cost_minor, currency, serial_numbers, document_id, work_order_id, reason,
    moved_at, moved_by_person_id)
VALUES (:id, :kind, :item, :quantity, :source, :target, :cost, :currency, :serials, '', :order, '',
    :now, 'x')
"""
RESERVATION = """
WITH head AS (
    INSERT INTO stock_reservation (reservation_id, stockroom_id, case_id, work_order_id,
        part_request_id, reserved_at, reserved_by_person_id, expires_at)
    VALUES (:id, 'central', '', 'wo_1', '', :now, 'x', NULL) RETURNING reservation_id)
SELECT reservation_id FROM head
"""
HELD = """
INSERT INTO stock_reservation_line VALUES (:id, 'central', 'FUSE', :quantity, :quantity)
"""


async def moved(session: AsyncSession, kind: str, item: str, quantity: int, **ends: object) -> None:
    values = {
        "id": f"sm_{kind}_{item}_{quantity}_{ends}",
        "kind": kind,
        "item": item,
        "quantity": quantity,
        "source": None,
        "target": None,
        "cost": 0,
        "currency": "CNY",
        "serials": [],
        "order": "wo_1" if kind == "use" else "",
        "now": MORNING,
    }
    await session.execute(text(MOVEMENT), values | ends)


async def stocked(session: AsyncSession) -> None:
    """Ten fuses for ten yuan and one pump, in the central stockroom."""
    await session.execute(text(ROOMS))
    await session.execute(text(ITEMS))
    await moved(session, "receipt", "FUSE", 10, target="central", cost=1_000)
    await moved(session, "receipt", "PUMP", 1, target="central", serials=["SN1"])


async def held(session: AsyncSession, reservation_id: str, quantity: int) -> None:
    values = {"id": reservation_id, "now": MORNING, "quantity": quantity}
    await session.execute(text(RESERVATION), values)
    await session.execute(text(HELD), values)


async def level(session: AsyncSession, room: str, item: str = "FUSE") -> tuple[int, int, int]:
    row = await session.execute(
        text(
            "SELECT on_hand, reserved, value_minor FROM stock_level"
            " WHERE stockroom_id = :room AND item_code = :item"
        ),
        {"room": room, "item": item},
    )
    on_hand, reserved, value = row.one()
    return on_hand, reserved, value


async def test_levels_follow_what_moves_and_what_is_held(session: AsyncSession) -> None:
    await stocked(session)
    await held(session, "rv_1", 3)
    await moved(session, "transfer", "FUSE", 4, source="central", target="van", cost=400)
    assert await level(session, "central") == (6, 3, 600)
    assert await level(session, "van") == (4, 0, 400)
    await session.execute(text("UPDATE stock_reservation_line SET open_quantity = 1"))
    assert await level(session, "central") == (6, 1, 600)
    proof = await stock_lists.verify(session)
    assert (proof.movement_count, proof.level_count, proof.findings) == (3, 3, [])


@pytest.mark.parametrize(
    ("ends", "match"),
    [
        ({"quantity": 11}, "stock_level_never_negative"),
        ({"quantity": 8}, "stock_level_reserves_what_is_there"),
        ({"quantity": 1, "cost": 1_001}, "stock_level_value_goes_with_the_stock"),
        ({"quantity": 7, "cost": 0, "serials": ["SN1"]}, "names_every_unit_or_none"),
        ({"quantity": 1, "source": "van"}, "there is no FUSE in van"),
        ({"quantity": 1, "currency": "THB"}, "in the currency of its stockrooms"),
        ({"quantity": 1, "order": ""}, "stock_movement_use_has_work_order"),
        ({"quantity": 0}, "stock_movement_quantity_check"),
        ({"quantity": 1, "target": "van"}, "stock_movement_goes_as_its_kind"),
        ({"quantity": 1, "source": None}, "goes_somewhere_else"),
        ({"quantity": 1, "item": "PUMP", "serials": ["SN2"]}, "is not where it is moved from"),
    ],
)
async def test_a_movement_that_cannot_be_is_refused(
    session: AsyncSession, ends: dict[str, object], match: str
) -> None:
    await stocked(session)
    await held(session, "rv_1", 3)
    use = {"kind": "use", "item": "FUSE", "source": "central", "cost": 0} | ends
    with pytest.raises(DBAPIError, match=match):
        await moved(
            session,
            str(use.pop("kind")),
            str(use.pop("item")),
            int(str(use.pop("quantity"))),
            **use,
        )


async def test_a_serial_number_is_at_one_place_at_a_time(session: AsyncSession) -> None:
    await stocked(session)
    with pytest.raises(DBAPIError, match="is not where it is moved from"):
        await moved(session, "receipt", "PUMP", 1, target="van", serials=["SN1"])


async def test_a_unit_that_has_left_may_come_back(session: AsyncSession) -> None:
    await stocked(session)
    await moved(session, "scrap", "PUMP", 1, source="central", serials=["SN1"])
    await moved(session, "receipt", "PUMP", 1, target="van", serials=["SN1"], id="sm_again")
    where = await session.scalar(text("SELECT stockroom_id FROM stock_unit"))
    assert where == "van"


async def test_what_travels_to_another_currency_is_refused(session: AsyncSession) -> None:
    await stocked(session)
    with pytest.raises(DBAPIError, match="in the currency of its stockrooms"):
        await moved(session, "transfer", "FUSE", 1, source="central", target="thai")


async def test_no_more_is_held_than_is_there(session: AsyncSession) -> None:
    await stocked(session)
    with pytest.raises(DBAPIError, match="stock_level_reserves_what_is_there"):
        await held(session, "rv_1", 11)


@pytest.mark.parametrize(
    ("statement", "match"),
    [
        ("UPDATE stock_level SET on_hand = 99", "follows the ledger"),
        ("UPDATE stock_level SET reserved = 0", "follows the ledger"),
        ("DELETE FROM stock_level", "follows the ledger"),
        ("INSERT INTO stock_level VALUES ('van', 'FUSE', 5, 0, 0)", "follows the ledger"),
        ("UPDATE stock_unit SET stockroom_id = 'van'", "follows the ledger"),
        ("DELETE FROM stock_unit", "follows the ledger"),
        ("UPDATE stock_movement SET quantity = 1", "is append-only"),
        ("DELETE FROM stock_movement", "is append-only"),
        ("UPDATE stock_reservation_line SET quantity = 4", "only less and less is open"),
        ("UPDATE stock_reservation_line SET item_code = 'PUMP'", "only less and less is open"),
        ("DELETE FROM stock_reservation_line", "changed by nothing else"),
        ("UPDATE stockroom SET currency = 'USD'", "keeps its kind and currency"),
        ("UPDATE stockroom SET stockroom_kind = 'returns'", "keeps its kind and currency"),
    ],
)
async def test_the_ledger_and_what_follows_from_it_is_never_rewritten(
    session: AsyncSession, statement: str, match: str
) -> None:
    await stocked(session)
    await held(session, "rv_1", 3)
    with pytest.raises(DBAPIError, match=match):
        await session.execute(text(statement))


async def test_a_level_that_is_not_its_sum_is_found(session: AsyncSession) -> None:
    await stocked(session)
    await session.execute(text("ALTER TABLE stock_level DISABLE TRIGGER USER"))
    await session.execute(text("UPDATE stock_level SET on_hand = 9 WHERE item_code = 'FUSE'"))
    (finding,) = (await stock_lists.verify(session)).findings
    assert (finding.stockroom_id, finding.item_code) == ("central", "FUSE")
    assert (finding.on_hand, finding.moved_quantity) == (9, 10)


REQUEST = """
INSERT INTO part_request (part_request_id, revision, state, case_id, work_order_id, to_stockroom_id,
    from_stockroom_id, purpose, needs_approval, requested_at, requested_by_person_id,
    decided_by_person_id, reserved_until)
VALUES ('pq_1', 1, :state, '', '', 'van', :source, '', :approval, now(), 'zhang', :decided, :until)
"""


@pytest.mark.parametrize(
    ("fields", "match"),
    [
        ({"state": "lost"}, "part_request_state_check"),
        ({"decided": "zhang"}, "part_request_four_eyes"),
        ({"state": "rejected"}, "part_request_was_decided"),
        ({"state": "dispatched", "approval": False}, "part_request_allocation_is_whole"),
        (
            {"state": "allocated", "approval": False, "source": "central"},
            "part_request_allocation_is_whole",
        ),
        ({"source": "van"}, "part_request_goes_somewhere_else"),
    ],
)
async def test_a_part_request_that_makes_no_sense_is_refused(
    session: AsyncSession, fields: dict[str, object], match: str
) -> None:
    await stocked(session)
    good = {"state": "requested", "source": None, "approval": True, "decided": None, "until": None}
    with pytest.raises(DBAPIError, match=match):
        await session.execute(text(REQUEST), good | fields)


async def test_a_request_line_never_grows_on_its_way(session: AsyncSession) -> None:
    await stocked(session)
    values = {"state": "requested", "source": None, "approval": True, "decided": None}
    await session.execute(text(REQUEST), values | {"until": None})
    with pytest.raises(DBAPIError, match="part_request_line_never_grows"):
        await session.execute(
            text(
                "INSERT INTO part_request_line (part_request_id, item_code, quantity,"
                " approved_quantity) VALUES ('pq_1', 'FUSE', 1, 2)"
            )
        )


async def test_who_counted_does_not_post_a_large_difference(session: AsyncSession) -> None:
    await stocked(session)
    await session.execute(
        text(
            "INSERT INTO stock_count VALUES"
            " ('sc_1', 'central', 'open', '', now(), 'li', true, NULL, NULL)"
        )
    )
    await session.execute(
        text(
            "INSERT INTO stock_count_line VALUES"
            " ('sc_1', 'FUSE', 10, 8, 100, '{}', '{}', '少两只', now(), 'li')"
        )
    )
    with pytest.raises(DBAPIError, match="who counted does not post"):
        await session.execute(
            text(
                "UPDATE stock_count SET state = 'posted', closed_at = now(),"
                " closed_by_person_id = 'li'"
            )
        )
