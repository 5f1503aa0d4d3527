"""Whatever fails, whenever it fails and whatever operations do about it: when the case is cancelled, what
was done is undone, newest first, each effect once."""

from __future__ import annotations

from datetime import datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.runtime.cases import Case, Small
from workflows.runtime.commands import CallRpc, Purpose
from workflows.runtime.events import RpcSucceeded
from workflows.runtime.places import each
from workflows.runtime.port import Reply
from workflows.runtime.state import CaseStatus, Trouble

Shape = list[list[bool]]

#: Branches of calls; a call may have an error path to what follows it.
SHAPES = st.lists(st.lists(st.booleans(), min_size=1, max_size=3), min_size=2, max_size=3)


def drawn(shape: Shape) -> str:
    """A parallel whose branches are chains of calls, and a person at its end."""
    nodes = ["{id: split, kind: parallel, name: 分}", "{id: meet, kind: parallel, name: 汇}"]
    edges: list[str] = []
    for branch, chain in enumerate(shape):
        ids = [f"m{branch}x{number}" for number in range(len(chain))]
        last = f"r{branch}"
        nodes += [f"{{id: {id}, kind: service, name: 做, rpc: test.v1.Things/Make}}" for id in ids]
        nodes.append(f"{{id: {last}, kind: service, name: 碰, rpc: test.v1.Things/Touch}}")
        edges.append(f"{{from: split, to: {ids[0]}}}")
        for id, following, caught in zip(ids, [*ids[1:], last], chain, strict=True):
            edges.append(f"{{from: {id}, to: {following}}}")
            if caught:
                edges.append(f"{{from: {id}, to: {following}, on: error}}")
        edges.append(f"{{from: {last}, to: meet}}")
    nodes.append("{id: check, kind: approval, name: 审, assignee: {role: boss}}")
    nodes.append("{id: done, kind: end, name: 完}")
    edges += ["{from: meet, to: check}", "{from: check, to: done}"]
    listed = "".join(f"\n      - {node}" for node in nodes)
    return f"""
    start: split
    nodes:{listed}
    edges: [{", ".join(edges)}]
"""


class Flaky(Small):
    """Takes its time, and fails as it is told; what it has applied stays applied."""

    def __init__(self, data: st.DataObject) -> None:
        super().__init__()
        self._data = data
        #: After so many failures everything works, or no case would ever end.
        self._patience = 6

    def call(self, call: CallRpc, at: datetime) -> Reply:
        if call.purpose not in (Purpose.NODE, Purpose.COMPENSATE):
            return super().call(call, at)
        after = timedelta(hours=self._data.draw(st.integers(0, 3)))
        if self._patience and self._data.draw(st.booleans()):
            self._patience -= 1
            return Reply(reason="THING_BROKEN", message="no", after=after)
        return Reply({"thing_id": call.call_id, "count": 1}, after=after)


def resolve(case: Case, data: st.DataObject) -> None:
    """Let operations do something about an incident; an undo they never give up."""
    open_ = dict(each(case.state, case.plan, "incidents"))
    incident_id = data.draw(st.sampled_from(sorted(open_)))
    undoing = open_[incident_id].trouble is Trouble.UNDO
    verb = "retry" if undoing else data.draw(st.sampled_from(["retry", "skip"]))
    case.do("pe_ops", verb, roles=("ops",), incident_id=incident_id, comment="查过了")


@settings(max_examples=60)
@given(SHAPES, st.data())
def test_what_was_done_is_undone_newest_first_and_each_once(
    shape: Shape, data: st.DataObject
) -> None:
    case = Case(drawn(shape), Flaky(data))
    for _ in range(data.draw(st.integers(0, 8))):
        if any(each(case.state, case.plan, "incidents")) and data.draw(st.booleans()):
            resolve(case, data)
        else:
            case.advance(timedelta(hours=1))
    case.do("pe_starter", "cancel")
    for _ in range(200):
        if case.state.status.over:
            break
        if any(each(case.state, case.plan, "incidents")):
            resolve(case, data)
        else:
            case.advance(timedelta(hours=1))
    assert case.state.status is CaseStatus.CANCELLED

    things = {call.call_id for call in case.all(CallRpc) if call.rpc.endswith("/Make")}
    done = [e.call_id for e in case.events if isinstance(e, RpcSucceeded) and e.call_id in things]
    undone = [
        event.call_id.removesuffix("/undo")
        for event in case.events
        if isinstance(event, RpcSucceeded) and event.call_id.endswith("/undo")
    ]
    assert undone == done[::-1]
    assert len(set(done)) == len(done)
