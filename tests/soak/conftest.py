"""Long tests, run by `make soak`; they hurt the same product as the end-to-end tests do, and the same
office as the workflow tests.
"""

from tests.e2e.conftest import collector, product
from tests.workflow.conftest import company_served, real_office, serve, signing

__all__ = ["collector", "company_served", "product", "real_office", "serve", "signing"]
