"""What a technician's device reports: commands that bear their own id and time."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Final

from kit.errors import InvalidArgument
from services.workorder.domain.geo import Point

_COMMAND_ID: Final = re.compile(r"[A-Za-z0-9_.:-]{8,64}")
_MOST_COMMANDS: Final = 200
_LONGEST_NOTE: Final = 2_000
_SHA256: Final = re.compile(r"[0-9a-f]{64}")
_PERCEPTUAL_HASH: Final = re.compile(r"[0-9a-f]{16}")


class ClockVerb(StrEnum):
    """What is done to the clock of the work."""

    START = "start"
    PAUSE = "pause"
    RESUME = "resume"
    STOP = "stop"


class PauseReason(StrEnum):
    """Why work stands still."""

    CUSTOMER = "customer"
    PARTS = "parts"
    DESIGNER = "designer"
    BUILDING_ACCESS = "building_access"
    UTILITIES = "utilities"
    BREAK = "break"
    OTHER = "other"


class Party(StrEnum):
    """Whose doing it is."""

    CUSTOMER = "customer"
    WAREHOUSE = "warehouse"
    DESIGNER = "designer"
    COMPANY = "company"
    PROPERTY = "property"
    TECHNICIAN = "technician"
    NOBODY = "nobody"


#: Whose doing a reason is, where nobody says otherwise; any other has to be said.
PARTY_OF_REASON: Final = {
    PauseReason.CUSTOMER: Party.CUSTOMER,
    PauseReason.PARTS: Party.WAREHOUSE,
    PauseReason.DESIGNER: Party.DESIGNER,
    PauseReason.BUILDING_ACCESS: Party.PROPERTY,
    PauseReason.UTILITIES: Party.CUSTOMER,
    PauseReason.BREAK: Party.NOBODY,
}


class EvidenceKind(StrEnum):
    """What evidence shows."""

    BEFORE = "before"
    DURING = "during"
    AFTER = "after"
    SERIAL_NUMBER = "serial_number"
    OLD_PART = "old_part"
    SIGNATURE = "signature"
    ABSENCE = "absence"
    DOCUMENT = "document"


@dataclass(frozen=True, slots=True)
class Fix:
    """Where a device took itself to be, and how exactly: in metres, 0 when it did not say."""

    point: Point
    accuracy_m: int = 0


@dataclass(frozen=True, slots=True)
class Arrival:
    """The technician is on site."""

    fix: Fix | None = None


@dataclass(frozen=True, slots=True)
class ClockAct:
    """Work begins, stands still, goes on or ends."""

    verb: ClockVerb
    reason: PauseReason | None = None
    party: Party | None = None
    note: str = ""
    comes_back: bool = False


@dataclass(frozen=True, slots=True)
class FileAnswer:
    """A photo as an answer."""

    file_id: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What was found of an item of a checklist."""

    checklist_code: str
    item_key: str
    value: bool | Decimal | str | FileAnswer


@dataclass(frozen=True, slots=True)
class Evidence:
    """A photo, document or signature. The hashes are of its bytes and of what it looks like."""

    kind: EvidenceKind
    file_id: str
    sha256: str
    perceptual_hash: str = ""
    taken_at: datetime | None = None
    fix: Fix | None = None
    note: str = ""
    serial_number: str = ""


@dataclass(frozen=True, slots=True)
class CustomerAbsence:
    """Nobody is there."""

    note: str = ""


@dataclass(frozen=True, slots=True)
class Retraction:
    """Evidence or an answer was a mistake."""

    command_id: str
    reason: str


Body = Arrival | ClockAct | Answer | Evidence | CustomerAbsence | Retraction


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a command counts for nothing."""

    reason: str
    message: str


@dataclass(frozen=True, slots=True)
class Command:
    """What was reported, and how it came.

    Attributes:
        occurred_at: by the device's clock.
        clock_offset: to be added to the device's clock to have ours; the least that was measured.
        received_at: when it first came.
        after_seal: it came when the customer had accepted already.
    """

    command_id: str
    technician_id: str
    occurred_at: datetime
    clock_offset: timedelta
    received_at: datetime
    body: Body
    after_seal: bool = False

    def at(self, tolerance: timedelta) -> datetime:
        """When it happened by our clock; a device's that is hardly wrong is believed as it is, so
        that how long a report was on its way does not matter."""
        if abs(self.clock_offset) <= tolerance:
            return self.occurred_at
        return self.occurred_at + self.clock_offset


def require_command_id(command_id: str) -> str:
    """An id that a command can be known by (``ON_SITE_COMMAND_ID_INVALID``)."""
    if not _COMMAND_ID.fullmatch(command_id):
        raise InvalidArgument(
            "ON_SITE_COMMAND_ID_INVALID",
            "a command's id is 8 to 64 letters, digits, '_', '.', ':' or '-'",
            field="command_id",
        )
    return command_id


def require_count(count: int) -> None:
    """So many commands as one report may bring (``ON_SITE_REPORT_INVALID``)."""
    if not 1 <= count <= _MOST_COMMANDS:
        raise InvalidArgument(
            "ON_SITE_REPORT_INVALID",
            f"a report brings 1 to {_MOST_COMMANDS} commands, not {count}",
            field="commands",
        )


def require_note(text: str, field: str) -> str:
    """A text that may say nothing, but not too much (``ON_SITE_COMMAND_INVALID``)."""
    if len(text) > _LONGEST_NOTE or "\0" in text:
        raise invalid(
            f"{field} may have at most {_LONGEST_NOTE} characters, none of them NUL", field
        )
    return text


def require_clock_act(act: ClockAct) -> ClockAct:
    """An act that says whose doing it is where that matters (``ON_SITE_COMMAND_INVALID``)."""
    stands_still = act.verb is ClockVerb.PAUSE or act.comes_back
    if act.comes_back and act.verb is not ClockVerb.STOP:
        raise invalid("only who stops can say that another visit is needed", "comes_back")
    if stands_still and act.reason is None:
        raise invalid("say what is waited for", "reason")
    if not stands_still:
        return ClockAct(act.verb, note=act.note)
    party = act.party or PARTY_OF_REASON.get(act.reason or PauseReason.OTHER)
    if party is None:
        raise invalid("for this reason, say whose doing it is", "party")
    return ClockAct(act.verb, act.reason, party, act.note, act.comes_back)


def require_evidence(evidence: Evidence) -> Evidence:
    """Evidence of a file that was uploaded (``EVIDENCE_FILE_UNKNOWN``)."""
    if not _SHA256.fullmatch(evidence.sha256):
        raise InvalidArgument(
            "EVIDENCE_FILE_UNKNOWN",
            f"there is no file {evidence.file_id!r}; upload it first, and report it anew",
            field="file_id",
        )
    if evidence.perceptual_hash and not _PERCEPTUAL_HASH.fullmatch(evidence.perceptual_hash):
        raise invalid("perceptual_hash is 16 hexadecimal digits, or empty", "perceptual_hash")
    return evidence


def invalid(message: str, field: str) -> InvalidArgument:
    """The refusal of a command that makes no sense."""
    return InvalidArgument("ON_SITE_COMMAND_INVALID", message, field=field)
