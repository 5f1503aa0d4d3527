"""What chance draws from: durations, and values that are not always the same."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import timedelta
from functools import lru_cache
from random import Random  # noqa: TID251 - nothing here is replayed
from statistics import NormalDist
from typing import Annotated, Any, Final, TypeAlias

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from workflows.language.units import parse_duration
from workflows.language.values import Json
from workflows.simulation.world import Part

#: How many standard deviations above the median nine tenths of a normal distribution lie below.
_P90: Final = NormalDist().inv_cdf(0.9)


def _written(text: str) -> str:
    parse_duration(text)
    return text


_Time: TypeAlias = Annotated[str, AfterValidator(_written)]
#: How likely something is, from 0 to 1.
Chance: TypeAlias = Annotated[float, Field(ge=0, le=1)]


class Lognormal(Part):
    """Most are about the median, a few much longer; nine tenths are no longer than ``p90``."""

    median: _Time
    p90: _Time


class Duration(Part):
    """How long something takes: exactly one of these; a mere text is ``constant``.

    Attributes:
        constant: always the same.
        uniform: between two, all equally likely.
        triangular: the least, the most likely and the most.
        exponential: by its mean, as of calls that come in by themselves.
        lognormal: by its median and its 90th percentile, as most human work takes.
        empirical: as it was measured: one of these.
    """

    constant: _Time | None = None
    uniform: tuple[_Time, _Time] | None = None
    triangular: tuple[_Time, _Time, _Time] | None = None
    exponential: _Time | None = None
    lognormal: Lognormal | None = None
    empirical: Annotated[tuple[_Time, ...], Field(min_length=1)] | None = None

    @model_validator(mode="after")
    def _is_one(self) -> Duration:
        if len(self.model_fields_set) != 1:
            raise ValueError("say exactly one of " + ", ".join(type(self).model_fields))
        return self

    def draw(self, chance: Random) -> timedelta:
        """One of them."""
        return timedelta(seconds=self._seconds(chance))

    def _seconds(self, chance: Random) -> float:
        if self.uniform is not None:
            return chance.uniform(*map(_seconds, self.uniform))
        if self.triangular is not None:
            least, likely, most = map(_seconds, self.triangular)
            return chance.triangular(least, most, likely)
        if self.exponential is not None:
            return chance.expovariate(1 / _seconds(self.exponential))
        if self.lognormal is not None:
            middle = math.log(_seconds(self.lognormal.median))
            spread = (math.log(_seconds(self.lognormal.p90)) - middle) / _P90
            return chance.lognormvariate(middle, spread)
        if self.empirical is not None:
            return _seconds(chance.choice(self.empirical))
        assert self.constant is not None
        return _seconds(self.constant)

    def in_words(self) -> str:
        """As it was written."""
        (how, what), *_ = self.model_dump(exclude_none=True).items()
        if how == "constant":
            return str(what)
        parts = what.values() if isinstance(what, dict) else what
        return f"{how} {what if isinstance(what, str) else ' / '.join(parts)}"


@lru_cache(maxsize=1_000)
def _seconds(text: str) -> float:
    return parse_duration(text).total_seconds()


Takes: TypeAlias = Annotated[
    Duration,
    BeforeValidator(lambda given: {"constant": given} if isinstance(given, str) else given),
]


def draw_value(written: Any, chance: Random) -> Json:
    """A value as it is written, with what chance decides decided, wherever it stands.

    ``{chance: 0.3}`` is true three times in ten, ``{between: [1, 4]}`` a whole number, and
    ``{any_of: {gold: 1, silver: 3}}`` a text by weight; ``any_of`` may also list values.
    """
    match written:
        case {"chance": float() | int() | str() as likely, **rest} if not rest:
            return chance.random() < float(likely)
        case {"between": [least, most], **rest} if not rest:
            return chance.randint(int(least), int(most))
        case {"any_of": Mapping() as weights, **rest} if not rest:
            names = list(weights)
            return chance.choices(names, [float(weights[name]) for name in names])[0]
        case {"any_of": list() as values, **rest} if not rest:
            return draw_value(chance.choice(values), chance)
        case Mapping():
            return {name: draw_value(part, chance) for name, part in written.items()}
        case list():
            return [draw_value(part, chance) for part in written]
        case _:
            return written
