"""Whether what a case is doing can go on under the new version: token by token, and everything that
goes by the name of a node."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from workflows.compiler.control import control_of
from workflows.compiler.plan import (
    ApprovalNode,
    ConfirmNode,
    DecisionNode,
    EndNode,
    FieldWorkNode,
    ForEachNode,
    FormNode,
    ParallelNode,
    Plan,
    PlanGraph,
    PlanNode,
    ServiceNode,
    SubflowNode,
)
from workflows.language.types import assignable
from workflows.runtime.commands import Purpose
from workflows.runtime.migration.verdict import Finding
from workflows.runtime.quorum import is_reachable
from workflows.runtime.state import CaseState, CaseStatus, Phase, RunState, Token
from workflows.runtime.verbs import is_in_order, signs

#: Nodes that only lead somewhere: nothing can be begun afresh on one.
_LEADING = DecisionNode | ParallelNode | EndNode


@dataclass(frozen=True, slots=True)
class Ask:
    """Why it must be said where a token goes."""

    words: str
    words_en: str


@dataclass(frozen=True, slots=True)
class Level:
    """A run of the case between the old version and the new one.

    Attributes:
        path: what stands before its ids outside.
        moved: where its tokens begin afresh, by the nodes they leave.
        asks: the nodes of which that has yet to be said, and why.
    """

    path: str
    run: RunState
    old: PlanGraph
    new: PlanGraph
    moved: dict[str, str]
    asks: dict[str, Ask]


def levels(
    state: CaseState, old: Plan, new: Plan, choices: Mapping[str, str]
) -> tuple[list[Level], list[Finding]]:
    """The runs of a case that can go on, and what stands in the way of any."""
    weighing = _Weighing(new, choices)
    weighing.weigh("", state, old, new)
    return weighing.levels, weighing.findings


class _Weighing:
    """Goes through a case's runs from the outside in."""

    def __init__(self, plan: Plan, choices: Mapping[str, str]) -> None:
        self._plan = plan
        self._choices = choices
        self.levels: list[Level] = []
        self.findings: list[Finding] = []

    def weigh(self, path: str, run: RunState, old: PlanGraph, new: PlanGraph) -> None:
        """Look at one run, then at those inside it."""
        level = Level(path, run, old, new, {}, {})
        self.levels.append(level)
        self._under_way(level)
        self._left_behind(level)
        for token in run.tokens.values():
            self._token(level, token)
        for join, edges in run.joined.items():
            self._arrivals(level, join, edges)
        for key, inner in run.inner.items():
            before, after = old.by_id[inner.node], new.by_id.get(inner.node)
            was, now = getattr(before, "body", None), getattr(after, "body", None)
            if inner.status.over or inner.node in level.moved or was is None or now is None:
                continue
            self.weigh(f"{path}{key}:", inner, was, now)

    def _find(
        self, code: str, level: Level, node: str, zh: str, en: str, *, passing: bool = False
    ) -> None:
        self.findings.append(Finding(code, level.path + node, zh, en, passing))

    # -- what must be over first

    def _under_way(self, level: Level) -> None:
        run = level.run
        for call in run.calls.values():
            told = call.purpose == Purpose.NOTIFY and call.node in level.new.by_id
            if not told:
                self._find(
                    "MIGRATION_CALL_IN_FLIGHT",
                    level,
                    call.node,
                    f"「{_name(level.old, call.root)}」的调用还没有结果，等它有结果再移",
                    f"a call of {call.root!r} has not been answered; move the case when it has",
                    passing=True,
                )
        withdrawn = any(child.cancelling for child in run.children.values())
        if run.unwinding or withdrawn or run.status is CaseStatus.CANCELLING:
            self._find(
                "MIGRATION_UNDOING",
                level,
                "",
                "正在撤销做过的事，撤销完再移",
                "something is being undone; move the case when that is done",
                passing=True,
            )
        ended = [inner for inner in run.inner.values() if inner.status.over]
        if ended:
            self._find(
                "MIGRATION_UNDOING",
                level,
                ended[0].node,
                "循环体还有调用没有收尾，收尾后再移",
                "a run of a body is over but has calls under way; move the case when they are done",
                passing=True,
            )

    # -- what goes by a node's name

    def _left_behind(self, level: Level) -> None:
        run, known = level.run, level.new.by_id
        for node in dict.fromkeys(effect.root for effect in run.effects):
            if node not in known:
                self._find(
                    "MIGRATION_EFFECT_WITHOUT_NODE",
                    level,
                    node,
                    f"「{_name(level.old, node)}」做过的事要能撤销，但新版本没有这个节点",
                    f"what {node!r} has done must stay undoable, but the version has no such node",
                )
        for incident in run.incidents.values():
            if incident.node and incident.root not in {*known, *run.tokens}:
                self._find(
                    "MIGRATION_INCIDENT_WITHOUT_NODE",
                    level,
                    incident.node,
                    f"异常 {incident.reason} 所在的节点在新版本里没有：先处理异常",
                    f"incident {incident.reason} is at a node that the version does not have; "
                    "resolve it first",
                )

    def _arrivals(self, level: Level, join: str, edges: tuple[str, ...]) -> None:
        before, after = level.old.by_id[join], level.new.by_id.get(join)
        entering = {line.id for line in control_of(level.new).entering.get(join, ())}
        kept = set(edges) - {""} <= entering and _same_gate(before, after)
        full = isinstance(after, ParallelNode) and len(edges) >= len(after.arrivals)
        if not kept or full:
            self._find(
                "MIGRATION_JOIN_CHANGED",
                level,
                join,
                f"已有分支到达汇合点「{before.name}」，而新版本里它等的分支不同",
                f"branches have come to the join {join!r}, which waits for others in the version",
            )

    # -- tokens

    def _token(self, level: Level, token: Token) -> None:
        chosen = self._choices.get(level.path + token.node)
        old, new = level.old.by_id[token.node], level.new.by_id.get(token.node)
        if chosen is not None:
            self._chosen(level, token, old, chosen)
            return
        ask = _ask(level.run, token, old, new)
        if ask is not None and token.phase in (Phase.FIELD_WORK, Phase.SUBFLOW, Phase.BODY):
            self._cannot_leave(level, token, old)
        elif ask is not None:
            level.asks[token.node] = ask
        elif new is not None:
            self._goes_on(level, token, old, new)

    def _chosen(self, level: Level, token: Token, old: PlanNode, chosen: str) -> None:
        target = level.new.by_id.get(chosen.removeprefix(level.path))
        if target is None or isinstance(target, _LEADING):
            self._find(
                "MIGRATION_CHOICE_ILLEGAL",
                level,
                token.node,
                f"「{old.name}」不能移到 {chosen}：新版本没有可以停留的这个节点",
                f"{token.node!r} cannot move to {chosen!r}: nothing can stand there",
            )
        elif token.phase in (Phase.FIELD_WORK, Phase.SUBFLOW, Phase.BODY):
            self._cannot_leave(level, token, old)
        else:
            level.moved[token.node] = target.id

    def _cannot_leave(self, level: Level, token: Token, old: PlanNode) -> None:
        self._find(
            "MIGRATION_CHILD_UNDER_WAY",
            level,
            token.node,
            f"「{old.name}」里的上门服务、子流程或循环体正在进行，新版本没有同样的节点可以接着等它",
            f"what {token.node!r} has begun is under way, and the version has no node of that kind "
            "to go on waiting for it",
        )

    def _goes_on(self, level: Level, token: Token, old: PlanNode, new: PlanNode) -> None:
        match old, new:
            case (ForEachNode(), ForEachNode()) if (old.mode, old.element) != (
                new.mode,
                new.element,
            ):
                self._body_changed(level, token, old)
            case (ForEachNode(), ForEachNode()):
                rounds = level.run.rounds.get(token.node)
                if rounds and rounds.results and old.collect != new.collect:
                    self._body_changed(level, token, old)
            case (SubflowNode(), SubflowNode()) if token.phase is Phase.SUBFLOW:
                if not assignable(old.response_type, new.response_type):
                    self._find(
                        "MIGRATION_CHILD_CHANGED",
                        level,
                        token.node,
                        f"子流程「{old.name}」正在进行，它的结果不合新版本的要求",
                        f"the subflow {token.node!r} is under way and will leave behind something "
                        "else than the version expects",
                    )
        task = level.run.tasks.get(f"{token.node}/{token.visit}")
        if task and task.paused and not self._declares(task.paused.reason):
            self._find(
                "MIGRATION_PAUSE_REASON_GONE",
                level,
                token.node,
                f"待办「{old.name}」因 {task.paused.reason} 暂停，新版本没有这个原因：先恢复",
                f"{token.node!r} is paused for {task.paused.reason}, which the version does not "
                "know; resume it first",
            )

    def _declares(self, reason: str) -> bool:
        return reason in {each.id for each in self._plan.pause_reasons}

    def _body_changed(self, level: Level, token: Token, old: PlanNode) -> None:
        self._find(
            "MIGRATION_BODY_CHANGED",
            level,
            token.node,
            f"「{old.name}」正在逐项进行，新版本改了它的进行方式或收集的结果",
            f"{token.node!r} is going through its elements, and the version does so in another way",
        )


def _ask(run: RunState, token: Token, old: PlanNode, new: PlanNode | None) -> Ask | None:
    """Why a token cannot simply stay where it is; None: it can."""
    if new is None:
        return Ask(f"新版本没有「{old.name}」", f"the version has no {old.id!r}")
    if type(old) is not type(new) or _otherwise(old, new):
        return Ask(
            f"「{old.name}」在新版本里是另一种节点", f"{old.id!r} is another node in the version"
        )
    task = run.tasks.get(f"{token.node}/{token.visit}")
    if task is not None and isinstance(new, FormNode | ApprovalNode | ConfirmNode):
        assert isinstance(old, FormNode | ApprovalNode | ConfirmNode)
        same_votes = (signs(old), is_in_order(old)) == (signs(new), is_in_order(new))
        if not same_votes or not is_reachable(new, task):
            return Ask(
                f"「{old.name}」的审批方式变了，已有的签署不能照算",
                f"{old.id!r} is decided in another way; what was signed does not count the same",
            )
    return None


def _otherwise(old: PlanNode, new: PlanNode) -> bool:
    """Whether two nodes of one kind wait for different things."""
    match old, new:
        case (DecisionNode(), DecisionNode()):
            return old.mode != new.mode
        case (ServiceNode(), ServiceNode()):
            return old.rpc != new.rpc
        case (SubflowNode(), SubflowNode()):
            return (old.body is None, old.flow) != (new.body is None, new.flow)
        case (FieldWorkNode(), FieldWorkNode()):
            return not assignable(old.response_type, new.response_type)
        case _:
            return False


def _same_gate(old: PlanNode, new: PlanNode | None) -> bool:
    match old, new:
        case (ParallelNode(), ParallelNode()):
            return True
        case (DecisionNode(), DecisionNode()):
            return old.mode == new.mode
        case _:
            return False


def _name(graph: PlanGraph, node: str) -> str:
    found = graph.by_id.get(node)
    return found.name if found else node
