"""Three days without opening the link: an alert at the end of the third, and it starts again after an
opening. No timer of its own is needed: a race of a wait for the event and a wait for the time, in a
loop."""

from __future__ import annotations

from datetime import timedelta

from tests.unit.runtime.cases import Case
from workflows.runtime.commands import CallRpc
from workflows.runtime.events import EventArrived

SILENCE = """
    start: link
    nodes:
      - {id: link, kind: decision, name: 等打开, mode: event}
      - {id: opened, kind: wait, name: 打开了, event: test.v1.ThingChanged, key: li_1}
      - {id: silent, kind: wait, name: 三天没打开, duration: 3d}
      - {id: alert, kind: service, name: 提醒, rpc: test.v1.Things/Make}
      - {id: enough, kind: decision, name: 看完了吗}
      - {id: done, kind: end, name: 完}
    edges:
      - {from: link, to: opened}
      - {from: link, to: silent}
      - {from: opened, to: enough}
      - {from: enough, to: done, when: opened.done}
      - {from: enough, to: link, otherwise: true}
      - {from: silent, to: alert}
      - {from: alert, to: link}
"""
DAY = timedelta(days=1)


def alerts(case: Case) -> int:
    return sum(isinstance(c, CallRpc) and c.node == "alert" for _, c in case.commands)


def opens(case: Case, *, done: bool = False) -> None:
    payload = {"done": done}
    case.arrive(EventArrived(case.now, "test.v1.ThingChanged", "li_1", payload=payload))


def test_three_days_of_silence_alert_at_the_end_of_the_third_and_an_opening_starts_them_again() -> (
    None
):
    case = Case(SILENCE)
    case.advance(2 * DAY)
    opens(case)
    case.advance(3 * DAY - timedelta(seconds=1))
    assert alerts(case) == 0, "the opening on the second day started them again"
    case.advance(timedelta(seconds=1))
    assert alerts(case) == 1
    opens(case)
    case.advance(3 * DAY)
    assert alerts(case) == 2, "and so does one after an alert"
    opens(case, done=True)
    assert case.state.status.over
