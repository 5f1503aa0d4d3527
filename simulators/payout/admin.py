"""`/_sim/…`: what payees do on their phones, and what a test may do to the platform."""

from dataclasses import asdict

from fastapi import APIRouter, HTTPException
from pydantic import BaseModel, ConfigDict, Field

from simulators.payout.bank import Bank
from simulators.payout.errors import Refused
from simulators.payout.faults import Fault, FaultPlan
from simulators.payout.notices import Notifier
from simulators.payout.state import Json, Payee


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Move(_Body):
    """How far to move the clock, or how wrong signatures' times shall be."""

    seconds: float


class Account(_Body):
    """What the merchant has with the platform, in fen."""

    balance_minor: int = Field(ge=0)


class PayeeBody(_Body):
    """Somebody with the app."""

    name: str = Field(min_length=1)
    trouble: str = ""
    confirms: bool = False


def router(bank: Bank, faults: FaultPlan, notifier: Notifier) -> APIRouter:
    """The routes of the admin API."""
    routes = APIRouter(prefix="/_sim")
    _people(routes, bank)
    _readings(routes, bank, notifier)
    _platform(routes, bank, faults)
    return routes


def _people(routes: APIRouter, bank: Bank) -> None:
    @routes.get("/payees")
    async def payees() -> list[Json]:
        bank.settle()
        return [asdict(payee) for payee in bank.payees.values()]

    @routes.put("/payees/{openid}")
    async def put_payee(openid: str, body: PayeeBody) -> Json:
        known = bank.payees.get(openid)
        wallet = known.wallet_minor if known else 0
        bank.put_payee(Payee(openid, wallet_minor=wallet, **body.model_dump()))
        return asdict(bank.payees[openid])

    @routes.post("/transfers/{out_bill_no}/confirm")
    async def confirm(out_bill_no: str) -> Json:
        try:
            return asdict(bank.confirm(out_bill_no))
        except Refused as refused:
            raise HTTPException(409, str(refused)) from refused


def _readings(routes: APIRouter, bank: Bank, notifier: Notifier) -> None:
    @routes.get("/transfers")
    async def transfers() -> list[Json]:
        bank.settle()
        return [asdict(transfer) for transfer in bank.transfers.values()]

    @routes.get("/notices")
    async def notices() -> list[Json]:
        return [asdict(notice) for notice in notifier.notices]


def _platform(routes: APIRouter, bank: Bank, faults: FaultPlan) -> None:
    @routes.post("/clock/advance")
    async def advance(body: Move) -> Json:
        bank.clock.advance(body.seconds)
        bank.settle()
        return {"now": bank.clock.now()}

    @routes.post("/clock/skew")
    async def skew(body: Move) -> None:
        bank.clock.skew = body.seconds

    @routes.post("/faults")
    async def add_fault(fault: Fault) -> list[Fault]:
        faults.pending.append(fault)
        return faults.pending

    @routes.delete("/faults")
    async def clear_faults() -> None:
        faults.pending.clear()

    @routes.post("/knobs")
    async def knobs(changes: dict[str, float]) -> Json:
        for name, value in changes.items():
            if not hasattr(bank.knobs, name):
                raise HTTPException(422, f"{name}: no such knob")
            setattr(bank.knobs, name, type(getattr(bank.knobs, name))(value))
        return asdict(bank.knobs)

    @routes.post("/balance")
    async def balance(body: Account) -> None:
        bank.balance_minor = body.balance_minor
