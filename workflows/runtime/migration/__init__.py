"""Moving a running case to another version of its flow, where that is proven to be safe."""

from workflows.runtime.migration.judge import judge
from workflows.runtime.migration.move import migrate
from workflows.runtime.migration.verdict import (
    Finding,
    MigrationOrder,
    MigrationReply,
    Outcome,
    Question,
    Target,
    Verdict,
)

__all__ = [
    "Finding",
    "MigrationOrder",
    "MigrationReply",
    "Outcome",
    "Question",
    "Target",
    "Verdict",
    "judge",
    "migrate",
]
