"""A flow version that a newer release published is not started by this one, and the reason is told."""

from dataclasses import replace
from pathlib import Path

import pytest

from kit.errors import FailedPrecondition
from stack.layout import PROJECT
from workflows.catalog import load_catalog, unknown_rpcs
from workflows.client.cases import check_known
from workflows.compiler.compile import compile_or_raise
from workflows.compiler.plan import INTERPRETER_VERSION, Plan

RESERVE = "workorder.v1.WorkOrderService/CreateWorkOrder"


@pytest.fixture
def plan() -> Plan:
    flow = Path(PROJECT / "flows/aircon_install/flow.yaml").read_text()
    return compile_or_raise(flow, load_catalog())


def test_a_flow_of_this_release_is_known(plan: Plan) -> None:
    check_known(plan)


def test_a_flow_that_needs_a_newer_interpreter_is_refused(plan: Plan) -> None:
    newer = plan.model_copy(update={"interpreter": INTERPRETER_VERSION + 1})
    with pytest.raises(FailedPrecondition, match=f"needs interpreter {INTERPRETER_VERSION + 1}"):
        check_known(newer)


def test_what_a_flow_calls_and_the_catalogue_lacks_is_named(plan: Plan) -> None:
    catalog = load_catalog()
    without = {name: spec for name, spec in catalog.rpcs.items() if name != RESERVE}
    assert unknown_rpcs(plan, replace(catalog, rpcs=without)) == [RESERVE]
