"""What holds beside the price books, asked at once: every quote asks it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Row, Select, Text, bindparam, cast, literal, or_, select, union_all
from sqlalchemy.ext.asyncio import AsyncSession

from kit.db.tables import INSTANT
from services.pricing.tables import FreezeRow, PriceModeSwitchRow


def _standing() -> Select[Any]:
    at = bindparam("at", type_=INSTANT)
    switch, freeze = PriceModeSwitchRow, FreezeRow
    switches = select(
        switch.switch_id,
        switch.mode_code,
        switch.place_code,
        switch.sales_channel,
        switch.cooperation_mode,
        switch.recorded_at,
        switch.begins_at,
        switch.ends_at,
        switch.ended_at,
    ).where(
        switch.begins_at <= at,
        or_(switch.ends_at.is_(None), switch.ends_at > at),
        or_(switch.ended_at.is_(None), switch.ended_at > switch.begins_at),
    )
    none = cast(literal(""), Text)
    freezes = select(
        freeze.freeze_id,
        none,
        freeze.place_code,
        none,
        none,
        freeze.recorded_at,
        freeze.begins_at,
        freeze.ends_at,
        freeze.ended_at,
    ).where(freeze.begins_at <= at, freeze.ends_at > at)
    return select(union_all(switches, freezes).subquery())


#: Made once: making it takes longer than asking it.
_STANDING: Final = _standing()


async def standing(session: AsyncSession, at: datetime) -> Sequence[Row[Any]]:
    """The switches and freezes of everywhere that have begun by an instant and were to last beyond
    it; a freeze has no mode."""
    return (await session.execute(_STANDING, {"at": at})).all()
