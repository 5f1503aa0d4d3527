"""The page at `/`: every payee's phone, with what waits for a tap."""

import datetime as dt
from pathlib import Path
from zoneinfo import ZoneInfo

from fastapi import APIRouter
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader

from simulators.payout.bank import Bank

_HERE = Path(__file__).parent
_SHANGHAI = ZoneInfo("Asia/Shanghai")
_STATES = {
    "ACCEPTED": "已受理",
    "PROCESSING": "处理中",
    "WAIT_USER_CONFIRM": "待确认收款",
    "TRANSFERING": "转账中",
    "SUCCESS": "已到账",
    "FAIL": "未到账",
    "CANCELING": "撤销中",
    "CANCELLED": "已撤销",
}


def router(bank: Bank) -> APIRouter:
    """The page; it looks again every few seconds."""
    routes = APIRouter()
    templates = Environment(loader=FileSystemLoader(_HERE / "templates"), autoescape=True)
    templates.filters |= {"yuan": _yuan, "clock": _clock, "word": _STATES.__getitem__}

    @routes.get("/", response_class=HTMLResponse)
    async def page() -> str:
        bank.settle()
        phones = [
            (
                payee,
                [
                    transfer
                    for transfer in reversed(bank.transfers.values())
                    if transfer.openid == payee.openid
                ],
            )
            for payee in bank.payees.values()
        ]
        return templates.get_template("page.html").render(
            phones=phones, balance=bank.balance_minor, shifted=bank.clock.offset > 0
        )

    return routes


def _yuan(amount_minor: int) -> str:
    return f"¥{amount_minor // 100:,}.{amount_minor % 100:02}"


def _clock(instant: float) -> str:
    return f"{dt.datetime.fromtimestamp(instant, _SHANGHAI):%m-%d %H:%M}"
