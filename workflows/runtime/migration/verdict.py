"""What is said of moving a case to another version: safe, a question, or why not."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from workflows.runtime.calendars import SharedCalendar


class Outcome(StrEnum):
    """Whether a case may move."""

    SAFE = "safe"
    NEEDS_CHOICE = "needs_choice"
    UNSAFE = "unsafe"


@dataclass(frozen=True, slots=True)
class Finding:
    """Why a case cannot move as it stands.

    Attributes:
        code: stable, ``MIGRATION_…``.
        node: the node it is about, with the runs around it; empty: the case.
        words: why, and what to do, in Chinese.
        words_en: the same in English.
        passing: it is over in a moment; ask again then.
    """

    code: str
    node: str
    words: str
    words_en: str
    passing: bool = False


@dataclass(frozen=True, slots=True)
class Target:
    """A node of the new version on which the case could stand instead, and be able to end.

    Attributes:
        why: what it has in common with the old one: ``same_name``, ``same_call``, ``same_stage``,
            ``same_kind``, or nothing.
    """

    node: str
    title: str
    title_en: str = ""
    why: str = ""


@dataclass(frozen=True, slots=True)
class Question:
    """A node on which the case stands that the new version does not have, or has otherwise.

    Attributes:
        node: with the runs around it.
        targets: where it could stand instead, the likeliest first. Entering one begins it afresh.
    """

    node: str
    title: str
    title_en: str
    words: str
    words_en: str
    targets: tuple[Target, ...] = ()


@dataclass(frozen=True, slots=True)
class Verdict:
    """What would become of a case.

    Attributes:
        moved: from which node to which each token goes, where that is another or a fresh start.
    """

    outcome: Outcome
    findings: tuple[Finding, ...] = ()
    questions: tuple[Question, ...] = ()
    moved: dict[str, str] = field(default_factory=dict)

    @property
    def is_passing(self) -> bool:
        """Only what is over in a moment stands in the way."""
        return bool(self.findings) and all(finding.passing for finding in self.findings)


@dataclass(frozen=True, slots=True)
class MigrationOrder:
    """Move a case to another version.

    Attributes:
        order_key: the client's key; the same order is carried out once.
        flow_version: the version to move to.
        choices: from an old node to the new one to begin afresh on, both with the runs around them.
        reason: why, for the record.
        origin: where it came from.
        calendar: by which the version counts working time, for a case that counts by another one.
    """

    order_key: str
    flow_version: int
    ordered_by: str
    choices: dict[str, str] = field(default_factory=dict)
    reason: str = ""
    origin: str = ""
    calendar: SharedCalendar | None = None


@dataclass(frozen=True, slots=True)
class MigrationReply:
    """What became of an order to move a case.

    Attributes:
        applied: the case moves as soon as nothing else is to be done, which is at once.
        flow_version: the version that the case had when it was asked.
    """

    order_key: str
    applied: bool
    flow_version: int
    verdict: Verdict
