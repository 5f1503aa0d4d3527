"""What people do to a case: the verbs, and whether an act is allowed as the case stands.

``check_act`` reads only, so the update's validator can call it; ``step`` calls it again before it
applies the act. A refusal is a ``ServiceError`` with one of the reasons below.

    CASE_OVER              the case has ended or is being cancelled
    CASE_TASK_CLOSED       the user task is done or was withdrawn
    CASE_TASK_NOT_YOURS    somebody else holds it, or the person is no candidate
    CASE_REVISION_STALE    somebody acted since; look again (details: revision)
    CASE_VERB_ILLEGAL      the verb does not exist, or not for this task
    CASE_TARGET_ILLEGAL    no such node to send back to, nobody named to transfer to
    CASE_FORM_INVALID      the form's values are wrong (details: field -> what is wrong)
"""

from __future__ import annotations

from enum import StrEnum


class Verb(StrEnum):
    """What a person can do."""

    CLAIM = "claim"
    RELEASE = "release"
    COMPLETE = "complete"
    APPROVE = "approve"
    REJECT = "reject"
    TRANSFER = "transfer"
    URGE = "urge"
    COMMENT = "comment"
    CANCEL = "cancel"
