"""Stock that is taken over, as rows of a file."""

from __future__ import annotations

from typing import Final

from kit.money import Money
from kit.rpc.convert import money_to_proto
from kit.spreadsheet.records import Column
from protos.workorder.v1 import registry_pb2 as pb
from protos.workorder.v1 import stock_pb2
from services.workorder.convert.sheets.sheets import Layout, text_column
from services.workorder.domain.registry import cells

#: What refusals put before the fields of a row, as it is checked by itself.
RECEIPTS: Final = "stock_receipts"

LAYOUT: Final[Layout[pb.StockOpening]] = Layout(
    names=("库存", "stock"),
    columns=(
        text_column("stockroom_id", "库位", "stockroom"),
        text_column("item_code", "备件编码", "item"),
        text_column("item_name", "名称", "name"),
        Column(
            "quantity",
            "数量",
            "quantity",
            cells.read_number,
            lambda opening: str(opening.quantity or ""),
        ),
        text_column("unit_cost", "单价", "unit cost"),
        Column(
            "serial_numbers",
            "序列号",
            "serial numbers",
            cells.read_codes,
            lambda opening: cells.write_codes(opening.serial_numbers),
        ),
    ),
    key="item_code",
    holder=f"{RECEIPTS}[0].",
    blank=pb.StockOpening,
)


def receipt_of(opening: pb.StockOpening, currency: str) -> stock_pb2.StockReceipt:
    """What a row receives, its cost in the stockroom's currency (``MONEY_…``)."""
    receipt = stock_pb2.StockReceipt(
        item_code=opening.item_code,
        item_name=opening.item_name,
        quantity=opening.quantity,
        serial_numbers=opening.serial_numbers,
    )
    if opening.unit_cost:
        receipt.unit_cost.CopyFrom(money_to_proto(Money.of(currency, opening.unit_cost)))
    return receipt
