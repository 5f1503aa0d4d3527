"""Holds the engine against the definition played out."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from random import Random

from tests.unit.compiler.soundness import brute_force
from tests.unit.compiler.soundness.brute_force import Game, Outcome, Place, Tokens
from workflows.compiler.soundness import (
    ControlGraph,
    Flaw,
    Marking,
    Problem,
    concurrent_steps,
    legal_send_backs,
    prove,
    prove_from,
    region,
    replay,
)
from workflows.compiler.soundness.explore import explore
from workflows.compiler.soundness.net import Net
from workflows.compiler.soundness.trace import find_problems

#: Graphs with more markings are not played out.
MOST_MARKINGS = 1_500
#: From a marking from which more are come to, not every flaw is told, only one.
MOST_TOLD = 200


@dataclass
class Tally:
    """What was compared, graph by graph."""

    most: int = MOST_MARKINGS
    seen: Counter[str] = field(default_factory=Counter)

    def compare(self, graph: ControlGraph) -> None:
        """Verdict, flaws, traces and dead steps are those of the definition; send-backs too."""
        outcome = self._play_out(graph)
        if outcome is None:
            return
        verdict = prove(graph)
        assert verdict.sound is outcome.sound, graph
        told = {problem.flaw.value: problem for problem in verdict.problems}
        dead = told.pop(Flaw.DEAD_STEP.value, Problem(Flaw.DEAD_STEP)).steps
        if len(outcome.markings) <= MOST_MARKINGS:
            assert set(told) == set(outcome.flaws), graph
            assert all(problem.shortest for problem in told.values()), graph
            assert set(dead) == outcome.dead, graph
        assert bool(told) == bool(outcome.flaws), graph
        self.seen[Flaw.DEAD_STEP] += bool(dead)
        for flaw, problem in told.items():
            self.seen[flaw] += 1
            check_trace(graph, problem, outcome.flaws[flaw])
        if outcome.sound:
            self.seen["legal send-backs"] += check_send_backs(graph, outcome)
            self.seen["side by side without need"] += check_concurrent_steps(graph, outcome)

    def compare_from(self, graph: ControlGraph, random: Random) -> None:
        """What can become of a random marking is what the definition says: one that a run comes to,
        or one that another graph's run would."""
        game = Game(graph)
        try:
            come_to = sorted(brute_force.explore(graph, self.most).markings)
        except brute_force.TooMany:
            come_to = [game.start()]
        tokens = Counter(dict(random.choice(come_to)))
        if random.random() < 0.6:
            move_a_token(game, tokens, random)
        start = brute_force.freeze(tokens)
        try:
            outcome = brute_force.explore(graph, self.most, start)
        except brute_force.TooMany:
            self.seen["too many markings"] += 1
            return
        verdict = prove_from(graph, show(game, start))
        self.seen["can finish" if verdict.sound else "cannot"] += 1
        assert verdict.sound is (not outcome.flaws), (graph, start)
        told = {problem.flaw.value for problem in verdict.problems}
        assert told == set(outcome.flaws) or (told and len(outcome.markings) > MOST_TOLD), start
        for problem in verdict.problems:
            self.seen[problem.flaw] += 1
            if game.unsafe(start):
                assert (problem.trace, problem.marking) == ((), show(game, start))
            else:
                check_trace(graph, problem, outcome.flaws[problem.flaw], start)

    def compare_far(self, graph: ControlGraph) -> None:
        """The run that is found where not all markings can be looked at is a shortest too."""
        outcome = self._play_out(graph)
        net = Net(graph)
        found = explore(net)
        if outcome is None or not outcome.flaws:
            return
        for problem in find_problems(net, found, budget=0):
            self.seen[far(problem.flaw, problem.shortest)] += 1
            if problem.flaw is not Flaw.DEAD_STEP:
                check_trace(graph, problem, outcome.flaws[problem.flaw])

    def __str__(self) -> str:
        return ", ".join(f"{number} {what}" for what, number in self.seen.most_common())

    def _play_out(self, graph: ControlGraph) -> Outcome | None:
        try:
            outcome = brute_force.explore(graph, self.most)
        except brute_force.TooMany:
            self.seen["too many markings"] += 1
            return None
        self.seen["sound" if outcome.sound else "unsound"] += 1
        return outcome


def far(flaw: Flaw, shortest: bool) -> str:
    return f"shortest {flaw}" if shortest else f"{flaw}, perhaps not shortest"


def move_a_token(game: Game, tokens: Counter[Place], random: Random) -> None:
    """Put a token where it may never come, mostly one that rests elsewhere."""
    resting = [step.id for step in game.graph.steps if step.resting and tokens["on", step.id]]
    if resting and random.random() < 0.7:
        gone = random.choice(resting)
        del tokens["on", gone]
        for line in game.out[gone]:
            tokens.pop(("may", line.id), None)
    game.put(tokens, (random.choice(["", *game.lines]),))


def check_trace(
    graph: ControlGraph, problem: Problem, shortest: int, start: Tokens | None = None
) -> None:
    """The trace is a run to a marking with that flaw, and none is shorter if it says so."""
    game = Game(graph)
    tokens = game.start() if start is None else start
    shown = replay(graph, problem.trace, None if start is None else show(game, start))
    for firing, marking in zip(problem.trace, shown, strict=False):
        assert marking == show(game, tokens)
        tokens = dict(game.next(tokens))[firing.step, firing.how, firing.came, firing.took]
    assert problem.marking == shown[-1] == show(game, tokens)
    if problem.flaw in (Flaw.SECOND_TOKEN, Flaw.SAME_END_TWICE):
        assert game.unsafe(tokens) == problem.flaw
    elif problem.flaw is not Flaw.CANNOT_FINISH:
        assert not list(game.next(tokens))
    if problem.shortest:
        assert len(problem.trace) == shortest, graph


def show(game: Game, tokens: Tokens) -> Marking:
    standing = [place for place, count in tokens for _ in range(count)]
    on = [name for kind, name in standing if kind == "on"]
    order = list(game.steps)
    lines = ["", *game.lines]
    return Marking(
        steps=tuple(sorted((s for s in on if not game.steps[s].end), key=order.index)),
        lines=tuple(sorted((name for kind, name in standing if kind == "line"), key=lines.index)),
        ends=tuple(sorted((s for s in on if game.steps[s].end), key=order.index)),
        spent=tuple(
            line.id
            for line in game.graph.lines
            if line.boundary == "alongside"
            and line.source in on
            and ("may", line.id) not in dict(tokens)
        ),
    )


def check_send_backs(graph: ControlGraph, outcome: Outcome) -> int:
    """The legal targets are those from which every run could go on as if nothing had been."""
    game = Game(graph)
    resting = [step.id for step in graph.steps if step.resting]
    regions = {target: only_through(game, target) for target in resting}
    found = legal_send_backs(graph)
    assert list(found) == resting
    for step, targets in found.items():
        legal = {
            target
            for target in resting
            if target != step
            and step in regions[target]
            and may_send_back(game, outcome, step, target, regions[target])
        }
        assert set(targets) == legal, (step, graph)
    for target, inside in regions.items():
        assert region(graph, target) == inside
    return sum(map(len, found.values()))


def check_concurrent_steps(graph: ControlGraph, outcome: Outcome) -> int:
    """What stands side by side in some marking is told to; how much more is told."""
    resting = {step.id for step in graph.steps if step.resting}
    beside: dict[str, set[str]] = {step: set() for step in resting}
    for marking in outcome.markings:
        standing = {name for (kind, name), _ in marking if kind == "on"} & resting
        for step in standing:
            beside[step] |= standing - {step}
    told = {step: others & resting for step, others in concurrent_steps(graph).items()}
    assert all(beside[step] <= told[step] for step in resting), graph
    return sum(len(told[step] - beside[step]) for step in resting)


def only_through(game: Game, step: str) -> set[str]:
    reached = {game.target(line).id for line in game.reachable([""], "")}
    around = {game.target(line).id for line in game.reachable([""], step)}
    return (reached - around) | {step}


def may_send_back(game: Game, outcome: Outcome, step: str, target: str, inside: set[str]) -> bool:
    for marking in outcome.markings:
        if (("on", step), 1) in marking:
            kept = Counter(
                {
                    (kind, name): count
                    for (kind, name), count in marking
                    if (name if kind == "on" or not name else game.lines[name].source) not in inside
                }
            )
            game.stand(kept, game.steps[target])
            if brute_force.freeze(kept) not in outcome.markings:
                return False
    return True
