"""The token game of a control graph in bits: a marking is one whole number.

Each place is a bit; the places are the resting steps and ends, and the lines on which a token can
wait. A line into a step that waits for one and holds what comes (a resting step, a plain end) is no
place: whoever takes it stands on the step at once. One more bit for each ``alongside`` line says
that it may still be taken in this visit.

Every place is emptied by exactly one cluster of moves, and a cluster can move when its tokens are
there, whatever else is: the net is a free choice. Only two kinds of steps look further, an
inclusive join and an end that ends everything.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import Final

from workflows.compiler.soundness.choices import (
    choices,
    countable,
    widest_choices,
)
from workflows.compiler.soundness.cluster import Cluster, Move, bits, union
from workflows.compiler.soundness.control import ControlGraph, Gate, Line, Step
from workflows.compiler.soundness.verdict import How, Marking

#: The id of the line on which a run comes in to the start.
WAY_IN: Final = ""

#: Takes every token there is.
_EVERYTHING: Final = -1


class Net:
    """The places of a graph and the clusters that move tokens between them.

    Attributes:
        graph: what it was made from.
        places: the bits of all places; a lower one lies nearer to the ends of the graph.
        ends: the bits of the ends.
        holding: the bit of each step that holds tokens.
        line: for each line, and the way in, the bit of the place that a token on it stands on.
        start: the first marking.
        over: a bit that is neither place nor armed, to say that an end was reached.
        clusters: all of them.
        cluster: the one that takes from a place, by the place's bit; ends have none.
        given: the lines out of each step, boundary lines aside.
        uncounted: steps with too many ways to complete, of which only some are there; a net with
            any can refute, but not prove.
    """

    def __init__(
        self, graph: ControlGraph, regular: Collection[str] = (), start: Marking | None = None
    ) -> None:
        """Make the net; of the regular splits only with their widest choices.

        Args:
            start: where runs begin; None: with one token on the way in.
        """
        self.graph = graph
        self._regular = regular
        self.given = {
            step: tuple(line for line in lines if line.boundary is None)
            for step, lines in graph.leaving.items()
        }
        self.uncounted = tuple(
            step.id
            for step in graph.steps
            if step.id not in regular and not countable(step, self.given[step.id])
        )
        self._lay_out()
        self.start = self.fresh(self.line[WAY_IN]) if start is None else self.bits_of(start)
        self.clusters: list[Cluster] = []
        self.cluster: dict[int, Cluster] = {}
        for step in graph.steps:
            for cluster in self._clusters_of(step):
                self.clusters.append(cluster)
                for bit in bits(cluster.tokens):
                    self.cluster[bit] = cluster

    def ready(self, marking: int) -> Iterator[Cluster]:
        """The clusters that can move, those that are nearest to the ends first."""
        for bit in bits(marking & self.places & ~self.ends):
            cluster = self.cluster[bit]
            present = marking & cluster.tokens
            if bit == present & -present and cluster.ready(marking):
                yield cluster

    def moves(self, marking: int, clusters: Iterable[Cluster]) -> Iterator[tuple[Cluster, Move]]:
        """What can happen next in some clusters that can move."""
        for cluster in clusters:
            for move in cluster.moves:
                if marking & move.armed == move.armed:
                    yield cluster, move

    def dead(self, moved: Collection[str], stood: int) -> tuple[str, ...]:
        """The steps that do not occur where these steps move and tokens stand on these places."""
        return tuple(
            step.id
            for step in self.graph.steps
            if step.id not in moved and not self.holding.get(step.id, 0) & stood
        )

    def doubled(self, marking: int, move: Move) -> int:
        """The places on which a move in a marking makes two tokens."""
        return marking & ~move.takes & move.puts & self.places | move.twice

    def target(self, line: str) -> str:
        """The step that a line, or the way in, leads to."""
        return self._targets[line]

    def came(self, step: str, tokens: int) -> tuple[str, ...]:
        """The lines into a step on which tokens stand; none for a token that rests on it."""
        if tokens == self.holding.get(step):
            return ()
        return tuple(line for line in self._into(step) if self.line[line] & tokens)

    def bits_of(self, marking: Marking) -> int:
        """A marking, in which no place holds two tokens, as a number."""
        standing = union(self.holding[step] for step in (*marking.steps, *marking.ends))
        standing |= union(self.line[line] for line in marking.lines)
        armed = union(self.fresh(place) for place in bits(standing))
        return armed & ~union(self._armed[line] for line in marking.spent)

    def spent(self, marking: int) -> tuple[str, ...]:
        """The alongside lines of steps on which tokens rest that cannot be taken any more."""
        return tuple(
            line
            for line, armed in self._armed.items()
            if not marking & armed and marking & self.holding[self.graph.line[line].source]
        )

    def _into(self, step: str) -> list[str]:
        lines = [line.id for line in self.graph.entering[step]]
        return [WAY_IN, *lines] if step == self.graph.start else lines

    def _lay_out(self) -> None:
        graph = self.graph
        rank = {step: -index for index, step in enumerate(graph.order)}
        self._arity = {step.id: len(graph.entering[step.id]) for step in graph.steps}
        self._arity[graph.start] += 1
        targets = {WAY_IN: graph.start, **{line.id: line.target for line in graph.lines}}
        self._targets = targets
        ranked = {("step", s.id): rank.get(s.id, 1) for s in graph.steps if s.resting or s.end}
        for line, target in targets.items():
            ranked[self._place_of(line, target)] = rank.get(target, 1)
        bit = {place: 1 << i for i, place in enumerate(sorted(ranked, key=lambda p: ranked[p]))}
        self.places = (1 << len(bit)) - 1
        self.holding = {name: bit[kind, name] for kind, name in bit if kind == "step"}
        self.ends = sum(self.holding[step.id] for step in graph.steps if step.end)
        self.line = {line: bit[self._place_of(line, target)] for line, target in targets.items()}
        alongside = (line.id for line in graph.lines if line.boundary == "alongside")
        self._armed = {line: 1 << len(bit) + i for i, line in enumerate(alongside)}
        self._fresh = {
            place: place | sum(self._armed.get(line.id, 0) for line in graph.leaving[step])
            for step, place in self.holding.items()
        }
        self.over = 1 << len(bit) + len(self._armed)

    def _place_of(self, line: str, target: str) -> tuple[str, str]:
        step = self.graph.step[target]
        if self._waits_for(step) == "one" and (step.resting or step.end == "plain"):
            return "step", target
        return "line", line

    def _waits_for(self, step: Step) -> Gate:
        """What a step waits for; where there is one line in, it is that one."""
        return step.waits_for if self._arity[step.id] > 1 else "one"

    def fresh(self, place: int) -> int:
        """A token on a place as it comes there: every alongside line may be taken."""
        return self._fresh.get(place, place)

    def _clusters_of(self, step: Step) -> Iterator[Cluster]:
        holding = self.holding.get(step.id, 0)
        waiting = [self.line[line] for line in self._into(step.id) if self.line[line] != holding]
        if step.resting:
            yield Cluster(holding, (*self._completions(step, holding), *self._boundary(step)))
        if not waiting:
            return
        waits_for = self._waits_for(step)
        waits = tuple(self._waits(step.id)) if waits_for == "some" else ()
        ends_all = step.end in ("terminate", "error")
        for tokens in waiting if waits_for == "one" else [sum(waiting)]:
            if holding:
                moves = [self._arrival(step, _EVERYTHING if ends_all else tokens)]
            else:
                moves = list(self._completions(step, tokens))
            yield Cluster(tokens, tuple(moves), ends_all, waits)

    def _arrival(self, step: Step, takes: int) -> Move:
        how: How = "enters" if step.resting else "completes"
        return Move(0, takes, self.fresh(self.holding[step.id]), 0, step.id, how, ())

    def _completions(self, step: Step, tokens: int) -> Iterator[Move]:
        ways = widest_choices if step.id in self._regular else choices
        for chosen in ways(step, self.given[step.id]):
            yield self.completion(step, tokens, chosen)

    def completion(self, step: Step, tokens: int, chosen: tuple[Line, ...]) -> Move:
        """How a step completes along the chosen lines, taking these tokens."""
        puts = twice = 0
        for line in chosen:
            place = self.line[line.id]
            twice |= puts & place
            puts |= self.fresh(place)
        took = tuple(line.id for line in chosen)
        return Move(0, self.fresh(tokens), puts, twice, step.id, "completes", took)

    def _boundary(self, step: Step) -> Iterator[Move]:
        for line in self.graph.leaving[step.id]:
            puts = self.fresh(self.line[line.id])
            if line.boundary == "interrupting":
                takes = self.fresh(self.holding[step.id])
                yield Move(0, takes, puts, 0, step.id, "boundary", (line.id,))
            elif line.boundary == "alongside":
                armed = self._armed[line.id]
                yield Move(armed, armed, puts, 0, step.id, "boundary", (line.id,))

    def _waits(self, join: str) -> Iterator[tuple[int, int]]:
        """For each line into an inclusive join, from where a token could come to it."""
        graph = self.graph
        if join == graph.start:
            yield self.line[WAY_IN], 0
        for arriving in graph.entering[join]:
            upstream = 0
            seen = {arriving}
            stack = [arriving]
            while stack:
                line = stack.pop()
                upstream |= self.line[line.id] | self.holding.get(line.source, 0)
                if line.source == join:
                    continue
                if line.source == graph.start:
                    upstream |= self.line[WAY_IN]
                before = [line for line in graph.entering[line.source] if line not in seen]
                seen.update(before)
                stack.extend(before)
            yield self.line[arriving.id], upstream
