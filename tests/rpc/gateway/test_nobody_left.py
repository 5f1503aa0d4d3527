"""Nobody is left who would take the work: a dispatcher finds it in the inbox, and assigns it there."""

import httpx

from tests.rpc.gateway.conftest import As
from tests.rpc.gateway.play import act, offer, sell, task_of, until
from tests.rpc.gateway.test_pages import enter, hidden, visitor  # noqa: F401 - a fixture


async def test_when_everybody_has_declined_a_dispatcher_assigns_it_from_the_inbox(
    as_: As,
    visitor: httpx.AsyncClient,  # noqa: F811
) -> None:
    case_id = await sell(as_)
    order = await offer(as_, case_id)
    work_order_id = order["work_order_id"]
    chen = as_("pe_chen")

    async def asked() -> str | None:
        found = (await chen.get(f"/api/v1/work-orders/{work_order_id}")).json()
        return next(iter(found.get("offered_technician_ids", [])), None)

    declined: set[str] = set()

    async def next_one() -> str | None:
        """Who is asked now, or nobody once the dispatcher is."""
        listed = await chen.get(f"/api/v1/user-tasks?case_id={case_id}&person_id=pe_chen")
        if any(task["user_task_kind"] == "dispatch" for task in listed.json()["user_tasks"]):
            return ""
        who = await asked()
        return who if who and who not in declined else None

    while who := await until(next_one, "somebody is asked"):
        refused = await act(as_(who), case_id, "install", "decline")
        assert refused.status_code == 200, refused.text
        declined.add(who)
    task = await task_of(chen, case_id, "install")
    assert task["my_verbs"] == ["assign", "redispatch", "give_up"]
    assert set(task["context"]["asked"]) == declined

    await enter(visitor, "pe_chen")
    page = await visitor.get("/", params={"case_id": case_id})
    assert page.status_code == 200, page.text
    assert "指派" in page.text
    assert "没有师傅可问了；已问过" in page.text
    names = ("csrf_token", "act_key", "case_id", "user_task_id", "revision", "here")
    form = {name: hidden(page.text, name) for name in names}
    form |= {"verb": "assign", "to": sorted(declined)[0], "comment": "电话说好了"}
    done = await visitor.post("/acts", data=form)
    assert done.status_code == 303, done.text
    visit = await task_of(as_(sorted(declined)[0]), case_id, "install")
    assert visit["user_task_kind"] == "visit"
