"""Judges whether a case can move to another version, and asks what it cannot know."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from itertools import islice, product
from typing import Final

from workflows.compiler.plan import (
    INTERPRETER_VERSION,
    DecisionNode,
    EndNode,
    ParallelNode,
    Plan,
    PlanNode,
    ServiceNode,
)
from workflows.language.failure import EvaluationError
from workflows.runtime.migration.fit import Level, levels
from workflows.runtime.migration.move import migrate
from workflows.runtime.migration.proof import doubts
from workflows.runtime.migration.verdict import (
    Finding,
    MigrationOrder,
    Outcome,
    Question,
    Target,
    Verdict,
)
from workflows.runtime.migration.whole import about_case
from workflows.runtime.state import CaseState

#: How many ways of answering all questions are tried to find the targets that could be named.
_MOST_TRIES: Final = 300
#: How many targets are offered.
_MOST_TARGETS: Final = 12
_ORDER: Final = ("same_name", "same_call", "same_stage", "same_kind", "")


def judge(
    state: CaseState,
    old: Plan,
    new: Plan,
    order: MigrationOrder,
    at: datetime,
    *,
    interpreter: int = INTERPRETER_VERSION,
    is_child: bool = False,
    offer: bool = True,
) -> Verdict:
    """Whether a case can move to another version of its flow.

    It is safe when everything that the case is doing can go on there, every run from there can end
    and ends properly, and every value that is read from there on is set and of its type.

    Args:
        old: the plan that it has.
        new: the plan that it would have.
        order: with the choices that have been made.
        interpreter: of the worker that would take it up.
        is_child: another case waits for what it leaves behind.
        offer: look for the targets that could be chosen where a choice is needed.
    """
    if old.hash == new.hash and not order.choices:
        return Verdict(Outcome.SAFE)
    general = tuple(about_case(state, old, new, order, interpreter, is_child=is_child))
    if general:
        return Verdict(Outcome.UNSAFE, general)
    found, findings = levels(state, old, new, order.choices)
    moved = {k: v for level in found for k, v in _moved(level)}
    if findings:
        return Verdict(Outcome.UNSAFE, tuple(findings), moved=moved)
    asked = [(level, node) for level in found for node in level.asks]
    if asked:
        trial = _Trial(state, old, new, order, at)
        questions = tuple(trial.questions(asked, moved) if offer else map(_bare, asked))
        return Verdict(Outcome.NEEDS_CHOICE, questions=questions, moved=moved)
    wrong = tuple(_wrong(state, old, new, moved, order, at))
    return Verdict(Outcome.UNSAFE if wrong else Outcome.SAFE, wrong, moved=moved)


def _moved(level: Level) -> Iterator[tuple[str, str]]:
    for node, target in level.moved.items():
        yield level.path + node, level.path + target


def _wrong(
    state: CaseState,
    old: Plan,
    new: Plan,
    moved: Mapping[str, str],
    order: MigrationOrder,
    at: datetime,
) -> Iterator[Finding]:
    """What may go wrong once the case has moved so."""
    try:
        after, _ = migrate(state, old, new, moved, order, at)
    except EvaluationError as error:
        yield Finding(
            "MIGRATION_CANNOT_COMPUTE",
            "",
            f"新版本在这里要算的值算不出来：{error.message}",
            f"what the version computes here has no value for this case: {error.message}",
        )
        return
    yield from doubts(after, old, new)


def _bare(asked: tuple[Level, str]) -> Question:
    level, node = asked
    ask, old = level.asks[node], level.old.by_id[node]
    return Question(level.path + node, old.name, old.name_en or old.id, ask.words, ask.words_en)


class _Trial:
    """Tries answers to the questions, to offer those with which the case could move."""

    def __init__(
        self, state: CaseState, old: Plan, new: Plan, order: MigrationOrder, at: datetime
    ) -> None:
        self._of = state, old, new
        self._order, self._at = order, at

    def questions(
        self, asked: list[tuple[Level, str]], moved: Mapping[str, str]
    ) -> Iterator[Question]:
        """The questions with their targets: of each those that go together with some answer to the
        others."""
        candidates = [_candidates(level, node) for level, node in asked]
        good: list[dict[str, None]] = [{} for _ in asked]
        for answers in islice(product(*candidates), _MOST_TRIES):
            if all(answer.node in known for answer, known in zip(answers, good, strict=True)):
                continue
            choices = dict(moved)
            for (level, node), answer in zip(asked, answers, strict=True):
                choices[level.path + node] = answer.node
            if not any(_wrong(*self._of, choices, self._order, self._at)):
                for answer, known in zip(answers, good, strict=True):
                    known[answer.node] = None
        for one, offered, known in zip(asked, candidates, good, strict=True):
            targets = [target for target in offered if target.node in known]
            yield replace(_bare(one), targets=tuple(targets[:_MOST_TARGETS]))


def _candidates(level: Level, node: str) -> list[Target]:
    """The nodes on which a token could stand instead, the likeliest first."""
    old = level.old.by_id[node]
    taken = {*level.run.tokens} - {*level.asks, *level.moved} | {*level.moved.values()}
    found = [
        Target(level.path + new.id, new.name, new.name_en, _likeness(old, new))
        for new in level.new.nodes
        if not isinstance(new, DecisionNode | ParallelNode | EndNode) and new.id not in taken
    ]
    return sorted(found, key=lambda target: _ORDER.index(target.why))


def _likeness(old: PlanNode, new: PlanNode) -> str:
    if old.id == new.id or old.name == new.name:
        return "same_name"
    if isinstance(old, ServiceNode) and isinstance(new, ServiceNode) and old.rpc == new.rpc:
        return "same_call"
    if old.stage and old.stage == new.stage:
        return "same_stage"
    return "same_kind" if old.kind == new.kind else ""
