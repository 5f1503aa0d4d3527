"""The small rules of the stock: who holds what, what is drawn first, what a count finds."""

from datetime import UTC, datetime, timedelta

import pytest

from kit.authn import SYSTEM, Actor
from kit.errors import ServiceError
from services.workorder.domain.stock import core_return, reservation, stock_count, stockroom
from services.workorder.domain.stock.core_return import CoreReturn
from services.workorder.domain.stock.reorder import require_point, suggested_quantity
from services.workorder.domain.stock.reservation import HeldLine
from services.workorder.domain.stock.stock_count import Counted
from services.workorder.domain.stock.stock_intake import Item, require_lines, require_units_named
from services.workorder.domain.stock.stock_ledger import Line
from services.workorder.domain.stock.stockroom import Stockroom, StockroomKind

NOW = datetime(2026, 3, 2, tzinfo=UTC)
CENTRAL = Stockroom("sr_central", StockroomKind.CENTRAL, "CNY", place_codes=("110000",))
OUTLET = Stockroom("sr_outlet", StockroomKind.OUTLET, "CNY", "ou_1", place_codes=("110000",))
VAN = Stockroom("sr_van", StockroomKind.VEHICLE, "CNY", "ou_1", "pe_zhang", ("110000",))
OTHER_VAN = Stockroom("sr_van2", StockroomKind.VEHICLE, "CNY", "ou_1", "pe_wang")
ROOMS = (CENTRAL, OUTLET, VAN, OTHER_VAN)

WAREHOUSE = Actor("pe_ware", frozenset({"warehouse"}))
SHANGHAI = Actor("pe_ware2", frozenset({"warehouse"}), region_adcodes=("310000",))
MANAGER = Actor("pe_manager", frozenset({"outlet_manager"}), outlet_id="ou_1")
ZHANG = Actor("pe_zhang", frozenset({"technician"}), outlet_id="ou_1")
SALES = Actor("pe_sales", frozenset({"sales"}))


@pytest.mark.parametrize(
    ("actor", "sees", "holds"),
    [
        (SYSTEM, ROOMS, ROOMS),
        (WAREHOUSE, ROOMS, ROOMS),
        (SHANGHAI, (), ()),
        (MANAGER, (OUTLET, VAN, OTHER_VAN), (OUTLET, VAN, OTHER_VAN)),
        (ZHANG, (OUTLET, VAN), (VAN,)),
        (SALES, ROOMS, ()),
    ],
)
def test_who_sees_and_who_holds_a_stockroom(
    actor: Actor, sees: tuple[Stockroom, ...], holds: tuple[Stockroom, ...]
) -> None:
    scope = stockroom.scope_of(actor)
    assert tuple(room for room in ROOMS if scope.covers(room)) == sees
    assert tuple(room for room in ROOMS if stockroom.holds(actor, room)) == holds


def test_customers_know_of_no_stock() -> None:
    with pytest.raises(ServiceError) as refused:
        stockroom.scope_of(Actor("cu_1", frozenset({"customer"})))
    assert refused.value.reason == "ROLE_REQUIRED"


def test_technicians_do_not_see_what_parts_cost() -> None:
    assert not stockroom.sees_costs(ZHANG)
    assert stockroom.sees_costs(WAREHOUSE)


def test_a_part_requests_parts_are_drawn_first_then_the_oldest() -> None:
    held = [
        HeldLine("rv_2", "", "sr_van", "A", 1),
        HeldLine("rv_1", "", "sr_van", "A", 1),
        HeldLine("rv_3", "pq_1", "sr_van", "A", 1),
        HeldLine("rv_4", "", "sr_van", "B", 9),
    ]
    drawn = reservation.draw(held, "A", 2)
    assert [(each.line.reservation_id, each.quantity) for each in drawn] == [
        ("rv_3", 1),
        ("rv_1", 1),
    ]
    assert sum(each.quantity for each in reservation.draw(held, "A", 9)) == 3


def test_parts_are_held_for_two_days_unless_somebody_says_otherwise() -> None:
    assert reservation.end_of_hold(None, NOW, "expires_at") == NOW + timedelta(hours=48)
    for wrong in (NOW, NOW + timedelta(days=91)):
        with pytest.raises(ServiceError) as refused:
            reservation.end_of_hold(wrong, NOW, "expires_at")
        assert refused.value.reason == "STOCK_EXPIRY_INVALID"


def test_a_count_moves_the_difference_and_of_units_which_ones() -> None:
    short = Counted("A", book=5, counted=3, unit_cost_minor=100, counted_by="li")
    assert (short.outgoing, short.incoming) == (Line("A", 2), None)
    assert short.difference_minor == 200
    missing, surplus = stock_count.differing_units(("SN1", "SN9"), ("SN1", "SN2"))
    swapped = Counted("P", 2, 2, 50, "li", missing, surplus)
    assert swapped.outgoing == Line("P", 1, ("SN2",))
    assert swapped.incoming == Line("P", 1, ("SN9",))
    assert swapped.difference_minor == 100


def test_who_counted_does_not_post_more_than_the_limit() -> None:
    lines = [Counted("A", 5, 3, 100, "li")]
    assert not stock_count.needs_four_eyes(lines, 200)
    assert stock_count.needs_four_eyes(lines, 199)
    stock_count.require_another(lines, "chen")
    with pytest.raises(ServiceError) as refused:
        stock_count.require_another(lines, "li")
    assert refused.value.reason == "STOCK_COUNT_OWN_POSTING"


def test_old_parts_come_back_one_after_the_other() -> None:
    owed = CoreReturn("cr_1", core_return.State.OWED, quantity=3, received=0)
    once = core_return.receive(owed, 1)
    assert (once.state, once.left) == (core_return.State.OWED, 2)
    assert core_return.receive(once, 0).state is core_return.State.RECEIVED
    with pytest.raises(ServiceError) as refused:
        core_return.receive(once, 3)
    assert refused.value.reason == "CORE_RETURN_QUANTITY_INVALID"
    with pytest.raises(ServiceError) as refused:
        core_return.undo(once)
    assert refused.value.reason == "CORE_RETURN_STATE_FORBIDS"
    assert core_return.undo(owed).state is core_return.State.VOID


@pytest.mark.parametrize(
    ("free", "on_the_way", "quantity"), [(6, 0, 0), (5, 0, 15), (2, 3, 15), (2, 4, 0), (0, 0, 20)]
)
def test_a_reorder_point_orders_up_to_the_upper_figure(
    free: int, on_the_way: int, quantity: int
) -> None:
    assert suggested_quantity(free, on_the_way, 5, 20) == quantity


def test_a_reorder_point_that_orders_nothing_is_refused() -> None:
    with pytest.raises(ServiceError) as refused:
        require_point(5, 5)
    assert refused.value.field == "reorder_point.order_up_to"


@pytest.mark.parametrize(
    ("lines", "field"),
    [
        ([Line("PUMP", 2, ("SN1",))], "stock_lines[0].serial_numbers"),
        ([Line("PUMP", 2, ("SN1", "SN1"))], "stock_lines[0].serial_numbers"),
        ([Line("PUMP", 1, ("",))], "stock_lines[0].serial_numbers"),
        ([Line("PUMP", 1, ("SN1",)), Line("PUMP", 1, ("SN1",))], "stock_lines[1].serial_numbers"),
        ([Line("FUSE", 1, ("SN1",))], "stock_lines[0].serial_numbers"),
    ],
)
def test_units_are_named_each_once_where_they_are_followed(lines: list[Line], field: str) -> None:
    items = {"PUMP": Item("PUMP", "泵", serial_tracked=True), "FUSE": Item("FUSE", "保险丝")}
    with pytest.raises(ServiceError) as refused:
        require_units_named(lines, items, "stock_lines")
    assert (refused.value.reason, refused.value.field) == ("STOCK_SERIALS_MISMATCH", field)


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        ([], "STOCK_LINES_EMPTY"),
        ([Line("A", 0)], "STOCK_LINE_INVALID"),
        ([Line("A", 1), Line("A", 2)], "STOCK_LINE_INVALID"),
    ],
)
def test_lines_say_something(lines: list[Line], reason: str) -> None:
    with pytest.raises(ServiceError) as refused:
        require_lines(lines, "stock_lines")
    assert refused.value.reason == reason
