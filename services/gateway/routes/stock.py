"""Spare parts: stockrooms, levels, the ledger, part requests, uses, old parts, counts."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter

from protos.workorder.v1 import (  # noqa: F401 - their descriptors are what is exposed
    part_pb2,
    stock_count_pb2,
    stock_pb2,
)
from services.gateway.rpc_routes import expose

_STOCK: Final = "workorder.v1.StockService"
_PARTS: Final = "workorder.v1.PartService"
_COUNTS: Final = "workorder.v1.StockCountService"

_ROOM: Final = {
    "kind": "STOCKROOM_KIND_VEHICLE",
    "name": "张师傅车载仓",
    "outlet_id": "ou_beijing",
    "technician_id": "pe_zhang",
    "place_codes": ["110000"],
    "currency": "CNY",
    "four_eyes_above_minor": 20_000,
    "active": True,
}
_LINES: Final = [{"item_code": "PART-CAPACITOR", "quantity": 2}]
_RECEIPT: Final = {
    "stockroom_id": "sr_central",
    "stock_receipts": [
        {
            "item_code": "PART-CAPACITOR",
            "quantity": 50,
            "unit_cost": {"currency": "CNY", "amount_minor": 1_850},
            "item_name": "启动电容",
        }
    ],
    "document_id": "DN-2026-0815",
}

rooms = APIRouter(prefix="/stockrooms", tags=["stock 库存"])
expose(rooms, "GET", "", f"{_STOCK}/ListStockrooms", "Stockrooms")
expose(
    rooms,
    "PUT",
    "/{stockroom_id}",
    f"{_STOCK}/PutStockroom",
    "Make a stockroom, or change what may change of it",
    body="stockroom",
    example=_ROOM,
)

items = APIRouter(prefix="/stock-items", tags=["stock 库存"])
expose(items, "GET", "", f"{_STOCK}/ListStockItems", "Items that the stock knows")
expose(
    items,
    "PUT",
    "/{item_code}",
    f"{_STOCK}/PutStockItem",
    "What the stock needs to know of an item of the library",
    body="stock_item",
    example={
        "name": "压缩机",
        "serial_tracked": True,
        "needs_approval": True,
        "core_return_days": 14,
    },
)

stock = APIRouter(prefix="/stock", tags=["stock 库存"])
expose(stock, "GET", "/levels", f"{_STOCK}/ListStockLevels", "What is where")
expose(stock, "GET", "/units", f"{_STOCK}/ListStockUnits", "Where serial-numbered units are")
expose(stock, "GET", "/movements", f"{_STOCK}/ListStockMovements", "The ledger, the newest first")
expose(stock, "GET", "/verify", f"{_STOCK}/VerifyStock", "Whether ledger and levels agree")
expose(stock, "POST", "/receipts", f"{_STOCK}/ReceiveStock", "Take parts in", example=_RECEIPT)
expose(
    stock,
    "POST",
    "/transfers",
    f"{_STOCK}/TransferStock",
    "Move parts at once to another stockroom",
    example={
        "from_stockroom_id": "sr_central",
        "to_stockroom_id": "sr_beijing",
        "stock_lines": _LINES,
        "reason": "补网点库存",
    },
)
expose(
    stock,
    "POST",
    "/scrap",
    f"{_STOCK}/ScrapStock",
    "Take parts out for good",
    example={"stockroom_id": "sr_central", "stock_lines": _LINES, "reason": "受潮损坏"},
)
expose(stock, "GET", "/reservations", f"{_STOCK}/ListReservations", "What is held, and for whom")
expose(
    stock,
    "POST",
    "/reservations",
    f"{_STOCK}/ReserveParts",
    "Hold parts for a work order",
    example={"work_order_id": "wo_…", "stockroom_id": "sr_beijing", "stock_lines": _LINES},
)
expose(
    stock,
    "POST",
    "/reservations/{reservation_id}/release",
    f"{_STOCK}/ReleaseParts",
    "Give back what is held",
    example={},
)
expose(
    stock,
    "POST",
    "/reservations/expire",
    f"{_STOCK}/ExpireReservations",
    "Close the reservations whose time is over",
    example={"limit": 100},
)
expose(
    stock,
    "PUT",
    "/reorder-points/{stockroom_id}/{item_code}",
    f"{_STOCK}/PutReorderPoint",
    "When to order an item, and up to how much",
    body="reorder_point",
    example={"reorder_at": 5, "order_up_to": 20},
)
expose(
    stock,
    "GET",
    "/reorder-suggestions",
    f"{_STOCK}/ListReorderSuggestions",
    "What is to be ordered",
)

requests = APIRouter(prefix="/part-requests", tags=["part-requests 配件申请"])
expose(requests, "GET", "", f"{_PARTS}/ListPartRequests", "Part requests, the newest first")
expose(
    requests,
    "POST",
    "",
    f"{_PARTS}/RequestParts",
    "Ask for parts",
    example={
        "work_order_id": "wo_…",
        "technician_id": "pe_zhang",
        "stock_lines": _LINES,
        "purpose": "电容击穿",
    },
)
expose(requests, "GET", "/{part_request_id}", f"{_PARTS}/GetPartRequest", "One part request")
expose(
    requests,
    "POST",
    "/{part_request_id}/approve",
    f"{_PARTS}/ApprovePartRequest",
    "Allow it, or less of it",
    example={"approved_quantities": [{"item_code": "PART-CAPACITOR", "quantity": 1}]},
)
expose(
    requests,
    "POST",
    "/{part_request_id}/reject",
    f"{_PARTS}/RejectPartRequest",
    "Refuse it",
    example={"reason": "保外，请先报价"},
)
expose(
    requests,
    "POST",
    "/{part_request_id}/allocate",
    f"{_PARTS}/AllocateParts",
    "Hold all of it in one stockroom",
    example={"from_stockroom_id": "sr_central"},
)
expose(
    requests,
    "POST",
    "/{part_request_id}/dispatch",
    f"{_PARTS}/DispatchParts",
    "Send it on its way",
    example={"stock_lines": []},
)
expose(
    requests,
    "POST",
    "/{part_request_id}/receive",
    f"{_PARTS}/ReceiveParts",
    "What arrived, all of it unless lines are given",
    example={"stock_lines": [], "discrepancy_note": ""},
)
expose(
    requests,
    "POST",
    "/{part_request_id}/return",
    f"{_PARTS}/ReturnParts",
    "Send back what was not used",
    example={"stock_lines": _LINES, "reason": "用不上"},
)
expose(
    requests,
    "POST",
    "/{part_request_id}/close",
    f"{_PARTS}/ClosePartRequest",
    "What is left stays where it is, as free stock",
    example={"reason": "留作车载备件"},
)
expose(
    requests,
    "POST",
    "/{part_request_id}/cancel",
    f"{_PARTS}/CancelPartRequest",
    "It is not wanted any more",
    example={"reason": "客户退单"},
)

uses = APIRouter(prefix="/part-uses", tags=["part-requests 配件申请"])
expose(uses, "GET", "", f"{_PARTS}/ListPartUses", "Parts used on work orders")
expose(
    uses,
    "POST",
    "",
    f"{_PARTS}/UseParts",
    "Parts go into the customer's appliance",
    example={
        "work_order_id": "wo_…",
        "technician_id": "pe_zhang",
        "used_parts": [{"item_code": "PART-CAPACITOR", "quantity": 1, "in_warranty": True}],
    },
)
expose(
    uses,
    "POST",
    "/{part_use_id}/reverse",
    f"{_PARTS}/ReversePartUse",
    "It was recorded by mistake",
    example={"reason": "录错工单"},
)
expose(
    uses,
    "GET",
    "/cost/{work_order_id}",
    f"{_PARTS}/GetWorkOrderPartsCost",
    "What the parts used on a work order have cost",
)

cores = APIRouter(prefix="/core-returns", tags=["part-requests 配件申请"])
expose(cores, "GET", "", f"{_PARTS}/ListCoreReturns", "Old parts that are owed 旧件返还")
expose(
    cores,
    "POST",
    "/{core_return_id}/receive",
    f"{_PARTS}/ReceiveCore",
    "They came back",
    example={"stockroom_id": "sr_returns", "quantity": 1, "note": "外壳完好"},
)
expose(
    cores,
    "POST",
    "/{core_return_id}/waive",
    f"{_PARTS}/WaiveCoreReturn",
    "They will not come back",
    example={"reason": "客户留存"},
)

counts = APIRouter(prefix="/stock-counts", tags=["stock-counts 盘点"])
expose(counts, "GET", "", f"{_COUNTS}/ListStockCounts", "Counts, the newest first")
expose(
    counts,
    "POST",
    "",
    f"{_COUNTS}/OpenStockCount",
    "Begin to count a stockroom",
    example={"stockroom_id": "sr_beijing", "note": "月末盘点"},
)
expose(counts, "GET", "/{stock_count_id}", f"{_COUNTS}/GetStockCount", "One count")
expose(
    counts,
    "POST",
    "/{stock_count_id}/lines",
    f"{_COUNTS}/RecordStockCount",
    "What is there",
    example={
        "counted_items": [{"item_code": "PART-CAPACITOR", "quantity": 47, "reason": "少三只"}]
    },
)
expose(
    counts,
    "POST",
    "/{stock_count_id}/post",
    f"{_COUNTS}/PostStockCount",
    "Move the differences",
    example={},
)
expose(
    counts,
    "POST",
    "/{stock_count_id}/cancel",
    f"{_COUNTS}/CancelStockCount",
    "Nothing comes of it",
    example={},
)

ROUTERS: Final = (rooms, items, stock, requests, uses, cores, counts)
