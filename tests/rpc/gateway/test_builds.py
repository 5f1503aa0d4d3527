"""Operations see the builds of workers and promote one; nobody else may."""

import pytest

from tests.rpc.gateway.conftest import As
from tests.rpc.gateway.test_problems import problem


async def test_operations_see_the_builds_of_workers(as_: As) -> None:
    reply = await as_("pe_yun").get("/api/v1/builds")
    assert reply.status_code == 200
    assert reply.json() == {"builds": []}  # the workers of these tests have none


async def test_a_build_without_workers_cannot_be_promoted(as_: As) -> None:
    refused = await as_("pe_yun").post("/api/v1/builds/1-never/promote")
    problem(refused, 404, "BUILD_UNKNOWN", "build_id")


@pytest.mark.parametrize("path", ["/api/v1/builds/1-never/promote", "/api/v1/builds/nudge"])
async def test_a_designer_has_no_say_in_builds(as_: As, path: str) -> None:
    problem(await as_("pe_li").post(path), 403, "ROLE_REQUIRED")
