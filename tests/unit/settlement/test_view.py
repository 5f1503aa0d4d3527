"""Who sees how much of an earning."""

import pytest

from kit.authn import SYSTEM, Actor
from kit.errors import PermissionDenied
from services.settlement.domain.earnings.view import viewer_of
from services.settlement.domain.splits.split import PartyKind


def person(*roles: str, outlet_id: str = "") -> Actor:
    return Actor("pe_zhang", frozenset(roles), outlet_id=outlet_id)


@pytest.mark.parametrize("actor", [SYSTEM, *map(person, ("finance", "hq", "supervisor", "admin"))])
def test_the_office_sees_everybodys_share(actor: Actor) -> None:
    assert viewer_of(actor).visible_parties("pe_li", "ou_1") == frozenset(PartyKind)


def test_a_technician_sees_their_own_and_nobody_elses() -> None:
    viewer = viewer_of(person("technician"))
    assert viewer.visible_parties("pe_zhang", "ou_1") == {PartyKind.TECHNICIAN}
    assert not viewer.may_see("pe_li", "ou_1")


def test_an_outlets_manager_sees_the_outlets_part() -> None:
    viewer = viewer_of(person("outlet_manager", outlet_id="ou_1"))
    assert viewer.visible_parties("pe_li", "ou_1") == {PartyKind.TECHNICIAN, PartyKind.OUTLET}
    assert not viewer.may_see("pe_li", "ou_2")


def test_a_technician_who_manages_an_outlet_sees_both() -> None:
    viewer = viewer_of(person("technician", "outlet_manager", outlet_id="ou_1"))
    assert viewer.may_see("pe_li", "ou_1")
    assert viewer.may_see("pe_zhang", "ou_2")


def test_a_manager_without_an_outlet_does_not_see_what_has_none() -> None:
    assert not viewer_of(person("outlet_manager")).may_see("pe_li", "")


@pytest.mark.parametrize("roles", [(), ("customer",), ("warehouse", "marketing")])
def test_nobody_else_sees_any(roles: tuple[str, ...]) -> None:
    with pytest.raises(PermissionDenied):
        viewer_of(person(*roles))
