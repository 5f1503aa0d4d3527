"""`gongdan case` fills in every kind of field, uploads what is on this machine, and says what is wrong."""

import json
from pathlib import Path

import pytest

from tests.rpc.gateway.conftest import As
from tests.rpc.gateway.play import fresh_key, task_of, until
from tests.rpc.gateway.test_command_line import Gongdan, gongdan  # noqa: F401 - a fixture

SOURCE = (Path(__file__).parent / "every_field.yaml").read_text()
GIVEN = (
    "needs=挂机", "floor=12", "metres=3.50", "budget=1200.50", "day=2026-10-05", "at=2026-10-05T09:00",
    "slot=2026-10-05T09:00/2026-10-05T11:00", "high=false", "level=gold", "tags=new,vip", "region=110105",
    "owner=pe_li", "crew=pe_zhang,pe_liu", "place=116.4,39.9", "serial=SN00042", "stars=4",
    "lines.0.what=铜管", "lines.0.quantity=3", "lines.0.price=33.33",
    'lines.1={"what": "支架", "quantity": 1, "price": {"currency": "CNY", "amount_minor": 1}}',
)  # fmt: skip


@pytest.fixture
async def case_id(as_: As, gongdan: Gongdan) -> str:  # noqa: F811
    await as_().post("/api/v1/flows", json={"source": SOURCE}, headers=fresh_key())
    started = await gongdan(
        "case", "start", "every_field", "-i", "urgent=false", "--as", "pe_wang", "--json"
    )
    assert started.exit_code == 0, started.output
    found = str(json.loads(started.stdout)["case_id"])
    await task_of(as_("pe_wang"), found, "intake")
    return found


def inputs(*pairs: str) -> list[str]:
    return [part for pair in pairs for part in ("-i", pair)]


async def test_every_kind_of_field_is_typed_and_files_are_uploaded(
    gongdan: Gongdan,  # noqa: F811
    as_: As,
    case_id: str,
    tmp_path: Path,
) -> None:
    photo = tmp_path / "现场.jpg"
    photo.write_bytes(b"\xff\xd8\xff\xe0" + bytes(32))
    act = ("case", "act", case_id, "intake", "complete", "--as", "pe_wang")
    done = await gongdan(*act, *inputs(*GIVEN, f"photos=@{photo}", f"signed=@{photo}"))
    assert done.exit_code == 0, done.output

    async def kept() -> dict[str, object] | None:
        case = (await as_("pe_wang").get(f"/api/v1/cases/{case_id}")).json()
        found: dict[str, object] | None = case["data"].get("intake")
        return found

    intake = await until(kept, "the form")
    assert intake["slot"] == {"from": "2026-10-05T01:00:00Z", "to": "2026-10-05T03:00:00Z"}
    assert intake["crew"] == ["pe_zhang", "pe_liu"]
    assert intake["total"] == {"currency": "CNY", "amount_minor": 10_000}
    assert str(intake["signed"]).endswith(".jpg")
    assert intake["place"] == {
        "longitude": "116.4",
        "latitude": "39.9",
        "coordinate_system": "GCJ-02",
    }


async def test_every_mistake_is_told_by_its_place(
    gongdan: Gongdan,  # noqa: F811
    case_id: str,
    tmp_path: Path,
) -> None:
    act = ("case", "act", case_id, "intake", "complete", "--as", "pe_wang")
    wrong = (*GIVEN, "slot=tomorrow", "lines.0.quantity=none", "floor=100", "photos=fl_mine.jpg")
    refused = await gongdan(*act, *inputs(*wrong))
    assert refused.exit_code == 1
    for told in (
        "CASE_FORM_INVALID",
        "slot: must have a beginning and an end",
        "lines[0].quantity: must be a whole number",
        "floor: must be at most 99",
        "photos: must refer to an uploaded file",
    ):
        assert told in refused.stderr
    missing = await gongdan(*act, *inputs(f"photos=@{tmp_path}/none.jpg"))
    assert "INPUT_FILE_UNREADABLE" in missing.stderr
    script = tmp_path / "photo.jpg"
    script.write_text("<script>")
    unknown = await gongdan(*act, *inputs(f"photos=@{script}"))
    assert "FILE_KIND_UNKNOWN" in unknown.stderr
