"""Promises over the wire: line by line, frozen, even over many orders."""

import pytest

from kit.errors import AlreadyExists, FailedPrecondition, InvalidArgument
from protos.settlement.v1 import settlement_pb2 as pb
from tests.rpc.settlement.conftest import Desk, earning_facts, unique
from tests.rpc.settlement.words import line, money, portion


def parts(earning: pb.Earning) -> dict[str, int]:
    return {share.party_kind: share.amount.amount_minor for share in earning.shares}


async def test_a_technician_is_promised_each_line_and_the_total(settlement: Desk) -> None:
    earning = await settlement.promise(
        line("base", 120_00, "基础费"),
        line("surcharge", 30_00, "高空"),
        line("surcharge", 50_00, "夜间"),
    )
    assert [
        (x.line_number, x.label, x.amount.amount_minor, x.share_basis_points, x.rule_id)
        for x in earning.lines
    ] == [
        (1, "基础费", 84_00, 6000, "rule-base"),
        (2, "高空", 21_00, 1500, "rule-surcharge"),
        (3, "夜间", 35_00, 2500, "rule-surcharge"),
    ]
    assert earning.lines[0].explanation == "基础费 ¥120.00；分成 ¥120.00 × 70% = ¥84.00"
    assert (earning.total, earning.settlement_total) == (money(140_00), money(200_00))
    assert parts(earning) == {"technician": 140_00, "platform": 60_00}
    assert earning.earning_id.startswith("ea_")
    assert await settlement.get(earning.earning_id) == earning


async def test_an_agent_gets_a_portion_where_the_rule_says_so(settlement: Desk) -> None:
    earning = await settlement.promise(
        line("base", 100_00), cooperation_mode="agency", agent_id="ag_north"
    )
    assert [(share.party_kind, share.party_id) for share in earning.shares] == [
        ("technician", "pe_zhang"), ("agent", "ag_north"), ("platform", "platform"),
    ]  # fmt: skip
    await settlement.lock(earning.earning_id)
    assert await settlement.balances("agent:ag_north") == {"agent:ag_north:earning": (0, 10_00)}


async def test_a_later_rule_never_changes_a_promise(settlement: Desk) -> None:
    mode = unique("mode")
    await settlement.put_rule(
        mode, mode, portion("technician", "0.8"), portion("platform", remaining=True)
    )
    before = await settlement.promise(line("base", 100_00), cooperation_mode=mode)
    await settlement.put_rule(
        mode, mode, portion("technician", "0.5"), portion("platform", remaining=True)
    )
    locked = await settlement.lock(before.earning_id)
    assert (locked.lines, locked.shares, locked.total) == (
        before.lines,
        before.shares,
        before.total,
    )
    assert (locked.split_rule_code, locked.split_rule_version) == (mode, 1)
    posted = {movement.amount_minor for movement in await settlement.transfers(before.earning_id)}
    assert posted == {80_00, 20_00}
    after = await settlement.promise(line("base", 100_00), cooperation_mode=mode)
    assert (after.total.amount_minor, after.split_rule_version) == (50_00, 2)


async def test_a_preview_shows_the_next_split_and_changes_nothing(settlement: Desk) -> None:
    technician = unique("pe")
    odd = (line("base", 1_01),)  # 70 % of it is 70.7 fen
    first = await settlement.preview(*odd, technician_id=technician)
    assert await settlement.preview(*odd, technician_id=technician) is not None
    promised = await settlement.promise(*odd, technician_id=technician)
    assert parts(first) == parts(promised) == {"technician": 71, "platform": 30}
    assert (first.earning_id, first.state) == ("", pb.EARNING_STATE_ESTIMATED)


async def test_over_many_odd_orders_nobody_drifts_by_a_fen(settlement: Desk) -> None:
    technician = unique("pe")
    received = 0
    for count in range(1, 21):
        earning = await settlement.promise(line("base", 1_01), technician_id=technician)
        received += earning.total.amount_minor
        assert sum(parts(earning).values()) == 1_01
        assert abs(received - 70.7 * count) < 1


async def test_declined_offers_do_not_make_anybody_drift(settlement: Desk) -> None:
    technician = unique("pe")
    standing = 0
    for count in range(1, 11):
        # The offer that would have rounded up is declined each time.
        declined = await settlement.promise(line("base", 1_01), technician_id=technician)
        await settlement.cancel(declined.earning_id, "师傅拒单")
        accepted = await settlement.promise(line("base", 1_01), technician_id=technician)
        standing += accepted.total.amount_minor
        assert abs(standing - 70.7 * count) < 1


@pytest.mark.parametrize(
    ("facts", "reason", "field"),
    [
        ({"case_id": ""}, "SETTLEMENT_ORIGIN_MISSING", "facts.case_id"),
        ({"quote_id": ""}, "SETTLEMENT_ORIGIN_MISSING", "facts.quote_id"),
        ({"technician_id": ""}, "SETTLEMENT_PARTY_MISSING", "facts.technician_id"),
        ({"cooperation_mode": "franchise"}, "SETTLEMENT_PARTY_MISSING", "facts.outlet_id"),
        ({"cooperation_mode": "agency"}, "SETTLEMENT_PARTY_MISSING", "facts.agent_id"),
        ({"technician_id": "a:b"}, "SETTLEMENT_PARTY_MALFORMED", "facts.technician_id"),
    ],
)
async def test_a_promise_without_its_facts_is_refused(
    settlement: Desk, facts: dict[str, str], reason: str, field: str
) -> None:
    with pytest.raises(InvalidArgument) as refusal:
        await settlement.promise(**facts)
    assert (refusal.value.reason, refusal.value.field) == (reason, field)


@pytest.mark.parametrize(
    ("lines", "reason", "field"),
    [
        ([line("base", -1)], "SETTLEMENT_LINE_INVALID", "facts.lines[0].amount.amount_minor"),
        (
            [line("base", 1), line("deduction", -2)],
            "SETTLEMENT_AMOUNT_NEGATIVE",
            "facts.lines",
        ),
        ([line("base", 1, currency="XXX")], "MONEY_CURRENCY_UNKNOWN", "facts.lines[0].amount.currency"),
        ([line("base", 10**15)], "MONEY_OUT_OF_RANGE", "facts.lines[0].amount.amount_minor"),
    ],
)  # fmt: skip
async def test_wrong_money_is_refused_at_its_line(
    settlement: Desk, lines: list[pb.SettlementLine], reason: str, field: str
) -> None:
    with pytest.raises(InvalidArgument) as refusal:
        await settlement.promise(*lines)
    assert (refusal.value.reason, refusal.value.field) == (reason, field)


async def test_a_refused_promise_changes_nothing(settlement: Desk) -> None:
    technician = unique("pe")
    work_order = unique("wo")
    first = await settlement.promise(
        line("base", 1_01), technician_id=technician, work_order_id=work_order
    )
    with pytest.raises(AlreadyExists, match="go on with that, or cancel it first") as refusal:
        await settlement.promise(
            line("base", 1_01), technician_id=technician, work_order_id=work_order
        )
    assert refusal.value.details == {"earning_id": first.earning_id}
    # Had the refused one been split, the next would get 70 of 141.4 fen.
    assert parts(await settlement.preview(line("base", 1_01), technician_id=technician)) == {
        "technician": 70, "platform": 31,
    }  # fmt: skip
    assert parts(first) == {"technician": 71, "platform": 30}


async def test_a_cancelled_earning_makes_room_for_a_new_one(settlement: Desk) -> None:
    work_order = unique("wo")
    declined = await settlement.promise(work_order_id=work_order)
    await settlement.cancel(declined.earning_id, "师傅拒单")
    assert (await settlement.promise(work_order_id=work_order)).earning_id != declined.earning_id


async def test_a_cancellation_says_why(settlement: Desk) -> None:
    earning = await settlement.promise()
    with pytest.raises(InvalidArgument) as refusal:
        await settlement.cancel(earning.earning_id, " ")
    assert (refusal.value.reason, refusal.value.field) == ("SETTLEMENT_TEXT_MISSING", "reason")


async def test_a_payout_is_confirmed_with_the_banks_number(settlement: Desk) -> None:
    earning = await settlement.promise()
    with pytest.raises(InvalidArgument) as refusal:
        await settlement.confirm_payout(earning.earning_id, "")
    assert refusal.value.field == "payout_reference"


async def test_one_key_is_one_promise(settlement: Desk) -> None:
    request = pb.PromiseEarningRequest(idempotency_key=unique("key"), facts=earning_facts())
    first = await settlement.stub.PromiseEarning(request)
    assert await settlement.stub.PromiseEarning(request) == first
    request.facts.technician_id = "pe_li"
    with pytest.raises(AlreadyExists) as refusal:
        await settlement.stub.PromiseEarning(request)
    assert refusal.value.reason == "IDEMPOTENCY_KEY_CONFLICT"
    lock = unique("lock")
    assert await settlement.lock(first.earning_id, lock) == await settlement.lock(
        first.earning_id, lock
    )


async def test_without_any_rule_nothing_is_promised(without_rules: Desk) -> None:
    with pytest.raises(FailedPrecondition) as refusal:
        await without_rules.promise()
    assert refusal.value.reason == "SETTLEMENT_SPLIT_RULE_MISSING"
