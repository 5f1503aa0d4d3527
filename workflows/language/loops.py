"""What the list macros do with the elements that they go through."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final, TypeAlias

from workflows.language.frame import FAILURES, Frame
from workflows.language.values import Json

#: The value of a macro's body for one element.
Body: TypeAlias = Callable[[Json], Any]
#: From a list's elements to the macro's value.
Loop: TypeAlias = Callable[[Frame, Iterable[Json], Body], Any]


def _until(decisive: bool) -> Loop:
    """``exists`` is decided by a true element and ``all`` by a false one, whatever fails beside."""

    def loop(frame: Frame, elements: Iterable[Json], body: Body) -> bool:
        failure: Exception | None = None
        for element in elements:
            try:
                if body(element) == decisive:
                    return decisive
            except FAILURES as error:
                if frame.left < 0:
                    raise
                failure = failure or error
        if failure is not None:
            raise failure
        return not decisive

    return loop


def _exists_one(_: Frame, elements: Iterable[Json], body: Body) -> bool:
    return [body(element) for element in elements].count(True) == 1


def _filter(_: Frame, elements: Iterable[Json], body: Body) -> list[Json]:
    return [element for element in elements if body(element)]


def _map(_: Frame, elements: Iterable[Json], body: Body) -> list[Json]:
    return [body(element) for element in elements]


def _sort_by(_: Frame, elements: Iterable[Json], body: Body) -> list[Json]:
    keyed = [(body(element), element) for element in elements]
    return [element for _, element in sorted(keyed, key=lambda pair: pair[0])]


LOOPS: Final[dict[str, Loop]] = {
    "all": _until(False),
    "exists": _until(True),
    "existsOne": _exists_one,
    "filter": _filter,
    "map": _map,
    "sortBy": _sort_by,
}
