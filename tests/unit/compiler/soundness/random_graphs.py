"""Random control graphs: well-structured ones, their mutants, and graphs without any structure."""

from __future__ import annotations

from dataclasses import replace
from itertools import count
from random import Random

from workflows.compiler.soundness import ControlGraph, Gate, Line, Step

GATES: tuple[Gate, ...] = ("one", "all", "some")


class Drawing:
    """Draws a graph block by block: each block has one way in, and hands on the step it ends at."""

    def __init__(self, random: Random, size: int, kinds: tuple[str, ...]) -> None:
        self._random = random
        self._kinds = kinds
        self._ids = count()
        self._left = size
        self.steps: list[Step] = []
        self.lines: list[Line] = []

    def draw(self) -> ControlGraph:
        start = self.step("task", resting=True)
        last = self.sequence(start, 0)
        if self.steps[-1].end is None or last:
            self.line(last, self.step("end", end="plain"))
        return ControlGraph(start, tuple(self.steps), tuple(self.lines))

    def step(self, kind: str, **settings: object) -> str:
        step = Step(f"{kind}{next(self._ids)}", **settings)  # type: ignore[arg-type]
        self.steps.append(step)
        self._left -= 1
        return step.id

    def line(self, source: str, target: str, **settings: object) -> None:
        line = Line(f"l{len(self.lines)}", source, target, **settings)  # type: ignore[arg-type]
        self.lines.append(line)

    def sequence(self, source: str, depth: int) -> str:
        for _ in range(self._random.randint(1, 3)):
            source = self.block(source, depth)
        return source

    def block(self, source: str, depth: int) -> str:
        kinds = self._kinds if self._left > 2 and depth < 3 else ("task",)
        kind = self._random.choice(kinds)
        return getattr(self, f"draw_{kind}")(source, depth)  # type: ignore[no-any-return]

    def draw_task(self, source: str, depth: int) -> str:
        task = self.step("task", resting=True)
        self.line(source, task)
        return task

    def draw_one(self, source: str, depth: int) -> str:
        return self.branches(source, depth, "one")

    def draw_all(self, source: str, depth: int) -> str:
        return self.branches(source, depth, "all")

    def draw_some(self, source: str, depth: int) -> str:
        return self.branches(source, depth, "some")

    def branches(self, source: str, depth: int, gate: Gate) -> str:
        split = self.step("split", gives=gate)
        join = self.step("join", waits_for=gate)
        self.line(source, split)
        for branch in range(self._random.randint(2, 3)):
            before = len(self.lines)
            last = (
                split
                if branch and self._random.random() < 0.15
                else self.sequence(split, depth + 1)
            )
            self.line(last, join)
            if gate == "some" and self._random.random() < 0.3:
                always = self._random.random() < 0.5
                self.lines[before] = replace(self.lines[before], always=always, default=not always)
        return join

    def draw_loop(self, source: str, depth: int) -> str:
        merge = self.step("merge")
        self.line(source, merge)
        last = self.sequence(merge, depth + 1)
        again = self.step("again", gives="one")
        self.line(last, again)
        if self._random.random() < 0.5:
            self.line(again, merge)
        else:
            self.line(self.sequence(again, depth + 1), merge)
        return again if self._random.random() < 0.5 else self.draw_task(again, depth)

    def draw_interrupting(self, source: str, depth: int) -> str:
        task = self.draw_task(source, depth)
        merge = self.step("merge")
        self.line(task, merge)
        other = self.step("task", resting=True)
        self.line(task, other, boundary="interrupting")
        self.line(self.sequence(other, depth + 1), merge)
        return merge

    def draw_alongside(self, source: str, depth: int) -> str:
        task = self.draw_task(source, depth)
        told = self.step("told", resting=self._random.random() < 0.5)
        self.line(task, told, boundary="alongside")
        self.line(told, self.step("end", end=self._random.choice(("plain", "plain", "terminate"))))
        return task

    def draw_early_end(self, source: str, depth: int) -> str:
        choice = self.step("choice", gives=self._random.choice(("one", "one", "all", "some")))
        self.line(source, choice)
        kind = self._random.choice(("plain", "terminate", "error"))
        self.line(choice, self.step("end", end=kind))
        return self.draw_task(choice, depth)


#: What the blocks of a kind of graph are drawn from; what stands there twice comes twice as often.
BLOCKS: dict[str, tuple[str, ...]] = {
    "structured": ("task", "one", "all", "some", "loop", "interrupting", "alongside", "early_end"),
    "inclusive": ("task", "one", "all", "some", "some", "some", "loop", "alongside", "early_end"),
    "ending": ("task", "all", "all", "early_end", "early_end", "alongside", "loop", "some"),
    "plain": ("task", "one", "all", "loop", "interrupting", "alongside"),
}
#: The kinds of graphs that are compared with the definition.
KINDS = ("structured", "mutant", "inclusive", "ending", "unstructured")


def random_graph(random: Random, kind: str) -> ControlGraph:
    """A graph of one kind: structured ones, or half of them mutants; or without any structure."""
    if kind == "unstructured":
        return unstructured(random)
    blocks = BLOCKS["structured" if kind == "mutant" else kind]
    graph = Drawing(random, random.randint(3, 12), blocks).draw()
    for _ in range(0 if kind == "structured" else random.choice((0, 1, 2))):
        graph = mutant(random, graph)
    return graph


def mutant(random: Random, graph: ControlGraph) -> ControlGraph:
    """The graph with one thing changed, or as it was where the change would make no graph of it."""
    steps = list(graph.steps)
    lines = list(graph.lines)
    index = random.randrange(len(lines))
    gate = random.randrange(len(steps))
    change = random.choice(("gate", "gate", "gate", "move", "leave", "drop", "add", "end"))
    if change == "gate":
        side = random.choice(("waits_for", "gives"))
        steps[gate] = replace(steps[gate], **{side: random.choice(GATES)})  # type: ignore[arg-type]
    elif change == "move":
        lines[index] = replace(lines[index], target=random.choice(steps).id)
    elif change == "leave":
        lines[index] = replace(lines[index], source=random.choice(steps).id)
    elif change == "drop":
        del lines[index]
    elif change == "add":
        boundary = random.choice((None, None, "interrupting", "alongside"))
        source, target = random.choice(steps).id, random.choice(steps).id
        lines.append(Line(f"n{len(lines)}", source, target, boundary))  # type: ignore[arg-type]
    elif steps[gate].end:
        end = random.choice(("plain", "terminate", "error"))
        steps[gate] = replace(steps[gate], end=end)  # type: ignore[arg-type]
    try:
        return ControlGraph(graph.start, tuple(steps), tuple(lines))
    except ValueError:
        return graph


def unstructured(random: Random, size: int = 9) -> ControlGraph:
    """Any steps and any lines between them."""
    while True:
        number = random.randint(2, size)
        ends = random.randint(1, 2)
        steps = [
            Step(f"s{i}", random.choice(GATES), random.choice(GATES), resting=random.random() < 0.5)
            for i in range(number)
        ] + [
            Step(f"e{i}", random.choice(GATES), end=random.choice(("plain", "plain", "terminate")))
            for i in range(ends)
        ]
        lines: list[Line] = []
        for step in steps[:number]:
            for _ in range(random.choice((1, 1, 2, 2, 3))):
                boundary = None
                if step.resting and lines and lines[-1].source == step.id and random.random() < 0.4:
                    boundary = random.choice(("interrupting", "alongside"))
                target = random.choice(steps).id
                lines.append(Line(f"l{len(lines)}", step.id, target, boundary))  # type: ignore[arg-type]
        try:
            return ControlGraph("s0", tuple(steps), tuple(lines))
        except ValueError:
            continue
