"""Files: uploaded by who is signed in, kept once, known by what they are, named in forms."""

import secrets

import httpx
import pytest

from services.gateway.requests import MAX_FILE_BYTES
from tests.gateway_server import WholeProduct
from tests.rpc.gateway.conftest import As
from tests.rpc.gateway.play import MEASURED, NEEDS, act, start

PHOTO = b"\xff\xd8\xff\xe0" + bytes(range(256))


async def upload(client: httpx.AsyncClient, content: bytes, name: str = "") -> httpx.Response:
    return await client.post("/api/v1/files", params={"name": name}, content=content)


async def test_a_photo_is_kept_and_looked_at_again(product: WholeProduct, as_: As) -> None:
    kept = await upload(as_("pe_li"), PHOTO, "C:\\客厅\n.exe")
    assert kept.status_code == 201, kept.text
    file_id = kept.json()["file_id"]
    assert kept.json() == {
        "file_id": file_id,
        "media_type": "image/jpeg",
        "size_bytes": len(PHOTO),
        "name": "客厅.exe",
    }
    seen = await as_("pe_chen").get(f"/api/v1/files/{file_id}")
    assert seen.content == PHOTO
    assert seen.headers["content-type"] == "image/jpeg"
    assert seen.headers["content-disposition"].startswith("inline;")
    assert seen.headers["x-content-type-options"] == "nosniff"
    async with product.visitor() as stranger:
        assert (await stranger.get(f"/api/v1/files/{file_id}")).status_code == 401
        assert (await upload(stranger, PHOTO)).status_code == 401


async def test_the_same_photo_is_kept_once(product: WholeProduct, as_: As) -> None:
    content = PHOTO + secrets.token_bytes(16)
    first, second = [(await upload(as_("pe_li"), content)).json()["file_id"] for _ in range(2)]
    assert first != second
    folder = product.edge.settings.files_folder
    assert folder is not None
    assert [path for path in folder.rglob("*") if path.is_file() and path.read_bytes() == content][
        1:
    ] == []
    assert not list((folder / "incoming").iterdir())


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "FILE_EMPTY"),
        (b"<script>alert(1)</script>", "FILE_KIND_UNKNOWN"),
        (PHOTO[:3] + bytes(MAX_FILE_BYTES), "BODY_TOO_LARGE"),
    ],
)
async def test_what_is_no_photo_video_or_document_is_refused(
    product: WholeProduct, as_: As, content: bytes, reason: str
) -> None:
    refused = await upload(as_("pe_li"), content, "photo.jpg")
    assert (refused.status_code, refused.json()["reason"]) == (422, reason)
    folder = product.edge.settings.files_folder
    assert folder is not None
    assert not list((folder / "incoming").iterdir())


async def test_a_document_is_saved_and_not_shown(as_: As) -> None:
    kept = await upload(as_("pe_li"), b"%PDF-1.7 " + secrets.token_bytes(8), "合同.pdf")
    seen = await as_("pe_li").get(f"/api/v1/files/{kept.json()['file_id']}")
    assert seen.headers["content-disposition"].startswith("inline; filename*=UTF-8''%E5")
    unknown = await as_("pe_li").get("/api/v1/files/fl_00000000000000000000000000.pdf")
    assert (unknown.status_code, unknown.json()["reason"]) == (404, "FILE_UNKNOWN")


async def test_a_form_names_files_that_were_uploaded(as_: As) -> None:
    case_id = await start(as_)
    assert (await act(as_("pe_wang"), case_id, "intake", "complete", **NEEDS)).status_code == 200
    made_up = {**MEASURED, "photos": ["fl_00000000000000000000000000.jpg"]}
    refused = await act(as_("pe_li"), case_id, "measure", "complete", **made_up)
    assert (refused.status_code, refused.json()["reason"]) == (422, "FILE_NOT_UPLOADED")
    assert refused.json()["details"] == {"photos[0]": "was not uploaded"}
    photo = (await upload(as_("pe_li"), PHOTO)).json()["file_id"]
    done = await act(
        as_("pe_li"), case_id, "measure", "complete", **{**MEASURED, "photos": [photo]}
    )
    assert done.status_code == 200, done.text
