import pytest

from kit.authn import SYSTEM, Actor
from kit.errors import PermissionDenied
from services.workorder.domain import access

ZHANG = Actor("zhang", frozenset({"technician"}))
LI = Actor("cu_li", frozenset({"customer"}))
NORTH = Actor("north", frozenset({"supervisor"}), region_adcodes=("CN-NORTH",))
PLACE = frozenset({"110105", "110100", "CN-NORTH"})


def test_the_office_sees_the_work_orders_of_its_regions() -> None:
    assert access.scope_of(NORTH).covers("zhang", "cu_li", PLACE)
    assert not access.scope_of(NORTH).covers("zhang", "cu_li", frozenset({"310101"}))


def test_a_technician_sees_only_what_is_offered_to_or_held_by_them() -> None:
    assert access.scope_of(ZHANG).covers("zhang", "cu_li", PLACE)
    assert not access.scope_of(ZHANG).covers("wang", "cu_li", PLACE)
    assert not access.scope_of(ZHANG).covers("", "cu_li", PLACE)


def test_a_technician_with_an_office_role_sees_as_the_office_does() -> None:
    both = Actor("zhang", frozenset({"technician", "dispatcher"}))
    assert access.scope_of(both).covers("wang", "cu_li", PLACE)


def test_a_customer_sees_their_own_work_orders() -> None:
    assert access.scope_of(LI).covers("zhang", "cu_li", PLACE)
    assert not access.scope_of(LI).covers("zhang", "cu_wang", PLACE)


def test_who_has_no_role_here_sees_nothing() -> None:
    with pytest.raises(PermissionDenied) as refused:
        access.scope_of(Actor("pe_agent", frozenset({"marketing"})))
    assert refused.value.reason == "ROLE_REQUIRED"


@pytest.mark.parametrize("role", ["customer", "customer_service", "admin"])
def test_the_customers_side_knows_the_completion_code(role: str) -> None:
    assert access.sees_completion_code(Actor("somebody", frozenset({role})), "zhang")
    assert access.sees_completion_code(SYSTEM, "zhang")


@pytest.mark.parametrize("role", ["technician", "dispatcher", "outlet_manager", "finance"])
def test_nobody_else_knows_the_completion_code(role: str) -> None:
    assert not access.sees_completion_code(Actor("somebody", frozenset({role})), "zhang")


def test_the_technician_whom_the_code_checks_never_sees_it_whatever_else_they_are() -> None:
    both = Actor("zhang", frozenset({"technician", "customer_service"}))
    assert not access.sees_completion_code(both, "zhang")
    assert access.sees_completion_code(both, "wang")


def test_customers_never_see_what_the_technician_earns() -> None:
    assert not access.sees_earning(LI)
    assert access.sees_earning(ZHANG)
    assert access.sees_earning(Actor("fang", frozenset({"finance"})))


def test_technicians_act_for_themselves_only() -> None:
    access.require_technician(ZHANG, "zhang")
    access.require_technician(SYSTEM, "zhang")
    access.require_technician(Actor("d", frozenset({"dispatcher"})), "zhang", "dispatcher")
    with pytest.raises(PermissionDenied) as not_theirs:
        access.require_technician(ZHANG, "wang")
    assert not_theirs.value.reason == "WORK_ORDER_NOT_YOURS"
    with pytest.raises(PermissionDenied) as no_role:
        access.require_technician(LI, "cu_li")
    assert no_role.value.reason == "ROLE_REQUIRED"
