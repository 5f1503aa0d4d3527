"""What every benchmark shares: ours and a baseline, turn by turn in one run, medians, a ratio.

A machine is never twice the same; the ratio of two things measured side by side is what lasts. A
ratio above 1 is always better for us: rates divide ours by the baseline, costs the other way round.
"""

from __future__ import annotations

import json
import statistics
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final, Literal

from rich.console import Console
from rich.table import Table

RESULTS: Final = Path(__file__).parent / "results"


@dataclass(frozen=True, slots=True)
class Result:
    """One line of a benchmark's answer; ``ratio`` is larger when we are better."""

    case: str
    ours: float
    baseline: float
    ratio: float
    unit: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Figure:
    """What one round measured, by the name of its case."""

    case: str
    value: float
    unit: str
    better: Literal["higher", "lower"]


Round = Callable[[], Awaitable[list[Figure]]]


async def alternate(
    ours: Round, baseline: Round, rounds: int, notes: dict[str, str] | None = None
) -> list[Result]:
    """Run ours and the baseline in turns, the first of each pair changing, and compare medians."""
    figures: dict[str, tuple[list[Figure], list[Figure]]] = {}
    for number in range(rounds):
        pair = [(0, ours), (1, baseline)]
        for side, run in pair if number % 2 == 0 else reversed(pair):
            for figure in await run():
                figures.setdefault(figure.case, ([], []))[side].append(figure)
    results = []
    for case, (of_ours, of_baseline) in figures.items():
        mine = statistics.median(figure.value for figure in of_ours)
        theirs = statistics.median(figure.value for figure in of_baseline)
        better = of_ours[0].better
        ratio = mine / theirs if better == "higher" else theirs / mine
        unit = of_ours[0].unit
        results.append(Result(case, mine, theirs, ratio, unit, (notes or {}).get(case, "")))
    return results


def publish(name: str, results: list[Result]) -> None:
    """Print the table and write ``bench/results/<name>.json``."""
    table = Table(title=f"bench {name} (ratio above 1: better than the baseline)")
    for column in ("case", "ours", "baseline", "ratio", "unit", "note"):
        table.add_column(column, justify="left" if column in ("case", "unit", "note") else "right")
    for result in results:
        table.add_row(
            result.case,
            f"{result.ours:,.3f}",
            f"{result.baseline:,.3f}",
            f"{result.ratio:.3f}",
            result.unit,
            result.note,
        )
    Console().print(table)
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{name}.json"
    path.write_text(json.dumps([asdict(result) for result in results], indent=2) + "\n")
    Console().print(
        f"written: {path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path}"
    )
