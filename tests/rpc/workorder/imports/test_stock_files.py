"""Stock that is taken over from a file: received once, as the ledger receives anything."""

import pytest

from protos.workorder.v1 import registry_pb2 as pb
from protos.workorder.v1 import stock_pb2
from tests.rpc.workorder.conftest import CUSTOMER, Desk
from tests.rpc.workorder.registry.asking import ask, refused
from tests.rpc.workorder.registry.test_files import as_previewed, lines, preview

STOCK = pb.REGISTRY_SHEET_STOCK
HEADINGS = "库位,备件编码,名称,数量,单价,序列号"


@pytest.fixture
async def room(desk: Desk) -> str:
    put = stock_pb2.Stockroom(
        stockroom_id="sl_import",
        kind=stock_pb2.STOCKROOM_KIND_CENTRAL,
        name="总仓",
        currency="CNY",
        active=True,
    )
    await ask(desk, "Stock/PutStockroom", stockroom=put)
    compressor = stock_pb2.StockItem(item_code="COMP", name="压缩机", serial_tracked=True)
    await ask(desk, "Stock/PutStockItem", stock_item=compressor)
    return put.stockroom_id


async def levels(desk: Desk, room: str) -> dict[str, tuple[int, int]]:
    answer = await ask(desk, "Stock/ListStockLevels", stockroom_id=room)
    return {
        one.item_code: (one.on_hand, one.stock_value.amount_minor) for one in answer.stock_levels
    }


async def test_stock_is_received_as_previewed_and_the_same_file_only_once(
    desk: Desk, room: str
) -> None:
    content = lines(
        HEADINGS,
        f"{room},PIPE-IMP,铜管,12,8.50,",
        f"{room},COMP,,2,450,SN-A SN-B",
    )
    seen = await preview(desk, STOCK, content)
    assert (seen.added, seen.wrong) == (2, 0)
    done = await ask(desk, "Registry/ImportRegistry", **as_previewed(STOCK, content, seen))
    assert done.added == 2
    assert await levels(desk, room) == {"PIPE-IMP": (12, 10200), "COMP": (2, 90000)}

    again = await preview(desk, STOCK, content)
    assert (again.added, again.unchanged) == (0, 2)
    done = await ask(desk, "Registry/ImportRegistry", **as_previewed(STOCK, content, again))
    assert (done.added, done.unchanged) == (0, 2)
    assert await levels(desk, room) == {"PIPE-IMP": (12, 10200), "COMP": (2, 90000)}


@pytest.mark.parametrize(
    ("row", "column"),
    [
        ("sl_nowhere,PIPE-BAD,铜管,1,,", "库位"),
        ("sl_import,PIPE-BAD,,1,,", "备件编码"),
        ("sl_import,PIPE-BAD,铜管,0,,", "数量"),
        ("sl_import,PIPE-BAD,铜管,很多,,", "数量"),
        ("sl_import,PIPE-BAD,铜管,1,1.005,", "单价"),
        ("sl_import,COMP,,2,,SN-X", "序列号"),
    ],
)
@pytest.mark.usefixtures("room")
async def test_what_cannot_be_received_is_told_in_its_cell(
    desk: Desk, row: str, column: str
) -> None:
    seen = await preview(desk, STOCK, lines(HEADINGS, row))
    [told] = seen.rows
    assert [problem.column for problem in told.problems] == [column]


async def test_stock_is_taken_over_by_the_warehouse_and_goes_out_by_its_own_lists(
    desk: Desk,
) -> None:
    refusal = await refused(desk, "Registry/PreviewRegistryImport", CUSTOMER, sheet=STOCK)
    assert refusal.reason == "ROLE_REQUIRED"
    refusal = await refused(desk, "Registry/ExportRegistry", sheet=STOCK)
    assert refusal.field == "sheet"
