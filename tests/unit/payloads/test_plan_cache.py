"""A worker keeps the plans it needs, not every plan it ever saw."""

import gc
from pathlib import Path

import pytest

from workflows.compiler.plan import Plan
from workflows.runtime.shell.plan_cache import PlanCache

PLAN = next(iter(sorted((Path(__file__).parents[2] / "replay" / "plans").glob("*.json"))))


class Watch:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def watch() -> Watch:
    return Watch()


def plan() -> Plan:
    return Plan.from_bytes(PLAN.read_bytes())


def cache_of(watch: Watch, most_bytes: int = 100) -> PlanCache:
    return PlanCache(most_bytes, watch)


def test_what_was_not_wanted_for_longest_is_dropped_first(watch: Watch) -> None:
    cache = cache_of(watch)
    for name in ("a", "b"):
        cache.add(name, plan(), 50)
    watch.now += 100
    cache.find("a")
    watch.now += 100
    cache.add("c", plan(), 50)
    gc.collect()
    assert cache.find("b") is None
    assert cache.find("a") is not None
    assert cache.find("c") is not None


def test_what_was_just_decoded_is_there_when_its_workflow_begins(watch: Watch) -> None:
    cache = cache_of(watch)
    for number in range(50):
        cache.add(str(number), plan(), 50)
        watch.now += 1
    assert all(cache.find(str(number)) is not None for number in range(50))
    watch.now += 61
    cache.add("later", plan(), 50)
    gc.collect()
    assert [n for n in range(50) if cache.find(str(n)) is not None] == [49]


def test_what_a_case_holds_is_found_though_it_was_dropped_and_is_one_object(watch: Watch) -> None:
    cache = cache_of(watch)
    held = plan()
    cache.add("held", held, 80)
    watch.now += 100
    cache.add("other", plan(), 80)
    assert cache.find("held") is held


def test_a_plan_larger_than_the_budget_is_kept_while_it_is_wanted(watch: Watch) -> None:
    cache = cache_of(watch)
    cache.add("huge", plan(), 1_000)
    assert cache.find("huge") is not None
