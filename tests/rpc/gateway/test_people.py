"""What people do with each other's user tasks, over HTTP, on the pages and from the command line."""

import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from tests.gateway_server import WholeProduct
from tests.rpc.gateway.conftest import As
from tests.rpc.gateway.play import NEEDS, act, fresh_key, start, task_of, until
from tests.rpc.gateway.test_command_line import Gongdan, gongdan
from tests.rpc.gateway.test_pages import HTML, enter, hidden
from tests.rpc.gateway.test_problems import problem

__all__ = ["gongdan"]


@pytest.fixture
async def visitor(product: WholeProduct) -> AsyncIterator[httpx.AsyncClient]:
    async with product.visitor(HTML) as visitor:
        yield visitor


async def do(
    client: httpx.AsyncClient, case_id: str, task: str, verb: str, **more: Any
) -> httpx.Response:
    body = {"user_task_id": task, "verb": verb, **more}
    return await client.post(f"/api/v1/cases/{case_id}/acts", json=body, headers=fresh_key())


async def press(visitor: httpx.AsyncClient, page: str, verb: str, **more: Any) -> httpx.Response:
    """Send one of a page's forms for a verb."""
    names = ("csrf_token", "act_key", "case_id", "user_task_id", "revision", "here")
    form = {name: hidden(page, name) for name in names}
    return await visitor.post("/acts", data=form | {"verb": verb} | more)


async def moved(as_: As, case_id: str) -> None:
    """The designer has it."""
    await act(as_("pe_wang"), case_id, "intake", "complete", **NEEDS)
    await task_of(as_("pe_li"), case_id, "measure")


async def test_what_is_delegated_comes_back_with_what_was_filled_in(as_: As) -> None:
    case_id = await start(as_)
    await task_of(as_("pe_wang"), case_id, "intake")
    lent = await do(as_("pe_wang"), case_id, "intake/1", "delegate", to="pe_qian")
    assert lent.status_code == 200, lent.text
    task = await task_of(as_("pe_qian"), case_id, "intake")
    assert {"complete", "release", "delegate"} <= set(task["my_verbs"])
    assert task["delegations"] == [{"person_id": "pe_qian", "delegated_by_person_id": "pe_wang"}]
    await act(as_("pe_qian"), case_id, "intake", "complete", **NEEDS)
    back = await task_of(as_("pe_wang"), case_id, "intake")
    assert back["context"]["defaults"]["needs"] == NEEDS["needs"]


async def test_a_task_goes_to_nobody_the_company_does_not_know(as_: As) -> None:
    case_id = await start(as_)
    await task_of(as_("pe_wang"), case_id, "intake")
    for person in ("pe_nobody", "cu_inside"):
        refused = await do(as_("pe_wang"), case_id, "intake/1", "transfer", to=person)
        problem(refused, 422, "CASE_PERSON_UNKNOWN", "to")
    refused = await do(as_("pe_wang"), case_id, "", "copy_to", people=["pe_nobody"])
    problem(refused, 422, "CASE_PERSON_UNKNOWN", "people")


async def test_who_is_copied_to_reads_the_case_and_is_told(as_: As) -> None:
    case_id = await start(as_)
    await task_of(as_("pe_wang"), case_id, "intake")
    stranger = as_("pe_zhang")
    assert (await stranger.get(f"/api/v1/cases/{case_id}")).status_code == 404
    done = await do(as_("pe_wang"), case_id, "", "copy_to", people=["pe_zhang"], comment="请知悉")
    assert done.status_code == 200, done.text

    async def copied() -> dict[str, Any] | None:
        query = "person_id=pe_zhang&involvement=CASE_INVOLVEMENT_COPIED"
        listed = (await stranger.get(f"/api/v1/cases?{query}")).json()["cases"]
        return next((case for case in listed if case["case_id"] == case_id), None)

    await until(copied, "the case to be in their list")
    case = (await stranger.get(f"/api/v1/cases/{case_id}")).json()
    assert case["copied_to_person_ids"] == ["pe_zhang"]

    async def told() -> dict[str, Any] | None:
        sent = await as_("pe_chen").get(f"/api/v1/deliveries?case_id={case_id}")
        found = [d for d in sent.json()["deliveries"] if d["template_code"] == "case_copied"]
        return found[0] if found else None

    assert (await until(told, "the message"))["recipient_person_id"] == "pe_zhang"


async def test_a_page_offers_the_starter_to_withdraw_and_to_take_back(
    visitor: httpx.AsyncClient, as_: As
) -> None:
    case_id = await start(as_)
    await moved(as_, case_id)
    await enter(visitor, "pe_wang")
    page = (await visitor.get(f"/cases/{case_id}")).text
    assert "拿回：需求登记" in page
    assert "撤回 → 需求登记" in page
    case_form = page[page.index("对此个案") :]
    back = await press(visitor, case_form, "take_back", to="intake", comment="漏填了")
    assert back.status_code == 303, back.text
    await task_of(as_("pe_wang"), case_id, "intake")

    async def shown() -> str | None:
        text = (await visitor.get(f"/cases/{case_id}")).text
        return text if "流程已离开此节点" in text else None

    page = await until(shown, "the timeline to say what the system did")
    assert "漏填了" in page
    late = await press(visitor, case_form, "take_back", to="intake")
    assert late.status_code == 303  # the same form again is the same act


async def test_a_refusal_on_a_cases_page_is_told_there(visitor: httpx.AsyncClient, as_: As) -> None:
    case_id = await start(as_)
    await task_of(as_("pe_wang"), case_id, "intake")
    await enter(visitor, "pe_wang")
    page = (await visitor.get(f"/cases/{case_id}")).text
    refused = await press(visitor, page, "delegate", to="pe_nobody")
    assert refused.status_code == 422
    assert "CASE_PERSON_UNKNOWN" in refused.text
    assert "需求登记" in refused.text


async def test_the_inbox_has_lists_of_what_one_did_started_and_was_copied_to(
    visitor: httpx.AsyncClient, as_: As
) -> None:
    case_id = await start(as_)
    await moved(as_, case_id)
    await do(as_("pe_wang"), case_id, "", "copy_to", people=["pe_qian"])

    async def copied() -> bool | None:
        query = "person_id=pe_qian&involvement=CASE_INVOLVEMENT_COPIED"
        listed = (await as_("pe_qian").get(f"/api/v1/cases?{query}")).json()["cases"]
        return any(case["case_id"] == case_id for case in listed) or None

    await until(copied, "the copy to be told")
    await enter(visitor, "pe_wang")
    assert case_id in (await visitor.get("/mine/done")).text
    assert case_id in (await visitor.get("/mine/started")).text
    assert case_id not in (await visitor.get("/mine/copied")).text
    assert (await visitor.get("/mine/nothing")).status_code == 404
    narrow = {"words": case_id, "state": "CASE_STATE_RUNNING", "person_id": "pe_qian"}
    narrowed = (await visitor.get("/mine/started", params=narrow)).text
    assert narrowed.count("/cases/ca_") == 1
    over = await visitor.get("/mine/started", params=narrow | {"state": "CASE_STATE_COMPLETED"})
    assert "没有符合条件的个案" in over.text
    assert (await visitor.get("/mine/started?state=asleep")).status_code == 422
    await enter(visitor, "pe_qian")
    assert case_id in (await visitor.get("/mine/copied")).text


async def test_a_leavers_tasks_are_handed_over_from_the_command_line(
    gongdan: Gongdan,
    as_: As,
) -> None:
    body = {"display_name": "马上走", "roles": ["sales"]}
    await as_().put("/api/v1/people/pe_going", json=body, headers=fresh_key())
    cases = [await start(as_) for _ in range(2)]
    for case_id in cases:
        await task_of(as_("pe_wang"), case_id, "intake")
        given = await do(as_("pe_wang"), case_id, "intake/1", "transfer", to="pe_going")
        assert given.status_code == 200, given.text
        await task_of(as_("pe_going"), case_id, "intake")
    refused = await gongdan("person", "hand-over", "pe_going", "--to", "pe_nobody")
    assert "CASE_PERSON_UNKNOWN" in refused.stderr
    refused = await gongdan("person", "hand-over", "pe_going", "--to", "pe_qian", "--as", "pe_li")
    assert "ROLE_REQUIRED" in refused.stderr
    done = await gongdan("person", "hand-over", "pe_going", "--to", "pe_qian", "--json")
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert (told["handed_over_count"], told["failures"]) == (2, [])
    for case_id in cases:
        task = await task_of(as_("pe_qian"), case_id, "intake")
        assert task["substitutions"] == [
            {"person_id": "pe_qian", "on_behalf_of_person_id": "pe_going"}
        ]


async def test_a_case_is_withdrawn_and_copied_from_the_command_line(
    gongdan: Gongdan,
    as_: As,
) -> None:
    case_id = await start(as_)
    await moved(as_, case_id)
    copied = await gongdan("case", "copy-to", case_id, "pe_qian", "--as", "pe_wang")
    assert "抄送 ✓" in copied.stdout, copied.output
    back = await gongdan("case", "withdraw", case_id, "--as", "pe_wang", "--comment", "填错了")
    assert "撤回 ✓" in back.stdout, back.output
    await task_of(as_("pe_wang"), case_id, "intake")
    shown = await gongdan("case", "acts", case_id)
    assert "withdrawn" not in shown.stdout
    assert "收回" in shown.stdout
    listed = await gongdan("inbox", "--copied", "--as", "pe_qian")
    assert case_id in listed.stdout
    refused = await gongdan("case", "take-back", case_id, "intake", "--as", "pe_wang")
    assert "CASE_TARGET_ILLEGAL" in refused.stderr
