"""The `gongdan` command: the product's own verbs and those of the one-machine stack."""

import os

import typer

from cli.main import app as product
from stack import keys, payload_key
from stack.layout import Layout
from stack.main import app as machine

app: typer.Typer = product
app.add_typer(machine)
app.add_typer(payload_key.app, name="payload-key")


def main() -> None:
    """Run the command line, which is told where the stack of this checkout is."""
    layout = Layout.of_the_stack()
    here = layout.pages() | keys.environment_for(("bootstrap",), layout.keys)
    for name, value in here.items():
        os.environ.setdefault(name, value)
    app()


if __name__ == "__main__":
    main()
