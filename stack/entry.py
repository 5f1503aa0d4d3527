"""The `gongdan` command: the product's own verbs and those of the one-machine stack."""

from cli.main import app as product
from stack.main import app as machine


def main() -> None:
    """Run the command line."""
    product.add_typer(machine)
    product()


if __name__ == "__main__":
    main()
