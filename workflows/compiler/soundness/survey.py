"""Looks at every marking of a net, where there are few."""

from __future__ import annotations

from collections import deque

from workflows.compiler.soundness.explore import Last, Origin, hopeless
from workflows.compiler.soundness.net import Net
from workflows.compiler.soundness.outlook import Outlook
from workflows.compiler.soundness.verdict import Flaw


class Survey:
    """The markings of a net, nearest first, as far as there is budget.

    Attributes:
        origin: how each was first come to.
        flaws: of each kind the one that is nearest.
        dead: the steps that do not occur, if everything was seen.
    """

    def __init__(self, net: Net) -> None:
        self._net = net
        self._outlook = Outlook(net)
        self._after: dict[int, list[int]] = {}
        self._start = self._forget(net.start)
        self.origin: dict[int, Origin | None] = {self._start: None}
        self.flaws: dict[Flaw, Last] = {}
        self.dead: tuple[str, ...] = ()
        self._moved: set[str] = set()
        self._stood = net.start

    def go(self, budget: int) -> None:
        """Look at so many markings, or at all."""
        todo = deque([self._start])
        while todo:
            if len(self.origin) > budget:
                return
            todo.extend(self._go_on(todo.popleft()))
        if self._net.uncounted:
            return
        lost = hopeless(self._after)
        if lost:
            nearest = next(marking for marking in self.origin if marking in lost)
            self.flaws[Flaw.CANNOT_FINISH] = nearest, None, None
        if not {Flaw.SECOND_TOKEN, Flaw.SAME_END_TWICE} & self.flaws.keys():
            self.dead = self._net.dead(self._moved, self._stood)

    def _go_on(self, marking: int) -> list[int]:
        """Note what is wrong in a marking and after it; return the new ones that follow."""
        net = self._net
        new = []
        after: list[int] | None = []
        for cluster, move in net.moves(marking, net.ready(marking)):
            doubled = net.doubled(marking, move)
            if doubled:
                flaw = Flaw.SECOND_TOKEN if doubled & ~net.ends else Flaw.SAME_END_TWICE
                self.flaws.setdefault(flaw, (marking, cluster, move))
                after = None
                continue
            self._moved.add(move.step)
            self._stood |= move.puts
            following = self._forget(marking & ~move.takes | move.puts)
            if after is not None:
                after.append(following)
            if following not in self.origin:
                self.origin[following] = marking, cluster, move
                new.append(following)
        if after is not None:
            self._after[marking] = after
            if not after and marking & net.places & ~net.ends:
                flaw = Flaw.LEFT_TOKEN if marking & (net.ends | net.over) else Flaw.DEADLOCK
                self.flaws.setdefault(flaw, (marking, None, None))
        return new

    def _forget(self, marking: int) -> int:
        """The marking without the ends that need no remembering, but that there were any."""
        kept = self._outlook.forget(marking)
        return kept if kept == marking else kept | self._net.over
