"""The facts that rules count, each kind by one query over an index of time."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from services.workorder.domain.anomalies.facts import Fact, Subject, SubjectKind
from services.workorder.domain.anomalies.rule import Kind
from services.workorder.domain.geo import Point

_CITY: Final = (
    "coalesce((SELECT code FROM unnest(work_order.adcode_path) AS code"
    " WHERE code ~ '^[0-9]{4}00$' AND code !~ '0000$' LIMIT 1), work_order.adcode)"
)
#: Who took a work order.
_HOLDER: Final = (
    "coalesce((SELECT technician_id FROM offer WHERE offer.work_order_id ="
    " work_order.work_order_id AND outcome = 'accepted' LIMIT 1), '')"
)

_RETURNS: Final = text(f"""
    WITH returned AS (
        SELECT 'cancel:' || work_order_id AS fact_id, work_order_id, state_since AS at,
               cancel_reason AS what
        FROM work_order WHERE state = 'cancelled' AND state_since > :since
        UNION ALL
        SELECT link_kind || ':' || work_order_id, work_order_id, created_at, link_reason
        FROM work_order WHERE link_kind IN ('rework', 'second_visit') AND created_at > :since
    )
    SELECT returned.*, {_HOLDER} AS technician_id, adcode, address_id, asset_id
    FROM returned JOIN work_order USING (work_order_id)
""")  # noqa: S608 - of constants

_PHOTOS: Final = text("""
    SELECT flag_id AS fact_id, flag.work_order_id, flag.technician_id, raised_at AS at, adcode,
           measured AS value, other_work_order_id AS what
    FROM on_site_flag AS flag JOIN work_order USING (work_order_id)
    WHERE flag_kind IN ('same_photo', 'similar_photo') AND raised_at > :since
""")

# A phone whose clock is off by more than two minutes is corrected by what was measured.
_SIGHTINGS: Final = text("""
    SELECT command.work_order_id || ':' || command_id AS fact_id, command.work_order_id,
           command.technician_id, adcode, kind AS what,
           (body -> 'fix' ->> 'longitude')::float AS longitude,
           (body -> 'fix' ->> 'latitude')::float AS latitude,
           (body -> 'fix' ->> 'accuracy_m')::integer AS accuracy_m,
           occurred_at + CASE WHEN abs(clock_offset_ms) > 120000
               THEN clock_offset_ms * interval '1 millisecond' ELSE interval '0' END AS at
    FROM on_site_command AS command JOIN work_order USING (work_order_id)
    WHERE refused_reason = '' AND body ? 'fix' AND body -> 'fix' ->> 'longitude' IS NOT NULL
      AND occurred_at > :since
""")

_PRICES: Final = text(f"""
    SELECT extra_id || ':' || line_number AS fact_id, extra.work_order_id, extra.technician_id,
           ended_at AS at, adcode, {_CITY} AS city, item_code || ' ' || currency AS what,
           amount_minor / quantity AS value
    FROM extra JOIN extra_line USING (extra_id) JOIN work_order USING (work_order_id)
    WHERE extra.state = 'approved' AND ended_at > :since AND quantity > 0
""")  # noqa: S608

#: The cities of codes; of codes that name none, their provinces.
_AREAS: Final = """
    coalesce((SELECT array_agg(DISTINCT left(code, 4) || '00') FROM unnest({codes}) AS code
               WHERE code ~ '^[0-9]{{6}}$' AND code !~ '0000$'),
             (SELECT array_agg(DISTINCT code) FROM unnest({codes}) AS code
               WHERE code ~ '^[0-9]{{2}}0000$'))
"""
_ORDER_CODES: Final = (
    "(adcode_path || array[work_order.adcode, left(work_order.adcode, 4) || '00',"
    " left(work_order.adcode, 2) || '0000'])"
)

# A unit is seen where it was fitted, and, when that is elsewhere, in the city of the stockroom it was
# issued from. That comes first by its name, so that the fitting completes what is found.
_SERIALS: Final = text(f"""
    WITH used AS (
        SELECT part_use_id, part_use.work_order_id, technician_id, recorded_at AS at, item_code,
               serial, stockroom_id
        FROM part_use JOIN part_use_line USING (part_use_id) JOIN stock_movement USING (movement_id),
             unnest(serial_numbers) AS serial
        WHERE recorded_at > :since AND reversed_at IS NULL
    ), seen AS (
        SELECT extra_id || ':' || serial AS fact_id, extra.work_order_id, extra.technician_id,
               ended_at AS at, item_code, serial
        FROM extra JOIN extra_line USING (extra_id), unnest(serial_numbers) AS serial
        WHERE extra.state = 'approved' AND ended_at > :since
        UNION ALL
        SELECT part_use_id || ':' || serial, work_order_id, technician_id, at, item_code, serial
        FROM used
        UNION ALL
        SELECT 'visit:' || work_order_id, work_order_id, {_HOLDER}, checked_in_at, item_code, serial
        FROM work_order JOIN asset USING (asset_id)
        WHERE work_order.checked_in_at > :since AND serial <> ''
    )
    SELECT seen.*, adcode, {_CITY} AS city FROM seen JOIN work_order USING (work_order_id)
    UNION ALL
    SELECT 'issue:' || part_use_id || ':' || serial, work_order_id, used.technician_id, at, item_code,
           serial, areas[1], areas[1]
    FROM used JOIN stockroom USING (stockroom_id) JOIN work_order USING (work_order_id),
         LATERAL (SELECT {_AREAS.format(codes="stockroom.place_codes")} AS areas) AS room
    WHERE NOT areas && {_ORDER_CODES}
""")  # noqa: S608

# Nobody is outside a territory who has none.
_OUTSIDE: Final = text(f"""
    SELECT 'visit:' || work_order_id AS fact_id, work_order_id, technician_id, checked_in_at AS at,
           work_order.adcode
    FROM (SELECT *, {_HOLDER} AS technician_id FROM work_order WHERE checked_in_at > :since)
             AS work_order
    JOIN technician USING (technician_id)
    LEFT JOIN outlet_profile ON outlet_profile.outlet_id = technician.outlet_id
    WHERE technician.territory_codes || coalesce(outlet_profile.territory_codes, '{{}}') <> '{{}}'
      AND NOT (technician.territory_codes || coalesce(outlet_profile.territory_codes, '{{}}'))
          && (array[work_order.adcode] || adcode_path || zone_codes)
""")  # noqa: S608


async def facts_of(session: AsyncSession, kind: Kind, since: datetime) -> list[Fact]:
    """What happened after an instant that rules of a kind count."""
    return await _FACTS[kind](session, since)


async def _rows(session: AsyncSession, query: Any, since: datetime) -> list[dict[str, Any]]:
    return [dict(row) for row in (await session.execute(query, {"since": since})).mappings()]


async def _returns(session: AsyncSession, since: datetime) -> list[Fact]:
    found = []
    for row in await _rows(session, _RETURNS, since):
        for kind, name in ((SubjectKind.ADDRESS, "address_id"), (SubjectKind.ASSET, "asset_id")):
            if row[name]:
                found.append(_fact(row, Subject(kind, row[name])))
    return found


async def _sightings(session: AsyncSession, since: datetime) -> list[Fact]:
    # A clock that is far off is no reason to miss what it reported.
    rows = await _rows(session, _SIGHTINGS, since - timedelta(days=1))
    return [_fact(row, _technician(row)) for row in rows if row["at"] > since]


def _of_technicians(query: Any) -> Callable[[AsyncSession, datetime], Awaitable[list[Fact]]]:
    async def read(session: AsyncSession, since: datetime) -> list[Fact]:
        rows = await _rows(session, query, since)
        return [_fact(row, _technician(row)) for row in rows if row["technician_id"]]

    return read


async def _serials(session: AsyncSession, since: datetime) -> list[Fact]:
    return [
        _fact(
            {**row, "what": row["serial"]},
            Subject(SubjectKind.SERIAL, f"{row['item_code']} {row['serial']}"),
        )
        for row in await _rows(session, _SERIALS, since)
    ]


def _technician(row: dict[str, Any]) -> Subject:
    return Subject(SubjectKind.TECHNICIAN, row["technician_id"])


def _fact(row: dict[str, Any], subject: Subject) -> Fact:
    located = row.get("longitude") is not None
    return Fact(
        fact_id=row["fact_id"],
        subject=subject,
        at=row["at"],
        work_order_id=row["work_order_id"],
        technician_id=row["technician_id"],
        place_code=row["adcode"],
        city=row.get("city", ""),
        value=row.get("value", 0),
        what=row.get("what", ""),
        where=Point(row["longitude"], row["latitude"]) if located else None,
        accuracy_m=row.get("accuracy_m", 0) or 0,
    )


_FACTS: Final[dict[Kind, Callable[[AsyncSession, datetime], Awaitable[list[Fact]]]]] = {
    Kind.REPEATED_RETURNS: _returns,
    Kind.SAME_PHOTO: _of_technicians(_PHOTOS),
    Kind.IMPOSSIBLE_TRAVEL: _sightings,
    Kind.OVERCHARGE: _of_technicians(_PRICES),
    Kind.DIVERSION: _serials,
    Kind.OUT_OF_TERRITORY: _of_technicians(_OUTSIDE),
}
