"""Facts: what happened, as rules count it; findings: what they make of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from services.workorder.domain.anomalies.rule import Kind
from services.workorder.domain.geo import Point


class SubjectKind(StrEnum):
    """Of what something is found."""

    ADDRESS = "address"
    ASSET = "asset"
    TECHNICIAN = "technician"
    SERIAL = "serial"


@dataclass(frozen=True, slots=True, order=True)
class Subject:
    """Of whom or what facts count together."""

    kind: SubjectKind
    id: str


@dataclass(frozen=True, slots=True)
class Fact:
    """Something that happened, once.

    Attributes:
        fact_id: the same whenever it is read.
        place_code: the district; what is frozen.
        city: the place that diversion and prices are compared by.
        value: what is measured: fen for one piece, bits.
        what: the item, the serial number or the other work order that it is about.
        where: of a sighting.
        accuracy_m: how far off that may be.
    """

    fact_id: str
    subject: Subject
    at: datetime
    work_order_id: str
    technician_id: str
    place_code: str
    city: str = ""
    value: int = 0
    what: str = ""
    where: Point | None = None
    accuracy_m: int = 0


@dataclass(frozen=True, slots=True)
class Evidence:
    """A fact that bears a finding out, and what was measured of it.

    Attributes:
        measured: times, km/h, or percent of the median, at this fact.
        limit: what it was measured against, in the same unit.
        baseline: what was usual: the median in fen, the metres of a way; 0: nothing.
        other_fact_id: of which other one it was measured from; empty: none.
    """

    fact: Fact
    measured: int
    limit: int
    baseline: int = 0
    other_fact_id: str = ""


@dataclass(frozen=True, slots=True)
class Key:
    """What is found once: by a kind of rule, of a subject, in a bucket of time."""

    kind: Kind
    subject: Subject
    bucket: datetime


@dataclass(frozen=True, slots=True)
class Finding:
    """What a rule found.

    Attributes:
        evidence: as it happened; the last one says where.
    """

    key: Key
    evidence: tuple[Evidence, ...]
