"""The definition of soundness, played out marking by marking: slow, plain, and shared with none.

A marking is a sorted tuple of (place, tokens); a place is ``("on", step)``, ``("line", line)``, or
``("may", line)`` for an alongside line that was not yet taken in this visit.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, combinations

from workflows.compiler.soundness import ControlGraph, Line, Step

Place = tuple[str, str]
Tokens = tuple[tuple[Place, int], ...]
#: step, how, lines whose tokens were taken, lines on which tokens were put
Fired = tuple[str, str, tuple[str, ...], tuple[str, ...]]


class TooMany(Exception):
    """More markings than this way of looking at them can bear."""


@dataclass
class Outcome:
    """For each flaw the length of the shortest run to it, the steps that occur in no run, and every
    marking that a run comes to."""

    flaws: dict[str, int]
    dead: set[str]
    markings: dict[Tokens, int]

    @property
    def sound(self) -> bool:
        return not self.flaws and not self.dead


class Game:
    """The rules."""

    def __init__(self, graph: ControlGraph) -> None:
        self.graph = graph
        self.steps = {step.id: step for step in graph.steps}
        self.out: dict[str, list[Line]] = {step: [] for step in self.steps}
        self.into: dict[str, list[str]] = {step: [] for step in self.steps}
        self.lines = {line.id: line for line in graph.lines}
        self.into[graph.start].append("")
        for line in graph.lines:
            self.out[line.source].append(line)
            self.into[line.target].append(line.id)

    def target(self, line: str) -> Step:
        return self.steps[self.lines[line].target if line else self.graph.start]

    def direct(self, step: Step) -> bool:
        """Whoever takes a line into the step stands on it at once."""
        single = step.waits_for == "one" or len(self.into[step.id]) == 1
        return single and (step.resting or step.end == "plain")

    def put(self, tokens: Counter[Place], lines: tuple[str, ...]) -> None:
        for line in lines:
            target = self.target(line)
            if self.direct(target):
                self.stand(tokens, target)
            else:
                tokens["line", line] += 1

    def stand(self, tokens: Counter[Place], step: Step) -> None:
        tokens["on", step.id] += 1
        for line in self.out[step.id]:
            if line.boundary == "alongside":
                tokens["may", line.id] = 1

    def start(self) -> Tokens:
        tokens: Counter[Place] = Counter()
        self.put(tokens, ("",))
        return freeze(tokens)

    def choices(self, step: Step) -> list[tuple[str, ...]]:
        lines = [line for line in self.out[step.id] if not line.boundary]
        ids = [line.id for line in lines]
        if step.gives == "all":
            return [tuple(ids)]
        if step.gives == "one":
            return [(line,) for line in ids]
        always = [line.id for line in lines if line.always]
        default = [line.id for line in lines if line.default and not line.always]
        found = []
        for subset in chain.from_iterable(combinations(ids, n) for n in range(1, len(ids) + 1)):
            ordinary = set(always) <= set(subset) and not set(default) & set(subset)
            alone = not always and len(subset) == 1 and subset[0] in default
            if ordinary or alone or len(ids) == 1:
                found.append(subset)
        return found

    def next(self, marking: Tokens) -> Iterator[tuple[Fired, Tokens]]:
        tokens = Counter(dict(marking))
        for step in self.graph.steps:
            for came in self.ways_in(step, tokens):
                yield from self.arrive(step, came, tokens)
            if step.resting and tokens["on", step.id]:
                yield from self.leave(step, tokens)

    def ways_in(self, step: Step, tokens: Counter[Place]) -> list[tuple[str, ...]]:
        if self.direct(step):
            return []
        lines = self.into[step.id]
        full = [line for line in lines if tokens["line", line]]
        if step.waits_for == "one" or len(lines) == 1:
            return [(line,) for line in full]
        if step.waits_for == "all":
            return [tuple(lines)] if lines and full == lines else []
        return [tuple(full)] if full and not self.must_wait(step.id, full, tokens) else []

    def must_wait(self, join: str, full: list[str], tokens: Counter[Place]) -> bool:
        for (kind, name), count in tokens.items():
            if not count or kind == "may":
                continue
            if kind == "line":
                reached = self.reachable([name], join)
            else:
                reached = self.reachable([line.id for line in self.out[name]], join)
            into = reached & set(self.into[join])
            if into - set(full) and not into & set(full):
                return True
        return False

    def reachable(self, lines: list[str], avoiding: str) -> set[str]:
        seen = set(lines)
        todo = list(lines)
        while todo:
            target = self.target(todo.pop()).id
            if target != avoiding:
                new = [line.id for line in self.out[target] if line.id not in seen]
                seen.update(new)
                todo.extend(new)
        return seen

    def arrive(
        self, step: Step, came: tuple[str, ...], before: Counter[Place]
    ) -> Iterator[tuple[Fired, Tokens]]:
        tokens = Counter(before)
        for line in came:
            tokens["line", line] -= 1
        if step.end in ("terminate", "error"):
            yield (step.id, "completes", came, ()), ((("on", step.id), 1),)
        elif step.end or step.resting:
            self.stand(tokens, step)
            yield (step.id, "completes" if step.end else "enters", came, ()), freeze(tokens)
        else:
            for took in self.choices(step):
                after = Counter(tokens)
                self.put(after, took)
                yield (step.id, "completes", came, took), freeze(after)

    def leave(self, step: Step, before: Counter[Place]) -> Iterator[tuple[Fired, Tokens]]:
        gone = Counter(before)
        gone["on", step.id] -= 1
        for line in self.out[step.id]:
            gone.pop(("may", line.id), None)
        for took in self.choices(step):
            after = Counter(gone)
            self.put(after, took)
            yield (step.id, "completes", (), took), freeze(after)
        for line in self.out[step.id]:
            if line.boundary == "interrupting":
                after = Counter(gone)
                self.put(after, (line.id,))
                yield (step.id, "boundary", (), (line.id,)), freeze(after)
            elif line.boundary == "alongside" and before["may", line.id]:
                after = Counter(before)
                del after["may", line.id]
                self.put(after, (line.id,))
                yield (step.id, "boundary", (), (line.id,)), freeze(after)

    def unsafe(self, marking: Tokens) -> str:
        doubled = [place for place, count in marking if count > 1]
        if not doubled:
            return ""
        ends = [name for kind, name in doubled if kind == "on" and self.steps[name].end]
        return "same_end_twice" if len(ends) == len(doubled) else "second_token"

    def standing(self, marking: Tokens) -> tuple[set[str], bool]:
        """The ends reached, and whether anything stands elsewhere."""
        on = {name for (kind, name), _ in marking if kind == "on"}
        ends = {name for name in on if self.steps[name].end}
        return ends, len(marking) > len(ends)


def freeze(tokens: Counter[Place]) -> Tokens:
    return tuple(sorted((place, count) for place, count in tokens.items() if count))


def explore(graph: ControlGraph, most: int, start: Tokens | None = None) -> Outcome:
    """Every marking, level by level; one that holds two tokens somewhere is not gone on from."""
    game = Game(graph)
    start = game.start() if start is None else start
    depth = {start: 0}
    after: dict[Tokens, list[Tokens]] = {}
    flaws: dict[str, int] = {}
    occurred: set[str] = set()
    level = [start]
    while level:
        following = []
        for marking in level:
            if len(depth) > most:
                raise TooMany
            occurred |= {name for (kind, name), _ in marking if kind == "on"}
            flaw = game.unsafe(marking)
            if flaw:
                flaws.setdefault(flaw, depth[marking])
                continue
            after[marking] = []
            for fired, next_marking in game.next(marking):
                occurred.add(fired[0])
                after[marking].append(next_marking)
                if next_marking not in depth:
                    depth[next_marking] = depth[marking] + 1
                    following.append(next_marking)
            ends, elsewhere = game.standing(marking)
            if not after[marking] and elsewhere:
                flaws.setdefault("left_token" if ends else "deadlock", depth[marking])
        level = following
    lost = livelocks(after)
    if lost:
        flaws["cannot_finish"] = min(depth[marking] for marking in lost)
    dead = set() if {"second_token", "same_end_twice"} & set(flaws) else set(game.steps) - occurred
    return Outcome(flaws, dead, depth)


def livelocks(after: dict[Tokens, list[Tokens]]) -> set[Tokens]:
    """Markings from which runs go on for ever: nothing final, stuck or doubled ahead."""
    hopeful = {m for m, following in after.items() if not following}
    hopeful |= {m for following in after.values() for m in following if m not in after}
    growing = True
    while growing:
        more = {
            m for m, following in after.items() if m not in hopeful and hopeful & set(following)
        }
        growing = bool(more)
        hopeful |= more
    return set(after) - hopeful
