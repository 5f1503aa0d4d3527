"""Rules and checklists hold for work orders made since; the seal holds for ever."""

from typing import Any

import psycopg
import pytest

from protos.common.v1.page_pb2 import PageRequest
from protos.workorder.v1 import on_site_pb2 as pb
from tests.rpc.workorder.conftest import CUSTOMER, DISPATCHER, Desk
from tests.rpc.workorder.on_site.conftest import (
    HQ,
    START,
    OnSite,
    in_progress,
    photo,
)

PRESSURE = pb.ChecklistItem(
    item_key="pressure", text="运行压力", kind=pb.CHECKLIST_ITEM_KIND_NUMBER, required=True,
    least="0.8", most="1.2", unit="MPa",
)  # fmt: skip


async def put(desk: Desk, *items: pb.ChecklistItem, code: str, **fields: object) -> pb.Checklist:
    given = pb.Checklist(
        checklist_code=code, name="自检", items=items or [PRESSURE],
        **{"item_code": code, "active": True, **fields},  # type: ignore[arg-type]  # by name
    )  # fmt: skip
    made = await desk.call("OnSiteService/PutChecklist", HQ, checklist=given)
    assert isinstance(made, pb.Checklist)
    return made


async def at_work(desk: Desk, item_code: str, **fields: object) -> OnSite:
    line = {"item_code": item_code, "name": "", "quantity": 1}
    return await in_progress(desk, lines=[line], **fields)


def measured(site: OnSite, code: str, number: str, minutes: int = 0) -> pb.OnSiteCommand:
    said = pb.ChecklistAnswer(checklist_code=code, item_key="pressure", number=number)
    return site.tell(minutes, answer=said)


async def test_a_work_order_goes_by_the_checklist_of_when_it_was_made(desk: Desk) -> None:
    await put(desk, code="early")
    site = await at_work(desk, "early")
    site.pass_minutes(1)
    second = await put(desk, PRESSURE, pb.ChecklistItem(
        item_key="drain", text="排水", kind=pb.CHECKLIST_ITEM_KIND_YES_NO,
    ), code="early")  # fmt: skip
    assert second.version == 2
    (filled,) = (await site.record()).checklists
    assert (filled.version, len(filled.items)) == (1, 1)
    (anew,) = (await (await at_work(desk, "early")).record()).checklists
    assert (anew.version, len(anew.items)) == (2, 2)


async def test_the_last_answer_counts_and_says_whether_it_is_good(desk: Desk) -> None:
    await put(desk, code="answered")
    site = await at_work(desk, "answered")
    (item,) = (await site.record()).checklists[0].items
    assert item.at_fault
    site.pass_minutes(30)
    await site.report(
        measured(site, "answered", "0.95", -10), measured(site, "answered", "0.5", -20)
    )
    (item,) = (await site.record()).checklists[0].items
    assert (item.answer.number, item.at_fault) == ("0.95", False)
    await site.report(measured(site, "answered", "1.3"))
    (item,) = (await site.record()).checklists[0].items
    assert (item.answer.number, item.at_fault) == ("1.3", True)


async def test_where_the_rule_says_so_no_work_is_completed_without_required_answers(
    desk: Desk,
) -> None:
    await put(desk, code="blocking")
    await desk.call("OnSiteService/PutOnSiteRule", HQ,
        on_site_rule=pb.OnSiteRule(stage="aftersale", checklist_blocks_completion=True),
    )  # fmt: skip
    site = await at_work(desk, "blocking", stage="aftersale")
    order = await desk.get(site.work_order_id)
    done: dict[str, Any] = {
        "work_order_id": site.work_order_id, "technician_id": site.technician.person_id,
        "completion_code": order.completion_code,
    }  # fmt: skip
    refusal = await desk.refused("CompleteWork", **done)
    assert refusal.reason == "WORK_ORDER_CHECKLIST_OPEN"
    assert refusal.details == {"blocking/pressure": "运行压力"}
    await site.report(measured(site, "blocking", "1"))
    await desk.call("CompleteWork", **done)


async def test_checklists_and_rules_are_listed_page_by_page(desk: Desk) -> None:
    for code in ("listed-a", "listed-b"):
        await put(desk, code=code)
        await put(desk, code=code)
    first = await desk.call("OnSiteService/ListChecklists", checklist_code="listed-a",
        page=PageRequest(page_size=1),
    )  # fmt: skip
    assert [each.version for each in first.checklists] == [2]
    second = await desk.call("OnSiteService/ListChecklists", checklist_code="listed-a",
        page=PageRequest(page_size=1, page_token=first.page.next_page_token),
    )  # fmt: skip
    assert ([each.version for each in second.checklists], second.page.next_page_token) == ([1], "")
    last = await desk.call("OnSiteService/ListChecklists", page=PageRequest(page_size=200))
    listed = {each.checklist_code: each.version for each in last.checklists}
    assert (listed["listed-a"], listed["listed-b"]) == (2, 2)
    rules = await desk.call("OnSiteService/ListOnSiteRules", page=PageRequest(page_size=200))
    assert rules.on_site_rules[-1].rule_id == "default-1"


@pytest.mark.parametrize(
    ("wrong", "reason", "field"),
    [
        ({"geofence_radius_m": 5}, "ON_SITE_RULE_INVALID", "on_site_rule.geofence_radius_m"),
        ({"near_duplicate_bits": 17}, "ON_SITE_RULE_INVALID", "on_site_rule.near_duplicate_bits"),
        ({"stage": "never"}, "WORK_ORDER_STAGE_UNKNOWN", "stage"),
    ],
)
async def test_a_rule_beyond_reason_is_refused(
    desk: Desk, wrong: dict[str, object], reason: str, field: str
) -> None:
    rule = pb.OnSiteRule(**wrong)  # type: ignore[arg-type]  # fields by name
    refusal = await desk.refused("OnSiteService/PutOnSiteRule", HQ, on_site_rule=rule)
    assert (refusal.reason, refusal.field) == (reason, field)
    by_others = await desk.refused("OnSiteService/PutOnSiteRule", DISPATCHER)
    assert by_others.reason == "ROLE_REQUIRED"


async def test_the_customers_yes_seals_all_that_was_reported(site: OnSite) -> None:
    await site.report(site.tell(0, work_clock=START), site.tell(1, evidence=photo("d")))
    await site.propose()
    site.pass_minutes(24 * 60)
    await site.complete()
    assert not (await site.record()).HasField("seal")
    await site.accept()
    seal = (await site.record(CUSTOMER)).seal
    assert (seal.intact, seal.command_count, seal.extra_count) == (True, 3, 1)
    assert len(seal.digest) == 64

    report = await site.report(site.tell(-60, "phone.late", evidence=photo("e")))
    assert list(report.standings[0].flags) == [pb.ON_SITE_FLAG_KIND_AFTER_ACCEPTANCE]
    record = await site.record()
    assert record.seal == seal
    assert [each.command.command_id for each in record.entries if each.after_seal] == ["phone.late"]


async def test_what_is_tampered_with_breaks_the_seal(site: OnSite) -> None:
    await site.report(site.tell(0, "phone.0001", evidence=photo("f")))
    await site.complete()
    await site.accept()
    tamper(site)
    assert not (await site.record()).seal.intact


def tamper(site: OnSite) -> None:
    """Change a note as only who owns the database can."""
    with psycopg.connect(site.desk.served.database_url) as connection:
        connection.execute("SET search_path = workorder")
        connection.execute("SET session_replication_role = replica")
        connection.execute(
            'UPDATE on_site_command SET body = body || \'{"note": "x"}\''
            " WHERE work_order_id = %s AND command_id = 'phone.0001'",
            (site.work_order_id,),
        )
