"""The product on one machine: asked, stopped and started again as people do it."""

from pathlib import Path

from stack.processes import PROCESSES, Ready
from tests.e2e.conftest import Product
from workflows.build import build_id

FLOWS = Path(__file__).parent / "flows"


async def test_doctor_finds_every_part_well(product: Product) -> None:
    done = await product.gongdan("doctor")
    assert done.code == 0, done.output
    for process in PROCESSES:
        if process.ready is not Ready.EXIT:
            assert process.name in done.output


async def test_the_stacks_own_build_is_present_and_cases_run_on_it(product: Product) -> None:
    await product.told("flow", "publish", str(FLOWS / "respond_in_seconds.yaml"))
    await product.told("case", "start", "respond_in_seconds")
    (build,) = (await product.told("build", "list"))["builds"]
    assert build["build_id"] == build_id()
    assert build["present"]
    shown = await product.gongdan("build", "list")
    assert build_id() in shown.output


async def test_second_stack_on_the_same_data_is_refused(product: Product) -> None:
    done = await product.gongdan("up")
    assert done.code == 1
    assert "Gongdan runs already" in done.errors


async def test_logs_of_a_process_are_shown_by_name(product: Product) -> None:
    done = await product.gongdan("logs", "pricing")
    assert done.code == 0
    assert "pricing | " in done.output
    assert "serving" in done.output


async def test_stop_and_second_start_keep_the_data(product: Product) -> None:
    await product.told("flow", "publish", str(FLOWS / "respond_in_seconds.yaml"))
    case_id = (await product.told("case", "start", "respond_in_seconds"))["case_id"]
    people = await product.told("person", "list")
    assert product.stop() == 0
    assert list(product.layout.pid_files.iterdir()) == []
    product.start()
    assert (await product.told("case", "show", case_id))["case_id"] == case_id
    assert await product.told("person", "list") == people
