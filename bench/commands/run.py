"""Commands of work orders through gRPC on a PostgreSQL whose commits reach the disk, many at once.

Beside them, in turns, the same PostgreSQL inserts the rows that each command writes, with as many
connections, one transaction a command and no question asked. A ratio of 0.1 says that deciding, reading,
locking, gRPC and Python together take nine times as long as writing does.
"""

from __future__ import annotations

from bench.commands.lives import CALLERS, COMMANDS, ORDERS, Lives
from bench.commands.rows import Written
from bench.harness import Figure, Result, alternate
from bench.serving import service
from kit.authn import SYSTEM
from kit.db.migrate import migrate
from stack import postgres


async def run(rounds: int) -> list[Result]:
    """Measure every command so many times, ours and the bare rows in turns."""
    with postgres.throwaway(durable=True) as cluster:
        migrate(cluster.url, "workorder")
        async with service("workorder", cluster.url, SYSTEM) as (channel, metadata):
            lives, written = Lives(channel, metadata), Written(cluster.url, CALLERS)
            await lives.hire()
            for command in COMMANDS:
                since = written.begin()
                await lives.run(command)
                written.keep(command, since, ORDERS)

            async def ours() -> list[Figure]:
                return [_figure(each, await lives.run(each)) for each in COMMANDS]

            async def bare() -> list[Figure]:
                return [_figure(each, await written.run(each, ORDERS)) for each in COMMANDS]

            notes = {each: f"writes {written.rows_of(each)}" for each in COMMANDS}
            return await alternate(ours, bare, rounds, notes)


def _figure(command: str, rate: float) -> Figure:
    return Figure(command, rate, "commands/s", "higher")
