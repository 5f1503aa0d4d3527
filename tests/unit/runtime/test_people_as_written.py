"""The people's part of the language as an operator writes it, from the text to the last signature."""

from __future__ import annotations

from datetime import timedelta

from tests.unit.compiler.flows import CATALOG, HEADER, flow
from tests.unit.runtime.cases import Case, Small
from workflows.compiler.compile import compile_or_raise
from workflows.runtime.state import CaseStatus

WRITTEN = flow(
    """
    start: ask
    nodes:
      - id: ask
        kind: form
        name: 申请
        assignee: {person: =case.started_by}
        form: [{id: helpers, kind: people, name: 会办人, required: true}]
      - id: lead
        kind: approval
        name: 上级
        assignee: {leader_of: =case.started_by, levels: 1}
        when_applicant: skip
      - id: help
        kind: approval
        name: 顺签
        mode: sequence
        assignee: {field: ask.helpers}
        when_repeated: skip
      - id: vote
        kind: approval
        name: 票签
        mode: quorum
        quorum: {percent: 50, weights: [{role: sales, votes: 2}]}
        assignee: {role: boss}
      - id: chosen
        kind: form
        name: 办理
        assignee: {chosen_at: ask}
        skippable: true
        pause_reasons: [parts]
        sla:
          calendar: natural
          complete: 8h
          escalate:
            - {of: complete, after: 1h, reassign_to: {role: boss}}
            - {of: complete, after: 2h, take: late}
        form: [{id: note, kind: text, name: 说明}]
      - id: nobody
        kind: approval
        name: 无人
        assignee: {role: ghosts, nobody: skip}
      - {id: late, kind: end, name: 超时}
      - {id: done, kind: end, name: 完}
    edges:
      - {from: ask, to: lead}
      - {from: lead, to: help}
      - {from: help, to: vote}
      - {from: vote, to: chosen}
      - {from: chosen, to: nobody}
      - {from: nobody, to: done}
    """,
    header=HEADER.replace(
        "  boss: {name: 主管}\n",
        "  boss: {name: 主管}\n  ghosts: {name: 无}\n  warehouse: {name: 仓库}\n",
    )
    + "pause_reasons: {parts: {name: 等备件, blames: warehouse}}\n",
)


def case_at_chosen() -> Case:
    world = Small()
    world.leaders = {"pe_starter": ["pe_leader"]}
    world.people |= {"boss": ["pe_a", "pe_b"], "sales": ["pe_b"]}
    case = Case(compile_or_raise(WRITTEN, CATALOG), world)
    case.do(
        "pe_starter", "complete", "ask",
        form={"helpers": ["pe_leader", "pe_x", "pe_y"], "for_chosen": "pe_c"},
    )  # fmt: skip
    case.do("pe_leader", "approve", "lead")
    assert case.task("help").waiting_on == ("pe_x",)
    case.do("pe_x", "approve", "help")
    case.do("pe_y", "approve", "help")
    case.do("pe_b", "approve", "vote")
    assert case.state.data["vote"]["approved"] is True
    assert case.task("chosen").waiting_on == ("pe_c",)
    return case


def test_it_runs_as_it_is_written() -> None:
    case = case_at_chosen()
    case.do("pe_c", "pause", "chosen", to="parts")
    case.advance(timedelta(days=2))
    case.do("pe_c", "resume", "chosen")
    case.do("pe_c", "complete", "chosen")
    assert case.state.status is CaseStatus.COMPLETED
    assert ("skip", "nobody", ()) in case.acts_of_the_system()


def test_an_escalation_gives_it_away_and_then_leaves_it() -> None:
    case = case_at_chosen()
    case.advance(timedelta(hours=9))
    assert case.task("chosen").waiting_on == ("pe_a", "pe_b")
    case.advance(timedelta(hours=1))
    assert (case.state.status, case.state.end_node) == (CaseStatus.COMPLETED, "late")


def test_who_manages_it_passes_it_over() -> None:
    case = case_at_chosen()
    case.do("pe_m", "skip", "chosen", roles=("boss",), comment="不用了")
    assert case.state.status is CaseStatus.COMPLETED
