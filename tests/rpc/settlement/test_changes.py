"""Promises changed by listed events, shared with a crew, reviewed, listed and summed."""

import pytest

from kit.errors import (
    AlreadyExists,
    FailedPrecondition,
    InvalidArgument,
    NotFound,
    PermissionDenied,
)
from protos.common.v1.page_pb2 import PageRequest
from protos.settlement.v1 import settlement_pb2 as pb
from tests.rpc.settlement.conftest import Desk, unique
from tests.rpc.settlement.words import line, money, portion

EXTRA = pb.EARNING_CHANGE_KIND_APPROVED_EXTRA
FEE = pb.EARNING_CHANGE_KIND_FEE_EVENT


async def change(
    desk: Desk,
    earning_id: str,
    *lines: pb.SettlementLine,
    kind: pb.EarningChangeKind.ValueType = EXTRA,
    evidence: str = "ex_1",
) -> pb.Earning:
    return await desk.stub.ChangeEarning(
        pb.ChangeEarningRequest(
            idempotency_key=unique("change"),
            earning_id=earning_id,
            change_kind=kind,
            reason="客户现场确认加项",
            evidence_reference=evidence,
            lines=lines,
        )
    )


async def share(desk: Desk, earning_id: str, **crew: int) -> list[pb.Earning]:
    reply = await desk.stub.ShareEarning(
        pb.ShareEarningRequest(
            idempotency_key=unique("crew"),
            earning_id=earning_id,
            crew=[
                pb.CrewShare(technician_id=who, share_basis_points=points)
                for who, points in crew.items()
            ],
        )
    )
    return list(reply.earnings)


async def test_an_extra_and_a_wasted_trip_are_added_line_by_line(settlement: Desk) -> None:
    promised = await settlement.promise()
    await change(settlement, promised.earning_id, line("surcharge", 50_00, "铜管加长"))
    changed = await change(
        settlement,
        promised.earning_id,
        line("surcharge", 30_00, "空跑费"),
        kind=FEE,
        evidence="fe_1",
    )
    assert [each.amount.amount_minor for each in changed.lines] == [140_00, 35_00, 21_00]
    assert [each.revision_number for each in changed.lines] == [0, 1, 2]
    assert sum(each.share_basis_points for each in changed.lines) == 10_000
    assert (changed.total, changed.settlement_total) == (money(196_00), money(280_00))
    assert [
        (each.previous_total.amount_minor, each.new_total.amount_minor, each.evidence_reference)
        for each in changed.revisions
    ] == [(140_00, 175_00, "ex_1"), (175_00, 196_00, "fe_1")]
    await settlement.lock(promised.earning_id)
    await settlement.post(promised.earning_id)
    assert (await settlement.verify()).sound


async def test_what_happened_once_changes_an_earning_once(settlement: Desk) -> None:
    promised = await settlement.promise()
    await change(settlement, promised.earning_id, line("surcharge", 1_00))
    with pytest.raises(AlreadyExists) as refusal:
        await change(settlement, promised.earning_id, line("surcharge", 1_00))
    assert refusal.value.reason == "SETTLEMENT_CHANGE_EXISTS"


async def test_a_locked_earning_holds_the_new_shares_and_the_ledger_stays_sound(
    settlement: Desk,
) -> None:
    promised = await settlement.promise()
    await settlement.lock(promised.earning_id)
    await change(
        settlement, promised.earning_id, line("deduction", -50_00, "返工"), evidence="rw_1"
    )
    assert (await settlement.verify()).sound
    posted = await settlement.post(promised.earning_id)
    assert posted.total == money(105_00)
    assert (await settlement.verify()).sound
    await settlement.cancel(promised.earning_id)
    assert (await settlement.verify()).sound


async def test_a_rule_that_changes_later_changes_no_promise(settlement: Desk) -> None:
    code = unique("rule")
    await settlement.put_rule(code, code, portion("technician", "0.9"), portion("platform", "0.1"))
    promised = await settlement.promise(cooperation_mode=code)
    await settlement.put_rule(code, code, portion("technician", "0.1"), portion("platform", "0.9"))
    changed = await change(settlement, promised.earning_id, line("surcharge", 100_00))
    assert (changed.split_rule_version, changed.total) == (1, money(270_00))


async def test_what_is_payable_is_changed_no_more(settlement: Desk) -> None:
    promised = await settlement.promise()
    await settlement.lock(promised.earning_id)
    await settlement.post(promised.earning_id)
    with pytest.raises(FailedPrecondition, match="adjustment") as refusal:
        await change(settlement, promised.earning_id, line("surcharge", 1_00))
    assert refusal.value.reason == "SETTLEMENT_EARNING_STATE"


async def test_more_than_there_is_cannot_be_taken_away(settlement: Desk) -> None:
    promised = await settlement.promise()
    with pytest.raises(InvalidArgument) as refusal:
        await change(settlement, promised.earning_id, line("deduction", -200_01))
    assert refusal.value.reason == "SETTLEMENT_AMOUNT_NEGATIVE"
    assert (await settlement.get(promised.earning_id)).total == promised.total


async def test_only_listed_events_with_evidence_change_a_promise(settlement: Desk) -> None:
    promised = await settlement.promise()
    with pytest.raises(InvalidArgument) as refusal:
        await change(
            settlement, promised.earning_id, line("surcharge", 1), kind=pb.EARNING_CHANGE_KIND_CREW
        )
    assert refusal.value.field == "change_kind"
    with pytest.raises(InvalidArgument) as refusal:
        await change(settlement, promised.earning_id, line("surcharge", 1), evidence="")
    assert refusal.value.field == "evidence_reference"
    own = settlement.as_("pe_zhang", "technician")
    with pytest.raises(PermissionDenied):
        await change(own, promised.earning_id, line("surcharge", 1))


async def test_a_crew_gets_an_earning_each_and_the_whole_is_what_it_was(settlement: Desk) -> None:
    promised = await settlement.promise(line("base", 333_33), line("surcharge", 66_68))
    made = await share(settlement, promised.earning_id, pe_zhang=5000, pe_li=3333, pe_wang=1667)
    assert [each.technician_id for each in made] == ["pe_zhang", "pe_li", "pe_wang"]
    assert sum(each.settlement_total.amount_minor for each in made) == 400_01
    for each in made:
        shares = sum(part.amount.amount_minor for part in each.shares)
        assert shares == each.settlement_total.amount_minor
        assert sum(part.amount.amount_minor for part in each.lines) == each.total.amount_minor
    (change_of_lead,) = made[0].revisions
    assert change_of_lead.change_kind == pb.EARNING_CHANGE_KIND_CREW
    assert change_of_lead.previous_total == promised.total


async def test_members_of_a_crew_see_their_own_lines_alone(settlement: Desk) -> None:
    promised = await settlement.promise()
    lead, other = await share(settlement, promised.earning_id, pe_zhang=6000, pe_sun=4000)
    sun = settlement.as_("pe_sun", "technician")
    seen = await sun.get(other.earning_id)
    assert seen.total == money(56_00)
    assert not seen.HasField("settlement_total")
    assert [each.party_kind for each in seen.shares] == ["technician"]
    with pytest.raises(NotFound):
        await sun.get(lead.earning_id)
    zhang = await settlement.as_("pe_zhang", "technician").get(lead.earning_id)
    assert not zhang.revisions[0].HasField("new_settlement_total")


async def test_a_crew_whose_shares_are_not_the_whole_is_refused(settlement: Desk) -> None:
    promised = await settlement.promise()
    with pytest.raises(InvalidArgument) as refusal:
        await share(settlement, promised.earning_id, pe_zhang=6000, pe_sun=3999)
    assert refusal.value.reason == "SETTLEMENT_CREW_INVALID"


async def test_a_rule_is_put_by_one_and_approved_by_another(settlement: Desk) -> None:
    code = unique("rule")
    qian = settlement.as_("pe_qian", "finance")
    put = await qian.put_rule(code, code, portion("technician", "1"))
    assert put.state == pb.SPLIT_RULE_STATE_PROPOSED
    assert (await settlement.promise(cooperation_mode=code)).split_rule_code == "standard"
    decision = pb.DecideSplitRuleRequest(split_rule_code=code, version=1, approve=True)
    decision.idempotency_key = unique("decide")
    with pytest.raises(FailedPrecondition) as refusal:
        await qian.stub.DecideSplitRule(decision)
    assert refusal.value.reason == "SETTLEMENT_FOUR_EYES"
    decision.idempotency_key = unique("decide")
    decided = await settlement.as_("pe_zhao", "finance").stub.DecideSplitRule(decision)
    assert (decided.state, decided.decided_by_person_id) == (
        pb.SPLIT_RULE_STATE_APPROVED, "pe_zhao",
    )  # fmt: skip
    assert (await settlement.promise(cooperation_mode=code)).split_rule_code == code


async def test_a_region_has_a_rule_of_its_own_from_a_day_on(settlement: Desk) -> None:
    mode = unique("mode")

    async def put(code: str, region: str, ratio: str, day: str) -> None:
        await settlement.stub.PutSplitRule(
            pb.PutSplitRuleRequest(
                idempotency_key=unique("rule"),
                split_rule=pb.SplitRule(
                    split_rule_code=code,
                    cooperation_mode=mode,
                    region_adcode=region,
                    effective_from=day,
                    portions=[portion("technician", ratio), portion("platform", remaining=True)],
                ),
            )
        )

    beijing, chaoyang, later = unique("rule"), unique("rule"), unique("rule")
    await put(beijing, "110000", "0.6", "2020-01-01")
    await put(chaoyang, "110105", "0.8", "2020-01-01")
    await put(later, "310000", "0.9", "2999-01-01")
    found = [
        (await settlement.promise(cooperation_mode=mode, region_adcode=adcode)).split_rule_code
        for adcode in ("110101", "110105", "310101")
    ]
    assert found == [beijing, chaoyang, "standard"]


async def test_the_base_may_leave_taxes_and_parts_to_another_party(settlement: Desk) -> None:
    code = unique("rule")
    await settlement.stub.PutSplitRule(
        pb.PutSplitRuleRequest(
            idempotency_key=unique("rule"),
            split_rule=pb.SplitRule(
                split_rule_code=code,
                cooperation_mode=code,
                commission_base="net_of_parts",
                excluded_to="platform",
                portions=[portion("technician", "0.7"), portion("platform", remaining=True)],
            ),
        )
    )
    made = await settlement.promise(
        line("base", 100_00), line("parts", 60_00), line("tax", 9_60), cooperation_mode=code
    )
    assert [each.amount.amount_minor for each in made.lines] == [70_00, 0, 0]
    assert {each.party_kind: each.amount.amount_minor for each in made.shares} == {
        "technician": 70_00, "platform": 99_60,
    }  # fmt: skip


async def test_a_rule_may_want_a_persons_review_before_anything_is_payable(
    settlement: Desk,
) -> None:
    code = unique("rule")
    await settlement.stub.PutSplitRule(
        pb.PutSplitRuleRequest(
            idempotency_key=unique("rule"),
            split_rule=pb.SplitRule(
                split_rule_code=code,
                cooperation_mode=code,
                review_required=True,
                portions=[portion("technician", "1")],
            ),
        )
    )
    made = await settlement.promise(cooperation_mode=code)
    await settlement.lock(made.earning_id)
    with pytest.raises(FailedPrecondition) as refusal:
        await settlement.post(made.earning_id)
    assert refusal.value.reason == "SETTLEMENT_REVIEW_MISSING"
    request = pb.ReviewEarningRequest(idempotency_key=unique("review"), earning_id=made.earning_id)
    seen = await settlement.as_("pe_qian", "finance").stub.ReviewEarning(request)
    assert seen.reviewed_by_person_id == "pe_qian"
    posted = await settlement.post(made.earning_id)
    assert posted.state == pb.EARNING_STATE_PAYABLE


async def test_a_rule_is_tried_on_an_amount_without_keeping_anything(settlement: Desk) -> None:
    tried = await settlement.stub.TrySplitRule(
        pb.TrySplitRuleRequest(split_rule_code="standard", amount=money(3), times=10)
    )
    assert [each.sum.amount_minor for each in tried.shares] == [21, 9]


async def test_earnings_are_sorted_by_amount_and_summed_by_state_and_city(
    settlement: Desk,
) -> None:
    case = unique("ca")
    for amount, region in ((100_00, "110105"), (300_00, "110108"), (200_00, "310101")):
        await settlement.promise(line("base", amount), case_id=case, region_adcode=region)
    first = await settlement.stub.ListEarnings(
        pb.ListEarningsRequest(
            case_id=case, sort=pb.EARNING_SORT_HIGHEST, page=PageRequest(page_size=2)
        )
    )
    assert [each.total.amount_minor for each in first.earnings] == [210_00, 140_00]
    (total,) = first.totals
    assert (total.name, total.count, total.total) == ("estimated", 3, money(420_00))
    rest = await settlement.stub.ListEarnings(
        pb.ListEarningsRequest(
            case_id=case,
            sort=pb.EARNING_SORT_HIGHEST,
            page=PageRequest(page_size=2, page_token=first.page.next_page_token),
        )
    )
    assert [each.total.amount_minor for each in rest.earnings] == [70_00]
    beijing = await settlement.stub.ListEarnings(
        pb.ListEarningsRequest(case_id=case, region_adcode="110000", least_minor=100_00)
    )
    assert [each.region_adcode for each in beijing.earnings] == ["110108"]
    by_city = await settlement.stub.SummarizeEarnings(
        pb.SummarizeEarningsRequest(case_id=case, by=pb.EARNING_GROUPING_CITY)
    )
    assert [(each.name, each.count, each.mean.amount_minor) for each in by_city.sums] == [
        ("110100", 2, 140_00), ("310100", 1, 140_00),
    ]  # fmt: skip


async def test_the_same_work_is_compared_between_cities(settlement: Desk) -> None:
    case = unique("ca")
    for amount, region in ((100_00, "110105"), (80_00, "310101")):
        await settlement.promise(line("base", amount), case_id=case, region_adcode=region)
    reply = await settlement.stub.SummarizeEarnings(
        pb.SummarizeEarningsRequest(case_id=case, by=pb.EARNING_GROUPING_RULE_AND_CITY)
    )
    assert [(each.name, each.settlement_total.amount_minor) for each in reply.sums] == [
        ("rule-base base 110100", 100_00), ("rule-base base 310100", 80_00),
    ]  # fmt: skip


async def test_sums_are_of_what_the_viewer_may_see_without_settlement_totals(
    settlement: Desk,
) -> None:
    case = unique("ca")
    await settlement.promise(case_id=case, technician_id="pe_only")
    await settlement.promise(case_id=case, technician_id="pe_else")
    reply = await settlement.as_("pe_only", "technician").stub.ListEarnings(
        pb.ListEarningsRequest(case_id=case)
    )
    (total,) = reply.totals
    assert (total.count, total.total) == (1, money(140_00))
    assert not total.HasField("settlement_total")
