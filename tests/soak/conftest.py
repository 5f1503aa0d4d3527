"""Long tests, run by `make soak`; they hurt the same product as the end-to-end tests do."""

from tests.e2e.conftest import collector, product

__all__ = ["collector", "product"]
