"""Both libraries through the edge: pictures that exist, files in and out."""

import secrets
from typing import Any

import httpx
import pytest

from kit.spreadsheet.table import Limits
from tests.rpc.gateway.conftest import As

PICTURE = b"\xff\xd8\xff\xe0" + bytes(range(200))
UNKNOWN = "fl_01jd7q2v9x3k8m4n5p6r7s8t9v.jpg"
PARTS = "CATALOGUE_SPARE_PART_LIBRARY"


def fresh() -> dict[str, str]:
    return {"Idempotency-Key": secrets.token_hex(8)}


async def put(client: httpx.AsyncClient, item_code: str, **said: Any) -> httpx.Response:
    body = {"catalogue": PARTS, "name": f"备件{item_code}", "unit": "个", **said}
    return await client.put(f"/api/v1/items/{item_code}", json=body, headers=fresh())


async def preview(client: httpx.AsyncClient, content: bytes) -> httpx.Response:
    path = f"/api/v1/item-imports/preview?catalogue={PARTS}"
    return await client.post(path, content=content)


async def test_the_pictures_of_an_item_were_uploaded(as_: As) -> None:
    keeper = as_("pe_zhao")
    refused = await put(keeper, "GW-PIC", pictures=[UNKNOWN])
    assert (refused.status_code, refused.json()["reason"]) == (422, "FILE_NOT_UPLOADED")
    assert refused.json()["field"] == "item.pictures[0]"
    uploaded = await keeper.post("/api/v1/files", params={"name": "a.jpg"}, content=PICTURE)
    reference = uploaded.json()["file_id"]
    kept = await put(keeper, "GW-PIC", pictures=[reference])
    assert kept.json()["pictures"] == [reference]
    seen = await keeper.get("/api/v1/items/GW-PIC")
    assert seen.json() == kept.json()


async def test_pictures_that_a_file_names_were_uploaded(as_: As) -> None:
    content = f"编码,名称,图片\nGW-NEW,新,{UNKNOWN}\n".encode()
    refused = await preview(as_("pe_zhao"), content)
    assert (refused.status_code, refused.json()["reason"]) == (422, "FILE_NOT_UPLOADED")
    assert list(refused.json()["details"]) == ["2 图片[0]"]


async def test_a_file_is_previewed_imported_once_and_exported(as_: As) -> None:
    keeper = as_("pe_zhao")
    await put(keeper, "GW-OLD")
    content = "编码,名称,规格\r\nGW-OLD,改名,大号\r\nGW-FILE,=1\r\n".encode("gb18030")
    seen = (await preview(keeper, content)).json()
    assert seen["wrong"] == 1
    [problem] = seen["rows"][1]["problems"]
    assert (problem["row_number"], problem["column"], problem["reason"]) == (
        3,
        "名称",
        "SHEET_CELL_FORMULA",
    )
    content = content.replace(b"=1", b"1")
    seen = (await preview(keeper, content)).json()
    assert (seen["added"], seen["changed"], seen["wrong"]) == (1, 1, 0)

    query = {name: seen[name] for name in ("file_sha256", "library_sha256")}
    key = fresh()
    path = "/api/v1/item-imports"
    answers = [
        await keeper.post(path, params={"catalogue": PARTS, **query}, content=content, headers=key)
        for _ in range(2)
    ]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].json() == answers[1].json()
    assert answers[0].json()["added"] == 1

    asked = {"catalogue": PARTS, "format": "SHEET_FORMAT_CSV", "text": "GW-"}
    exported = await as_("pe_li").get("/api/v1/item-exports", params=asked)
    assert (
        "filename*=UTF-8''%E5%A4%87%E4%BB%B6%E5%BA%93.csv"
        in (exported.headers["content-disposition"])
    )
    assert "GW-OLD,改名" in exported.content.decode("utf-8-sig")
    again = (await preview(keeper, exported.content)).json()
    assert (again["added"], again["changed"], again["wrong"]) == (0, 0, 0)


async def test_a_file_that_is_too_large_is_refused_before_it_is_read(as_: As) -> None:
    refused = await preview(as_("pe_zhao"), b"x" * (Limits().bytes + 1))
    assert refused.json()["reason"] == "BODY_TOO_LARGE"


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("item-imports/preview?catalogue=ODD", "catalogue"),
        ("item-imports/preview?content=x", "content"),
        ("item-imports?catalogue=CATALOGUE_SPARE_PART_LIBRARY", "Idempotency-Key"),
    ],
)
async def test_an_import_that_says_nothing_sensible_is_refused_by_its_field(
    as_: As, path: str, field: str
) -> None:
    refused = await as_("pe_zhao").post(f"/api/v1/{path}", content="编码\nA\n".encode())
    assert (refused.status_code, refused.json()["field"]) == (422, field)


async def test_own_fields_are_defined_and_filled_in(as_: As) -> None:
    keeper = as_("pe_zhao")
    path = f"/api/v1/item-fields/{PARTS}/diameter_mm"
    body = {"label": "管径(mm)", "kind": "ITEM_FIELD_KIND_NUMBER"}
    defined = await keeper.put(path, json=body, headers=fresh())
    assert defined.json()["revision"] == 1
    kept = await put(keeper, "GW-PIPE", fields={"diameter_mm": "9.50"})
    assert kept.json()["fields"] == {"diameter_mm": "9.5"}
    query = {"catalogue": PARTS, "field_code": "diameter_mm", "field_value": "9.5"}
    found = (await keeper.get("/api/v1/items", params=query)).json()
    assert (found["total"], found["items"][0]["item_code"]) == (1, "GW-PIPE")


async def test_a_retired_item_is_no_longer_listed(as_: As) -> None:
    keeper = as_("pe_zhao")
    await put(keeper, "GW-GONE")
    retired = await keeper.post("/api/v1/items/GW-GONE/retire", json={}, headers=fresh())
    assert retired.json()["retired_at"]
    found = (await keeper.get("/api/v1/items?text=GW-GONE")).json()
    assert found["items"] == []
    await keeper.post("/api/v1/items/GW-GONE/restore", json={}, headers=fresh())
    assert (await keeper.get("/api/v1/items?text=GW-GONE")).json()["total"] == 1
