"""Search attributes are told to the server under the names and types that cases write."""

from stack.temporal import SEARCH_ATTRIBUTES
from workflows.runtime.shell import attributes


def test_the_server_is_told_of_every_search_attribute_that_cases_write() -> None:
    kinds = {
        key.name: key.indexed_value_type.name.title().replace("_", "") for key in attributes.ALL
    }
    assert kinds == SEARCH_ATTRIBUTES
