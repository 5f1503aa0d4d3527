"""The demonstration's payees: the example company's technicians, each with a phone."""

from simulators.payout.state import Payee

SCENES = ("1000", "1005", "1009", "1010", "1011")
#: 佣金报酬, and what of it has to be declared.
REPORTED = {"1005": frozenset({"岗位类型", "报酬说明"})}


def payees() -> dict[str, Payee]:
    """Payees by openid, afresh."""
    people = (
        Payee("oSandbox-pe_zhang", "张师傅"),
        Payee("oSandbox-pe_liu", "刘师傅"),
        Payee("oSandbox-pe_wu", "吴站长"),
    )
    return {payee.openid: payee for payee in people}
