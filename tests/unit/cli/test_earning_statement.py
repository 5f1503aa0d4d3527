"""What `gongdan earning show` prints beside the lines."""

from rich.console import Console

from cli.earning import statement
from protos.common.v1.money_pb2 import Money
from protos.settlement.v1 import adjustment_pb2, settlement_pb2


def printed(earning: settlement_pb2.Earning) -> str:
    console = Console(width=200)
    with console.capture() as captured:
        for part in statement(earning):
            console.print(part)
    return captured.get()


def test_what_was_taken_and_what_is_held_back_stand_on_it() -> None:
    taken = adjustment_pb2.Adjustment(
        adjustment_id="aj_1",
        kind=adjustment_pb2.ADJUSTMENT_KIND_DEDUCTION,
        amount=Money(currency="CNY", amount_minor=-2000),
        reason="划伤墙面",
    )
    held = adjustment_pb2.Holdback(
        holdback_id="hb_1",
        earning_id="ea_1",
        amount=Money(currency="CNY", amount_minor=1234),
    )
    seen = printed(settlement_pb2.Earning(earning_id="ea_1", adjustments=[taken], holdbacks=[held]))
    assert "划伤墙面" in seen
    assert "20.00" in seen
    assert "hb_1" in seen
    assert "¥12.34" in seen


def test_nothing_stands_there_of_what_there_is_not() -> None:
    seen = printed(settlement_pb2.Earning(earning_id="ea_1"))
    assert "hold-back" not in seen
    assert "adjustment" not in seen
