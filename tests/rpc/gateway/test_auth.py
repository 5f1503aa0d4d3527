"""Who may come in, how, and in whose name."""

import dataclasses
import secrets
from datetime import timedelta

import httpx
import psycopg
import pytest

from kit.clock import FixedClock, SystemClock
from services.gateway.auth import SESSION_COOKIE
from services.gateway.people import People
from tests.gateway_server import WholeProduct
from tests.rpc.gateway.conftest import As
from tests.rpc.gateway.test_problems import problem

PASSWORD = "correct horse battery"
SESSION = "/api/v1/session"
ITEM = {"catalogue": "CATALOGUE_PROJECT_LIBRARY", "name": "测试项目", "unit": "台"}


@pytest.fixture(scope="module")
async def account(product: WholeProduct) -> str:
    name = f"zhao.{secrets.token_hex(3)}"
    async with product.client() as admin:
        made = await admin.put(
            f"/api/v1/local-accounts/{name}", json={"person_id": "pe_zhao", "password": PASSWORD}
        )
    assert made.status_code == 204, made.text
    return name


async def log_in(visitor: httpx.AsyncClient, name: str, password: str = PASSWORD) -> httpx.Response:
    return await visitor.post(SESSION, json={"login_name": name, "password": password})


async def test_nobody_gets_in_without_a_name(product: WholeProduct) -> None:
    async with product.visitor() as visitor:
        response = await visitor.get("/api/v1/items")
    problem(response, 401, "LOGIN_REQUIRED")
    assert response.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize("token", ["wrong", "gdt_wrong", "Bearer", "\t"])
async def test_a_token_that_nobody_gave_out_opens_nothing(as_: As, token: str) -> None:
    response = await as_(token=token).get("/api/v1/items")
    assert response.status_code == 401


async def test_the_stacks_token_is_the_administrators(as_: As) -> None:
    me = (await as_().get(SESSION)).json()
    assert (me["person_id"], me["roles"], me["plays"]) == ("bootstrap", ["admin"], False)


async def test_the_stacks_token_plays_anybody_with_the_directorys_roles(as_: As) -> None:
    me = (await as_("pe_zhang").get(SESSION)).json()
    assert (me["person_id"], me["roles"], me["plays"]) == ("pe_zhang", ["technician"], True)
    assert me["outlet_id"] == "ou_beijing"


async def test_the_stacks_token_plays_a_customer(as_: As) -> None:
    me = (await as_("cu_inside").get(SESSION)).json()
    assert (me["person_id"], me["roles"]) == ("cu_inside", ["customer"])


@pytest.mark.parametrize("nobody", ["pe_nobody", "system"])
async def test_nobody_plays_whom_the_directory_does_not_know(as_: As, nobody: str) -> None:
    problem(await as_(nobody).get(SESSION), 401, "ACTOR_UNKNOWN", "person_id")


async def test_what_is_done_in_anothers_name_is_written_down(
    product: WholeProduct, as_: As, key: dict[str, str]
) -> None:
    mine = f"test-{secrets.token_hex(8)}"
    headers = key | {"X-Request-Id": mine}
    await as_("pe_zhao").put("/api/v1/items/P-1", json=ITEM, headers=headers)
    with psycopg.connect(product.database_url) as database:
        rows = database.execute(
            "SELECT person_id, http_method, path FROM edge.played_role WHERE request_id = %s",
            [mine],
        ).fetchall()
    assert rows == [("pe_zhao", "PUT", "/api/v1/items/P-1")]


async def test_a_password_opens_a_session_and_its_cookie_is_for_our_pages_alone(
    product: WholeProduct, account: str
) -> None:
    async with product.visitor() as visitor:
        response = await log_in(visitor, account.upper())
        assert response.status_code == 200, response.text
        assert response.json()["person_id"] == "pe_zhao"
        cookie = response.headers["set-cookie"].lower()
        assert "httponly" in cookie
        assert "samesite=lax" in cookie
        assert (await visitor.get(SESSION)).json()["roles"] == [
            "pricing_manager",
            "technical_director",
        ]


async def test_a_session_changes_things_only_with_its_csrf_token(
    product: WholeProduct, account: str, key: dict[str, str]
) -> None:
    async with product.visitor() as visitor:
        csrf = (await log_in(visitor, account)).json()["csrf_token"]
        for wrong in ({}, {"X-CSRF-Token": "wrong"}):
            refused = await visitor.put("/api/v1/items/C-1", json=ITEM, headers=key | wrong)
            problem(refused, 403, "CSRF_TOKEN_WRONG", "X-CSRF-Token")
        done = await visitor.put(
            "/api/v1/items/C-1", json=ITEM, headers=key | {"X-CSRF-Token": csrf}
        )
        assert done.status_code == 200, done.text


async def test_who_logs_out_is_out(product: WholeProduct, account: str) -> None:
    async with product.visitor() as visitor:
        csrf = (await log_in(visitor, account)).json()["csrf_token"]
        stolen = visitor.cookies[SESSION_COOKIE]
        gone = await visitor.delete(SESSION, headers={"X-CSRF-Token": csrf})
        assert gone.status_code == 204
        visitor.cookies.set(SESSION_COOKIE, stolen)
        problem(await visitor.get(SESSION), 401, "LOGIN_REQUIRED")


async def test_a_session_may_not_play_anybody_else(product: WholeProduct, account: str) -> None:
    async with product.visitor() as visitor:
        await log_in(visitor, account)
        refused = await visitor.get(SESSION, headers={"X-Gongdan-Act-As": "pe_qian"})
    problem(refused, 403, "ACT_AS_NOT_ALLOWED", "X-Gongdan-Act-As")


async def test_a_wrong_password_does_not_say_what_was_wrong(
    product: WholeProduct, account: str
) -> None:
    async with product.visitor() as visitor:
        known = problem(await log_in(visitor, account, "wrong-password"), 401, "LOGIN_REFUSED")
        unknown = problem(await log_in(visitor, "nobody", "wrong-password"), 401, "LOGIN_REFUSED")
    assert known["detail"] == unknown["detail"]


async def test_guessing_locks_the_account_for_a_while(product: WholeProduct) -> None:
    name = f"li.{secrets.token_hex(3)}"
    async with product.client() as admin, product.visitor() as visitor:
        given = {"person_id": "pe_li", "password": PASSWORD}
        await admin.put(f"/api/v1/local-accounts/{name}", json=given)
        for _ in range(5):
            problem(await log_in(visitor, name, "wrong-password"), 401, "LOGIN_REFUSED")
        problem(await log_in(visitor, name), 429, "LOGIN_LOCKED")
        await admin.put(f"/api/v1/local-accounts/{name}", json=given)
        assert (await log_in(visitor, name)).status_code == 200


async def test_only_an_administrator_gives_out_accounts(as_: As) -> None:
    given = {"person_id": "pe_zhao", "password": PASSWORD}
    refused = await as_("pe_chen").put("/api/v1/local-accounts/me", json=given)
    problem(refused, 403, "ROLE_REQUIRED")


async def test_no_other_site_logs_anybody_in(product: WholeProduct) -> None:
    async with product.visitor({"Sec-Fetch-Site": "cross-site"}) as visitor:
        refused = await visitor.post(SESSION, json={"person_id": "pe_zhao"})
    problem(refused, 403, "CROSS_SITE_LOGIN")


async def test_a_login_is_one_way_or_the_other(product: WholeProduct) -> None:
    both = {"person_id": "pe_zhao", "login_name": "zhao", "password": PASSWORD}
    async with product.visitor() as visitor:
        for body in (both, {}, {"login_name": "zhao"}):
            refused = await visitor.post(SESSION, json=body)
            assert refused.json()["reason"] == "FIELD_MALFORMED"


async def test_a_token_works_until_it_is_revoked_and_its_secret_is_shown_once(as_: As) -> None:
    person = as_("pe_qian")
    made = (await person.post("/api/v1/api-tokens", json={"label": "night import"})).json()
    program = as_(token=made["token"])
    assert (await program.get(SESSION)).json()["person_id"] == "pe_qian"
    listed = (await person.get("/api/v1/api-tokens")).json()
    assert made["token_id"] in [token["token_id"] for token in listed]
    assert made["token"] not in str(listed)
    gone = await person.delete(f"/api/v1/api-tokens/{made['token_id']}")
    assert gone.status_code == 204
    problem(await program.get(SESSION), 401, "API_TOKEN_INVALID")
    again = await person.delete(f"/api/v1/api-tokens/{made['token_id']}")
    problem(again, 404, "API_TOKEN_UNKNOWN", "token_id")


async def test_nobody_revokes_anothers_token(as_: As) -> None:
    made = (await as_("pe_qian").post("/api/v1/api-tokens", json={"label": "mine"})).json()
    refused = await as_("pe_li").delete(f"/api/v1/api-tokens/{made['token_id']}")
    problem(refused, 404, "API_TOKEN_UNKNOWN", "token_id")


async def test_a_token_plays_nobody(product: WholeProduct, as_: As) -> None:
    made = (await as_("pe_qian").post("/api/v1/api-tokens", json={"label": "mine"})).json()
    refused = await as_("pe_li", token=made["token"]).get(SESSION)
    problem(refused, 403, "ACT_AS_NOT_ALLOWED", "X-Gongdan-Act-As")


async def test_another_host_that_points_here_is_turned_away(product: WholeProduct) -> None:
    async with product.visitor({"Host": "evil.example"}) as visitor:
        assert (await visitor.get("/healthz")).status_code == 400


async def test_outside_development_nobody_is_played_and_cookies_need_https(
    product: WholeProduct, account: str
) -> None:
    settings = product.edge.settings.model_copy(update={"environment": "production"})
    closed = dataclasses.replace(product, edge=dataclasses.replace(product.edge, settings=settings))
    async with closed.client() as admin:
        problem(await admin.get(SESSION), 401, "API_TOKEN_INVALID")
    async with closed.visitor() as visitor:
        refused = await visitor.post(SESSION, json={"person_id": "pe_zhao"})
        problem(refused, 403, "ACT_AS_NOT_ALLOWED", "X-Gongdan-Act-As")
        cookie = (await log_in(visitor, account)).headers["set-cookie"].lower()
        assert "; secure" in cookie


async def test_a_person_who_left_is_out_at_once(product: WholeProduct, as_: As) -> None:
    admin, leaver, keys = as_(), as_("pe_gone"), iter(range(9))

    async def change(method: str, path: str, body: dict[str, str]) -> None:
        headers = {"Idempotency-Key": f"gone {next(keys)}"}
        done = await admin.request(method, f"/api/v1{path}", json=body, headers=headers)
        assert done.is_success, done.text

    await change("PUT", "/people/pe_gone", {"display_name": "周去"})
    await change("PUT", "/local-accounts/gone", {"person_id": "pe_gone", "password": PASSWORD})
    made = (await leaver.post("/api/v1/api-tokens", json={"label": "mine"})).json()
    await change("POST", "/people/pe_gone/leave", {"reason": "合同到期"})
    # What was known of them is forgotten after a few seconds; here at once.
    people = People(product.edge.caller, SystemClock())
    fresh = dataclasses.replace(product, edge=dataclasses.replace(product.edge, people=people))
    async with fresh.client(token=made["token"]) as program:
        problem(await program.get(SESSION), 401, "ACTOR_UNKNOWN", "person_id")
    async with fresh.visitor() as visitor:
        problem(await log_in(visitor, "gone"), 401, "ACTOR_UNKNOWN", "person_id")
        assert SESSION_COOKIE not in visitor.cookies
    with psycopg.connect(product.database_url) as database:
        opened = database.execute(
            "SELECT count(*) FROM edge.session WHERE person_id = 'pe_gone'"
        ).fetchone()
    assert opened == (0,)


async def test_a_session_ends_by_itself(product: WholeProduct, account: str) -> None:
    clock = FixedClock(SystemClock().now())
    later = dataclasses.replace(product, edge=dataclasses.replace(product.edge, clock=clock))
    async with later.visitor() as visitor:
        await log_in(visitor, account)
        clock.advance(timedelta(hours=11, minutes=59))
        assert (await visitor.get(SESSION)).status_code == 200
        clock.advance(timedelta(minutes=2))
        problem(await visitor.get(SESSION), 401, "LOGIN_REQUIRED")
