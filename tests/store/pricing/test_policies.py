"""Price modes, freezes, coupons, exchange rates: what the database itself keeps."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from kit.db.session import Database
from services.pricing.store import coupons, exchange_rates, freezes, policies, price_modes
from services.pricing.tables import (
    CancellationRow,
    CouponBatchRow,
    CouponUseRow,
    ExchangeRateRow,
    FreezeRow,
    PriceModeSwitchRow,
)

NOW = datetime(2026, 3, 2, tzinfo=UTC)
DAY = timedelta(days=1)
FINGERPRINT = "a" * 64


def switch(switch_id: str, **changes: Any) -> PriceModeSwitchRow:
    said: dict[str, Any] = {
        "mode_code": "promotion_season",
        "place_code": "",
        "sales_channel": "",
        "cooperation_mode": "",
        "begins_at": NOW,
        "ends_at": NOW + 7 * DAY,
        "reason": "双十一",
        "recorded_at": NOW,
        "recorded_by_person_id": "pe_zhao",
        "ended_by_person_id": "",
        "end_reason": "",
    }
    return PriceModeSwitchRow(switch_id=switch_id, **said | changes)


def freeze(freeze_id: str, **changes: Any) -> FreezeRow:
    said: dict[str, Any] = {
        "place_code": "110105",
        "reason": "频繁退单",
        "begins_at": NOW,
        "ends_at": NOW + 7 * DAY,
        "recorded_at": NOW,
        "recorded_by_person_id": "pe_zhao",
        "ended_by_person_id": "",
        "end_reason": "",
    }
    return FreezeRow(freeze_id=freeze_id, **said | changes)


def batch(batch_id: str = "cpb_1", **changes: Any) -> CouponBatchRow:
    said: dict[str, Any] = {
        "promotion_code": "AUTUMN",
        "label": "秋季券",
        "quota_per_code": 5,
        "limit_per_customer": 0,
        "valid_from": NOW,
        "code_count": 1,
        "created_at": NOW,
        "created_by_person_id": "pe_zhao",
    }
    return CouponBatchRow(batch_id=batch_id, **said | changes)


def use(number: int, code: str = "RACE", case_id: str = "") -> CouponUseRow:
    return CouponUseRow(
        coupon_use_id=f"cpu_{code}{number}",
        coupon_code=code,
        batch_id=f"cpb_{code}",
        promotion_code="AUTUMN",
        case_id=case_id or f"ca_{number}",
        customer_id=f"cu_{number}",
        reserved_at=NOW,
    )


def rate(rate_id: str, ratio: str, **changes: Any) -> ExchangeRateRow:
    said: dict[str, Any] = {
        "from_currency": "CNY",
        "to_currency": "THB",
        "valid_from": NOW,
        "source": "中国人民银行",
        "inverse_too": False,
        "recorded_at": NOW,
        "recorded_by_person_id": "pe_zhao",
    }
    return ExchangeRateRow(exchange_rate_id=rate_id, ratio=ratio, **said | changes)


@pytest.mark.parametrize(
    "row",
    [
        pytest.param(switch("pm_1", begins_at=NOW - DAY), id="begins before it was recorded"),
        pytest.param(switch("pm_1", ends_at=NOW), id="ends when it begins"),
        pytest.param(switch("pm_1", mode_code="nothing"), id="a mode that there is not"),
        pytest.param(switch("pm_1", reason=""), id="without a reason"),
        pytest.param(freeze("fz_1", ends_at=NOW), id="a freeze without a length"),
        pytest.param(freeze("fz_1", place_code=""), id="a freeze of nowhere"),
        pytest.param(batch(quota_per_code=0), id="a batch without a quota"),
        pytest.param(rate("er_1", "0"), id="a rate of nothing"),
        pytest.param(rate("er_1", "1/3"), id="a rate that is no decimal"),
        pytest.param(rate("er_1", "1", to_currency="CNY"), id="a rate to itself"),
    ],
)
async def test_what_makes_no_sense_is_refused_by_the_database(
    session: AsyncSession, row: Any
) -> None:
    session.add(row)
    with pytest.raises(IntegrityError):
        await session.flush()


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE policy_freeze SET ends_at = ends_at + interval '1 day'",
        "UPDATE policy_freeze SET reason = 'x', ended_at = begins_at, ended_by_person_id = 'x'",
        "DELETE FROM policy_freeze",
        "UPDATE price_mode_switch SET place_code = 'CN'",
        "DELETE FROM price_mode_switch",
        "UPDATE exchange_rate SET ratio = '2'",
        "DELETE FROM exchange_rate",
        "UPDATE protection_policy SET cancellation_count = 9",
    ],
)
async def test_what_was_in_force_is_never_changed(session: AsyncSession, change: str) -> None:
    session.add_all([freeze("fz_1"), switch("pm_1"), rate("er_1", "4.8")])
    await session.flush()
    with pytest.raises(DBAPIError):
        await session.execute(text(change))


async def test_what_is_ended_stays_ended(session: AsyncSession) -> None:
    session.add(freeze("fz_1"))
    await session.flush()
    end = text(
        "UPDATE policy_freeze SET ended_at = begins_at + interval '1 day', ended_by_person_id = 'x'"
    )
    await session.execute(end)
    with pytest.raises(DBAPIError, match="ended once"):
        await session.execute(end)


async def test_a_quote_asks_at_once_for_what_stands_and_for_nothing_else(
    session: AsyncSession,
) -> None:
    session.add_all(
        [
            switch("pm_now"),
            switch("pm_later", begins_at=NOW + 2 * DAY),
            switch("pm_over", ends_at=NOW + DAY / 2),
            switch("pm_open", ends_at=None),
            switch("pm_undone", ended_at=NOW, ended_by_person_id="pe_zhao"),
            freeze("fz_now"),
            freeze("fz_over", ends_at=NOW + DAY / 2),
        ]
    )
    await session.flush()
    rows = await policies.standing(session, NOW + DAY)
    assert {row.switch_id for row in rows} == {"pm_now", "pm_open", "fz_now"}
    assert {row.place_code for row in rows if not row.mode_code} == {"110105"}


async def test_switches_are_listed_by_who_and_where_and_when(session: AsyncSession) -> None:
    session.add_all(
        [
            switch("pm_1", place_code="110100"),
            switch("pm_2", recorded_by_person_id="pe_qian"),
            switch("pm_3", begins_at=NOW + DAY, mode_code="daily"),
        ]
    )
    await session.flush()

    async def listed(**wanted: Any) -> list[str]:
        rows = await price_modes.switches(session, price_modes.Wanted(**wanted), "", 10)
        return [row.switch_id for row in rows]

    assert await listed() == ["pm_3", "pm_2", "pm_1"]
    assert await listed(place_code="110100") == ["pm_1"]
    assert await listed(by_person_id="pe_qian") == ["pm_2"]
    assert await listed(mode_code="daily") == ["pm_3"]
    assert await listed(holding_at=NOW) == ["pm_2", "pm_1"]


async def test_a_cancellation_is_kept_once(session: AsyncSession) -> None:
    def told(event_id: str) -> CancellationRow:
        return CancellationRow(
            work_order_id="wo_1", event_id=event_id, address_fingerprint=FINGERPRINT,
            cancelled_at=NOW,
        )  # fmt: skip

    assert await freezes.add_cancellation(session, told("ev_1"))
    assert not await freezes.add_cancellation(session, told("ev_1"))
    assert not await freezes.add_cancellation(session, told("ev_2"))
    assert await freezes.counting(session, FINGERPRINT, NOW - DAY, NOW) == ["wo_1"]


async def test_cancellations_that_a_freeze_was_for_count_for_no_other(
    session: AsyncSession,
) -> None:
    await freezes.add(session, freeze("fz_1"))
    for number in range(4):
        row = CancellationRow(
            work_order_id=f"wo_{number}", event_id=f"ev_{number}",
            address_fingerprint=FINGERPRINT, cancelled_at=NOW + number * DAY,
        )  # fmt: skip
        await freezes.add_cancellation(session, row)
    counting = await freezes.counting(session, FINGERPRINT, NOW, NOW + 2 * DAY)
    assert sorted(counting) == ["wo_1", "wo_2"]  # the window's beginning is not in it
    await freezes.were_for(session, counting, "fz_1")
    assert await freezes.counting(session, FINGERPRINT, NOW - DAY, NOW + 9 * DAY) == [
        "wo_0", "wo_3",
    ]  # fmt: skip


async def test_the_rate_of_each_direction_that_counts_is_the_last_one_known(
    session: AsyncSession,
) -> None:
    for row in (
        rate("er_first", "4.7"),
        rate("er_wrong", "9.9", valid_from=NOW + DAY),
        rate("er_right", "4.9", valid_from=NOW + DAY, recorded_at=NOW + 2 * DAY),
        rate("er_back", "0.2", from_currency="THB", to_currency="CNY"),
    ):
        await exchange_rates.add(session, row)

    async def found(at: datetime, known_at: datetime) -> set[str]:
        rows = await exchange_rates.between(session, "CNY", "THB", at, known_at)
        return {row.exchange_rate_id for row in rows}

    assert await found(NOW, NOW) == {"er_first", "er_back"}
    assert await found(NOW + DAY, NOW + DAY) == {"er_wrong", "er_back"}
    assert await found(NOW + DAY, NOW + 2 * DAY) == {"er_right", "er_back"}
    assert await found(NOW - DAY, NOW) == set()


async def test_a_case_has_a_code_once_and_what_it_gives_back_is_there_again(
    session: AsyncSession,
) -> None:
    await coupons.add_batch(session, batch("cpb_ONCE", quota_per_code=1), ["ONCE"])
    first = use(1, "ONCE", "ca_1")
    assert await coupons.take(session, first)
    assert not await coupons.take(session, use(2, "ONCE", "ca_2"))
    await coupons.give_back(session, first, NOW)
    assert await coupons.take(session, use(3, "ONCE", "ca_1"))
    with pytest.raises(IntegrityError):
        await session.execute(text("UPDATE coupon SET taken = taken + 1"))


async def test_of_fifty_at_once_five_get_what_there_is(database: Database) -> None:
    async with database.transaction() as session:
        await coupons.add_batch(session, batch("cpb_RACE"), ["RACE"])

    async def reserve(number: int) -> bool:
        async with database.transaction() as session:
            return await coupons.take(session, use(number))

    won = await asyncio.gather(*map(reserve, range(50)))
    assert sum(won) == 5
    async with database.transaction() as session:
        kept = await session.execute(
            text("SELECT taken, (SELECT count(*) FROM coupon_use WHERE coupon_code = 'RACE')"
                 " FROM coupon WHERE coupon_code = 'RACE'")
        )  # fmt: skip
        assert kept.one() == (5, 5)
