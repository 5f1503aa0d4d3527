"""The life of a price book's draft: who may do what with it, and when.

editing ──submit──▶ in_review ──approve──▶ approved ──publish──▶ published
   ▲                    │                     │
   └──────return────────┴──────return─────────┘        any of the three ──discard──▶ discarded
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, NamedTuple

from kit.errors import FailedPrecondition, InvalidArgument, PermissionDenied


class DraftState(StrEnum):
    """Where a draft stands."""

    EDITING = "editing"
    IN_REVIEW = "in_review"
    APPROVED = "approved"
    PUBLISHED = "published"
    DISCARDED = "discarded"


class Act(StrEnum):
    """What is done with a draft."""

    EDIT = "edit"
    SUBMIT = "submit"
    APPROVE = "approve"
    RETURN = "return"
    PUBLISH = "publish"
    DISCARD = "discard"


_LEADS_TO: Final[Mapping[tuple[DraftState, Act], DraftState]] = {
    (DraftState.EDITING, Act.EDIT): DraftState.EDITING,
    (DraftState.EDITING, Act.SUBMIT): DraftState.IN_REVIEW,
    (DraftState.IN_REVIEW, Act.APPROVE): DraftState.APPROVED,
    (DraftState.IN_REVIEW, Act.RETURN): DraftState.EDITING,
    (DraftState.APPROVED, Act.RETURN): DraftState.EDITING,
    (DraftState.APPROVED, Act.PUBLISH): DraftState.PUBLISHED,
    (DraftState.EDITING, Act.DISCARD): DraftState.DISCARDED,
    (DraftState.IN_REVIEW, Act.DISCARD): DraftState.DISCARDED,
    (DraftState.APPROVED, Act.DISCARD): DraftState.DISCARDED,
}
_INSTEAD: Final = {
    DraftState.EDITING: "submit it for review first",
    DraftState.IN_REVIEW: "have it returned or approved first",
    DraftState.APPROVED: "have it returned to edit it, or publish it",
    DraftState.PUBLISHED: "open a new draft",
    DraftState.DISCARDED: "open a new draft",
}


class Base(NamedTuple):
    """The version that a draft stands on."""

    price_book_code: str
    version: int


@dataclass(frozen=True, slots=True)
class Draft:
    """What decides about a draft.

    Attributes:
        base: None: of none; of another book: it is a copy of that.
        authors: who opened, edited or submitted it.
        approved_hash: of the content that was approved; empty: none was.
        beyond_band: whether it holds a price outside its editor's band.
    """

    draft_id: str
    price_book_code: str
    state: DraftState
    revision: int
    base: Base | None
    authors: frozenset[str]
    approved_hash: str
    beyond_band: bool

    @property
    def founds(self) -> bool:
        """Whether it becomes a book's first version."""
        return self.base is None or self.base.price_book_code != self.price_book_code


def after(draft: Draft, act: Act) -> DraftState:
    """The state that an act leads to.

    Raises:
        FailedPrecondition: ``PRICING_DRAFT_STATE``; ``details`` has the present one.
    """
    state = _LEADS_TO.get((draft.state, act))
    if state is None:
        raise FailedPrecondition(
            "PRICING_DRAFT_STATE",
            f"cannot {act} a draft that is {draft.state}; {_INSTEAD[draft.state]}",
            field="draft_id",
            details={"state": draft.state},
        )
    return state


def check_seen(draft: Draft, seen: int) -> None:
    """Refuse to change what somebody else changed meanwhile.

    Raises:
        FailedPrecondition: ``PRICING_DRAFT_STALE``; ``details`` has the present revision.
    """
    if seen and seen != draft.revision:
        raise FailedPrecondition(
            "PRICING_DRAFT_STALE",
            f"somebody changed the draft since revision {seen}; look at it again",
            field="revision",
            details={"revision": str(draft.revision)},
        )


def check_base(draft: Draft, newest: int) -> None:
    """Refuse to go on with a draft that stands on an older version than the book's newest.

    Args:
        newest: the book's newest version; 0: it has none.

    Raises:
        FailedPrecondition: ``PRICING_DRAFT_BASE_MOVED``; ``details`` has both versions.
    """
    stands_on = 0 if draft.founds or draft.base is None else draft.base.version
    if stands_on != newest:
        raise FailedPrecondition(
            "PRICING_DRAFT_BASE_MOVED",
            f"the draft stands on version {stands_on}, the book is at {newest}; rebase it",
            field="draft_id",
            details={"base_version": str(stands_on), "newest_version": str(newest)},
        )


def check_reviewer(draft: Draft, person_id: str, *, is_headquarters: bool) -> None:
    """Refuse whom it is not for to approve: nobody approves what they wrote, and what lies outside
    a band is headquarters' to approve.

    Raises:
        PermissionDenied: ``PRICING_FOUR_EYES`` or ``PRICING_NEEDS_HEADQUARTERS``.
    """
    if person_id in draft.authors:
        raise PermissionDenied(
            "PRICING_FOUR_EYES",
            "you opened, edited or submitted this draft; somebody else must approve it",
        )
    if draft.beyond_band and not is_headquarters:
        raise PermissionDenied(
            "PRICING_NEEDS_HEADQUARTERS",
            "it holds a price outside its editor's band; headquarters must approve it",
        )


def check_comment(comment: str) -> None:
    """Refuse to return a draft without saying why.

    Raises:
        InvalidArgument: ``PRICING_REVIEW_COMMENT_MISSING``.
    """
    if not comment.strip():
        raise InvalidArgument(
            "PRICING_REVIEW_COMMENT_MISSING", "say why it is returned", field="comment"
        )


def check_approved(draft: Draft, content_hash: str) -> None:
    """Refuse to publish anything but what was approved.

    Raises:
        FailedPrecondition: ``PRICING_DRAFT_NOT_AS_APPROVED``.
    """
    if draft.approved_hash != content_hash:
        raise FailedPrecondition(
            "PRICING_DRAFT_NOT_AS_APPROVED",
            "the draft is not what was approved; have it returned and reviewed again",
            field="draft_id",
        )
