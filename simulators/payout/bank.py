"""The platform's books: takes transfers once a number, ages them, and moves the money once."""

import datetime as dt
import secrets
from dataclasses import asdict, dataclass, field
from typing import Any, Final
from zoneinfo import ZoneInfo

from simulators.journal import Journal
from simulators.payout import seed
from simulators.payout.clock import Clock
from simulators.payout.errors import Refused
from simulators.payout.state import FINAL, Json, Knobs, Payee, State, Transfer

_SHANGHAI: Final = ZoneInfo("Asia/Shanghai")
_OPEN: Final = (State.ACCEPTED, State.PROCESSING, State.WAIT_USER_CONFIRM)


@dataclass
class Bank:
    """All of it; transfers and wallets survive a restart through the journal."""

    clock: Clock
    journal: Journal
    balance_minor: int = 1_000_000_00
    payees: dict[str, Payee] = field(default_factory=seed.payees)
    transfers: dict[str, Transfer] = field(default_factory=dict)
    knobs: Knobs = field(default_factory=Knobs)
    #: Transfers that came to an end and have not been told of.
    ended: list[Transfer] = field(default_factory=list)
    revision: int = 0

    def __post_init__(self) -> None:
        for kept in self.journal.all("payee"):
            self.payees[kept["openid"]] = Payee(**kept)
        for kept in self.journal.all("transfer"):
            made = Transfer(**{**kept, "state": State(kept["state"])})
            self.transfers[made.out_bill_no] = made
            if made.state is not State.FAIL and made.state is not State.CANCELLED:
                self.balance_minor -= made.amount_minor

    def transfer(self, asked: Json, name: str | None) -> Transfer:
        """Take a transfer; the same number again is the same transfer.

        Args:
            asked: the request's body.
            name: the payee's real name, opened; None: it was not given.
        """
        self.settle()
        known = self.transfers.get(asked["out_bill_no"])
        if known is not None:
            if known.asked != _compared(asked):
                raise Refused("ALREADY_EXISTS", "商户单号已存在，且请求参数与原单不一致")
            return known
        payee = self._check(asked, name)
        now = self.clock.now()
        made = Transfer(
            out_bill_no=asked["out_bill_no"],
            transfer_bill_no=f"13300{int(now)}{secrets.randbelow(10**12):012}",
            openid=payee.openid,
            amount_minor=asked["transfer_amount"],
            scene=asked["transfer_scene_id"],
            remark=asked["transfer_remark"],
            notify_url=asked.get("notify_url", ""),
            asked=_compared(asked),
            created_at=now,
            updated_at=now,
        )
        self.balance_minor -= made.amount_minor
        self.transfers[made.out_bill_no] = made
        self._keep(made)
        self.settle()
        return made

    def find(self, out_bill_no: str) -> Transfer:
        """A transfer by the merchant's number."""
        self.settle()
        found = self.transfers.get(out_bill_no)
        if found is None:
            raise Refused("NOT_FOUND", "记录不存在")
        return found

    def cancel(self, out_bill_no: str) -> Transfer:
        """Withdraw what the payee has not confirmed."""
        found = self.find(out_bill_no)
        if found.state in (State.CANCELING, State.CANCELLED):
            return found
        if found.state not in _OPEN:
            raise Refused("INVALID_REQUEST", "当前单据状态不支持撤销")
        self._to(found, State.CANCELING)
        return found

    def confirm(self, out_bill_no: str) -> Transfer:
        """The payee taps 确认收款 on the phone."""
        found = self.find(out_bill_no)
        if found.state is not State.WAIT_USER_CONFIRM:
            raise Refused("INVALID_REQUEST", f"无法确认收款：单据状态为{found.state}")
        found.confirmed_at = self.clock.now()
        self._to(found, State.TRANSFERING)
        self.settle()
        return found

    def settle(self) -> None:
        """Bring every transfer to where it is by now."""
        for transfer in self.transfers.values():
            while transfer.state not in FINAL and self._step(transfer):
                pass

    def put_payee(self, payee: Payee) -> None:
        """Add or change somebody."""
        self.payees[payee.openid] = payee
        self.journal.put("payee", payee.openid, asdict(payee))
        self.revision += 1

    def _step(self, transfer: Transfer) -> bool:
        """One step of a transfer's life, if it is time; whether there was one."""
        now, knobs, payee = self.clock.now(), self.knobs, self.payees[transfer.openid]
        waited = now - transfer.updated_at
        match transfer.state:
            case State.ACCEPTED:
                return self._to(transfer, State.PROCESSING)
            case State.PROCESSING if waited >= knobs.processing_seconds:
                return self._to(transfer, State.WAIT_USER_CONFIRM)
            case State.WAIT_USER_CONFIRM if (
                now - transfer.created_at >= knobs.expires_after_seconds
            ):
                return self._end(transfer, State.FAIL, "OVERDUE_CLOSE")
            case State.WAIT_USER_CONFIRM if payee.confirms:
                transfer.confirmed_at = now
                return self._to(transfer, State.TRANSFERING)
            case State.TRANSFERING if waited >= knobs.transfer_seconds:
                if payee.trouble:
                    return self._end(transfer, State.FAIL, payee.trouble)
                return self._end(transfer, State.SUCCESS)
            case State.CANCELING if waited >= knobs.canceling_seconds:
                return self._end(transfer, State.CANCELLED)
        return False

    def _to(self, transfer: Transfer, state: State) -> bool:
        transfer.state, transfer.updated_at = state, self.clock.now()
        self._keep(transfer)
        return True

    def _end(self, transfer: Transfer, state: State, reason: str = "") -> bool:
        transfer.fail_reason = reason
        if state is State.SUCCESS:
            payee = self.payees[transfer.openid]
            payee.wallet_minor += transfer.amount_minor
            self.put_payee(payee)
        else:
            self.balance_minor += transfer.amount_minor
        self.ended.append(transfer)
        return self._to(transfer, state)

    def _keep(self, transfer: Transfer) -> None:
        self.journal.put("transfer", transfer.out_bill_no, asdict(transfer))
        self.revision += 1

    def _check(self, asked: Json, name: str | None) -> Payee:
        amount, knobs = asked["transfer_amount"], self.knobs
        if asked["transfer_scene_id"] not in seed.SCENES:
            raise Refused("NO_AUTH", "商户号没有该转账场景的权限")
        reported = {each.get("info_type") for each in asked["transfer_scene_report_infos"]}
        if not seed.REPORTED.get(asked["transfer_scene_id"], frozenset()) <= reported:
            raise Refused("PARAM_ERROR", "未传入完整且对应的转账场景报备信息")
        payee = self.payees.get(asked["openid"])
        if payee is None:
            raise Refused("PARAM_ERROR", "openid与appid不匹配")
        if not knobs.least_minor <= amount <= knobs.most_minor:
            raise Refused("PARAM_ERROR", "转账金额超出单笔限额")
        if amount >= knobs.named_from_minor and name is None:
            raise Refused("PARAM_ERROR", "转账金额大于等于2000元时，收款用户姓名必填")
        if name is not None and name != payee.name:
            raise Refused("INVALID_REQUEST", "收款用户姓名与实名不一致")
        self._check_day(amount, payee)
        if amount > self.balance_minor:
            raise Refused("NOT_ENOUGH", "商户运营账户资金不足，请充值后原单重试")
        return payee

    def _check_day(self, amount: int, payee: Payee) -> None:
        today = _day(self.clock.now())
        counted = [
            each
            for each in self.transfers.values()
            if _day(each.created_at) == today and each.state not in (State.FAIL, State.CANCELLED)
        ]
        own = [each.amount_minor for each in counted if each.openid == payee.openid]
        if sum(each.amount_minor for each in counted) + amount > self.knobs.day_minor:
            raise Refused("INVALID_REQUEST", "超出商户单日转账额度")
        if sum(own) + amount > self.knobs.payee_day_minor:
            raise Refused("INVALID_REQUEST", "超出用户单日收款额度")
        if len(own) >= self.knobs.payee_day_count:
            raise Refused("INVALID_REQUEST", "超出用户单日收款笔数")


def _compared(asked: Json) -> dict[str, Any]:
    """Of a request what makes it another one under the same number; a sealed name differs each time."""
    return {key: value for key, value in asked.items() if key != "user_name"}


def _day(instant: float) -> dt.date:
    return dt.datetime.fromtimestamp(instant, _SHANGHAI).date()
