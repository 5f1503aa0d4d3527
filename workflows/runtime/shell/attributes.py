"""The search attributes by which operations find cases; written when they have changed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from temporalio import workflow
from temporalio.common import SearchAttributeKey

FLOW: Final = SearchAttributeKey.for_keyword("GongdanFlow")
FLOW_VERSION: Final = SearchAttributeKey.for_keyword("GongdanFlowVersion")
STAGE: Final = SearchAttributeKey.for_keyword("GongdanStage")
REGION: Final = SearchAttributeKey.for_keyword("GongdanRegion")
ASSIGNEES: Final = SearchAttributeKey.for_keyword_list("GongdanAssignees")
SLA_STATE: Final = SearchAttributeKey.for_keyword("GongdanSlaState")

ALL: Final[tuple[SearchAttributeKey[Any], ...]] = (
    FLOW,
    FLOW_VERSION,
    STAGE,
    REGION,
    ASSIGNEES,
    SLA_STATE,
)


class Attributes:
    """What the visibility store was last told of this case."""

    def __init__(self) -> None:
        info = workflow.info()
        self._shown: dict[str, object] = {
            key.name: info.typed_search_attributes.get(key) for key in ALL
        }

    def show(self, values: dict[SearchAttributeKey[Any], str | Sequence[str]]) -> None:
        """Write those that are new or different; empty ones that were never written stay so."""
        changed = {
            key: value
            for key, value in values.items()
            if self._shown.get(key.name) != value and (value or self._shown.get(key.name))
        }
        if changed:
            workflow.upsert_search_attributes(
                [key.value_set(value) for key, value in changed.items()]
            )
            self._shown.update({key.name: value for key, value in changed.items()})
