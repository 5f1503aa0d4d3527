"""What every command shares: ``--as``, ``--json``, and a refusal as one clear sentence."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Annotated, Any, Final

import typer
from rich.console import Console
from rich.markup import escape

from cli.api import Api, Refused

_As = Annotated[
    str, typer.Option("--as", metavar="PERSON", help="Act as this person (development stacks)")
]
_Json = Annotated[bool, typer.Option("--json", help="Print the API's answer as JSON")]

_SHARED: Final = (
    inspect.Parameter("act_as", inspect.Parameter.KEYWORD_ONLY, default="", annotation=_As),
    inspect.Parameter("as_json", inspect.Parameter.KEYWORD_ONLY, default=False, annotation=_Json),
)


@dataclass(frozen=True, slots=True)
class Asked:
    """How the running command was asked."""

    api: Api
    as_json: bool


_asked: ContextVar[Asked] = ContextVar("asked")


def asked() -> Asked:
    """How the running command was asked."""
    return _asked.get()


def api() -> Api:
    """The gateway, as the running command's person."""
    return _asked.get().api


def noun(name: str, says: str) -> typer.Typer:
    """A group of commands about one thing."""
    return typer.Typer(name=name, help=says, no_args_is_help=True, pretty_exceptions_enable=False)


def verb(app: typer.Typer, name: str = "") -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Make a function a command of the app, with the shared options."""

    def make(function: Callable[..., None]) -> Callable[..., None]:
        @functools.wraps(function)
        def command(*, act_as: str, as_json: bool, **arguments: Any) -> None:
            with Api.from_environment(act_as) as gateway:
                token = _asked.set(Asked(gateway, as_json))
                try:
                    function(**arguments)
                except Refused as refused:
                    say_refused(refused)
                    raise typer.Exit(1) from refused
                finally:
                    _asked.reset(token)

        signature = inspect.signature(function, eval_str=True)
        parameters = [
            parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY)
            for parameter in signature.parameters.values()
        ]
        command.__signature__ = signature.replace(  # type: ignore[attr-defined]  # as inspect reads it
            parameters=[*parameters, *_SHARED]
        )
        app.command(name or None)(command)
        return function

    return make


def say_refused(refused: Refused) -> None:
    """Print a refusal on stderr: what is wrong, where, and its reason."""
    where = f" [dim](field {escape(refused.field)})[/]" if refused.field else ""
    reason = f"[bold red]{escape(refused.reason)}[/] " if refused.reason else ""
    screen = Console(stderr=True, highlight=False, soft_wrap=True)
    screen.print(f"{reason}{escape(refused.message)}{where}")
    for name, value in refused.details.items():
        screen.print(f"  [dim]{escape(name)}:[/] {escape(value)}")
