"""``python -m bench NAME``: run one benchmark, as ``make bench BENCH=NAME`` does."""

from __future__ import annotations

import argparse
import asyncio
import importlib
import pkgutil
from pathlib import Path

from bench.harness import Result, publish


def main() -> None:
    """Run the benchmark that was named."""
    names = [
        module.name for module in pkgutil.iter_modules([str(Path(__file__).parent)]) if module.ispkg
    ]
    parser = argparse.ArgumentParser(description="Measure ours beside a baseline in one run.")
    parser.add_argument("name", choices=names)
    parser.add_argument("--rounds", type=int, default=5, help="turns of each side (default 5)")
    arguments = parser.parse_args()
    module = importlib.import_module(f"bench.{arguments.name}.run")
    results: list[Result] = asyncio.run(module.run(arguments.rounds))
    publish(arguments.name, results)


if __name__ == "__main__":
    main()
