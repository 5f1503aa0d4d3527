"""Who may act on adjustments, and what each sees of them."""

import contextlib
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from kit.errors import (
    InvalidArgument,
    NotFound,
    PermissionDenied,
)
from tests.rpc.settlement.adjustments.desk import Adjustments, refused
from tests.rpc.settlement.conftest import unique
from tests.rpc.settlement.words import money


async def test_everybody_sees_their_own_part_and_no_more(desk: Adjustments) -> None:
    outlet = unique("ou")
    earning = await desk.earning(cooperation_mode="franchise", outlet_id=outlet)
    made = await desk.qian.claw_back(earning.earning_id)
    whole = await desk.zhao.approve(made.adjustment_id)
    assert whole.amount == money(-200_00)

    own = await desk.as_(earning.technician_id, "technician").get(made.adjustment_id)
    assert own.amount == money(-140_00)
    assert [share.party_kind for share in own.shares] == ["technician"]
    assert (own.reason, own.evidence) == (whole.reason, whole.evidence)

    manager = desk.as_("pe_manager", "outlet_manager", outlet_id=outlet)
    seen = await manager.get(made.adjustment_id)
    assert [share.party_kind for share in seen.shares] == ["technician", "outlet"]
    assert [each.adjustment_id for each in await manager.listed()] == [made.adjustment_id]

    for stranger in (
        desk.as_(unique("pe"), "technician"),
        desk.as_("pe_manager", "outlet_manager", outlet_id=unique("ou")),
    ):
        await refused(stranger.get(made.adjustment_id), NotFound, "SETTLEMENT_ADJUSTMENT_NOT_FOUND")
        assert await stranger.listed() == []
    await refused(
        desk.as_("cu_1", "customer").get(made.adjustment_id), PermissionDenied, "ROLE_REQUIRED"
    )


async def test_an_earning_shows_what_was_adjusted_of_it_to_each_as_they_may_see(
    desk: Adjustments,
) -> None:
    outlet = unique("ou")
    earning = await desk.earning(cooperation_mode="franchise", outlet_id=outlet)
    party: dict[str, Any] = {"party_kind": "outlet", "party_id": outlet}
    outlets = await desk.qian.propose(earning_id=earning.earning_id, **party)
    taken = await desk.qian.claw_back(earning.earning_id, 20_00)
    office = await desk.books.get(earning.earning_id)
    assert [each.adjustment_id for each in office.adjustments] == [
        outlets.adjustment_id,
        taken.adjustment_id,
    ]
    technician = desk.books.as_(earning.technician_id, "technician")
    own = (await technician.get(earning.earning_id)).adjustments
    assert [(each.adjustment_id, each.amount) for each in own] == [
        (taken.adjustment_id, money(-14_00))
    ]


Act = tuple[Callable[[Adjustments], Awaitable[Any]], set[str]]
OPERATORS, APPROVERS = {"finance", "supervisor", "admin"}, {"finance", "hq", "admin"}
EVERYBODY = {"technician", "outlet_manager", "finance", "hq", "supervisor", "admin"}
ACTS: dict[str, Act] = {
    "propose": (lambda desk: desk.propose(earning_id="ea_none"), OPERATORS),
    "rated": (lambda desk: desk.rated("ea_none", "5"), OPERATORS),
    "claw_back": (lambda desk: desk.claw_back("ea_none"), OPERATORS),
    "approve": (lambda desk: desk.approve("aj_none"), APPROVERS),
    "reject": (lambda desk: desk.reject("aj_none"), APPROVERS),
    "reverse": (lambda desk: desk.reverse("aj_none"), APPROVERS),
    "settle": (lambda desk: desk.settle(), APPROVERS),
    "put": (lambda desk: desk.put(""), APPROVERS),
    "decide": (lambda desk: desk.decide("none", 1), APPROVERS),
    "release": (lambda desk: desk.release("hb_none"), OPERATORS),
    "forfeit": (lambda desk: desk.forfeit("hb_none"), OPERATORS),
    "release_due": (lambda desk: desk.release_due(), APPROVERS),
    "list": (lambda desk: desk.listed(), EVERYBODY),
    "holdbacks": (lambda desk: desk.holdbacks(), EVERYBODY),
}


@pytest.mark.parametrize("act", ACTS)
async def test_only_those_who_may_act_do(desk: Adjustments, act: str) -> None:
    do, allowed = ACTS[act]
    for role in (*EVERYBODY, "customer"):
        actor = desk.as_("pe_somebody", role, outlet_id="ou_1")
        if role in allowed:
            with contextlib.suppress(NotFound, InvalidArgument):  # let in, with nothing to act on
                await do(actor)
        else:
            await refused(do(actor), PermissionDenied, "ROLE_REQUIRED")
