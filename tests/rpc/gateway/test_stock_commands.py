"""`gongdan stock`: parts on the command line, from the delivery to the count."""

import json

from tests.rpc.gateway.conftest import As
from tests.rpc.gateway.test_command_line import Gongdan, gongdan  # noqa: F401 - a fixture


async def room(gongdan: Gongdan, name: str, kind: str, *more: str) -> None:  # noqa: F811
    put = await gongdan("stock", "room", "put", name, kind, "--name", f"{name} 仓", *more)
    assert put.exit_code == 0, put.output


async def test_parts_come_in_are_asked_for_travel_and_are_counted(
    gongdan: Gongdan,  # noqa: F811
    as_: As,
) -> None:
    await room(gongdan, "sr_cli_central", "central", "--place", "110000")
    await room(gongdan, "sr_cli_outlet", "outlet", "--outlet", "ou_beijing")
    rooms = await gongdan("stock", "room", "list", "--outlet", "ou_beijing")
    assert "网点仓" in rooms.stdout, rooms.output
    received = await gongdan(
        "stock", "receive", "sr_cli_central", "CLI-CAPACITOR=50@18.50", "--name", "启动电容",
        "--note", "DN-1",
    )  # fmt: skip
    assert "入库" in received.stdout, received.output
    assert "¥925.00" in received.stdout
    made = await gongdan(
        "stock", "request", "make", "CLI-CAPACITOR=10", "--room", "sr_cli_outlet",
        "--purpose", "补库存", "--json",
    )  # fmt: skip
    assert made.exit_code == 0, made.output
    request = json.loads(made.stdout)["part_request_id"]
    short = await gongdan("stock", "request", "allocate", request, "sr_cli_outlet")
    assert "PART_REQUEST_SAME_STOCKROOM" in short.stderr
    for verb in (("allocate", request, "sr_cli_central"), ("dispatch", request)):
        done = await gongdan("stock", "request", *verb)
        assert done.exit_code == 0, done.output
    arrived = await gongdan(
        "stock", "request", "receive", request, "CLI-CAPACITOR=9", "--note", "少一只"
    )
    assert "已完结" in arrived.stdout, arrived.output
    levels = await gongdan("stock", "levels", "--search", "电容", "--json")
    on_hand = {
        each["stockroom_id"]: each["on_hand"] for each in json.loads(levels.stdout)["stock_levels"]
    }
    assert on_hand == {"sr_cli_central": 40, "sr_cli_outlet": 9}
    ledger = await gongdan("stock", "ledger", "--document", request)
    assert "在途损失" in ledger.stdout, ledger.output
    reorder = await gongdan("stock", "room", "reorder", "sr_cli_outlet", "CLI-CAPACITOR", "9", "20")
    assert reorder.exit_code == 0, reorder.output
    below = await gongdan("stock", "room", "below", "--room", "sr_cli_outlet")
    assert "11" in below.stdout, below.output
    opened = await gongdan("stock", "count", "open", "sr_cli_outlet", "--json")
    count = json.loads(opened.stdout)["stock_count_id"]
    counted = await gongdan(
        "stock", "count", "record", count, "CLI-CAPACITOR=8", "--reason", "少一只"
    )
    assert "少一只" in counted.stdout, counted.output
    refused = await gongdan("stock", "count", "post", count)
    assert "STOCK_COUNT_OWN_POSTING" in refused.stderr
    listed = await as_().get("/api/v1/exports/stock-levels.csv?search=CLI-CAPACITOR")
    assert "sr_cli_outlet" in listed.text, listed.text
    sound = await gongdan("stock", "verify")
    assert "账实相符" in sound.stdout, sound.output


async def test_what_cannot_be_read_as_parts_is_said_before_anything_is_asked(
    gongdan: Gongdan,  # noqa: F811
) -> None:
    for written in ("CLI-FUSE", "CLI-FUSE="):
        refused = await gongdan("stock", "scrap", "sr_x", written, "--reason", "x")
        assert refused.exit_code == 2
        assert "ITEM=QUANTITY" in refused.stderr
