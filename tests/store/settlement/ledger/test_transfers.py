"""Documents are held, posted, resolved and undone; accounts are opened on the way."""

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from kit.errors import AlreadyExists, FailedPrecondition
from services.settlement.domain.ledger.transfers import CLEARING, Balance, TransferState
from services.settlement.store.ledger.balances import balance, balance_as_of
from services.settlement.store.ledger.lists import WantedTransfers, transfers
from services.settlement.store.ledger.periods import close, closed_before, watermark
from services.settlement.store.ledger.transfers import hold, post, resolve, reverse
from services.settlement.store.ledger.verify import check
from tests.store.settlement.ledger.words import CASH, DEBT, LI, ZHANG, day, document, moves


async def test_what_is_posted_at_once_was_never_pending(session: AsyncSession) -> None:
    await post(session, document(), [moves()], day(0))
    assert await balance(session, ZHANG, "CNY") == Balance(100_00)
    assert await balance(session, CLEARING, "CNY") == Balance(-100_00)


async def test_a_held_document_is_resolved_leg_by_leg(session: AsyncSession) -> None:
    await hold(session, document(), [moves(), moves(40_00, credit=LI, leg="second")], day(0))
    assert (await balance(session, ZHANG, "CNY")).pending_minor == 100_00
    await resolve(session, document(), TransferState.POSTED, day(1), legs=["second"])
    assert await balance(session, LI, "CNY") == Balance(40_00)
    await resolve(session, document(), TransferState.VOIDED, day(2))
    assert await balance(session, ZHANG, "CNY") == Balance()
    assert await resolve(session, document(), TransferState.POSTED, day(3)) == []
    with pytest.raises(FailedPrecondition, match="no pending transfer of second") as refused:
        await resolve(session, document(), TransferState.POSTED, day(3), legs=["second"])
    assert refused.value.reason == "SETTLEMENT_LEG_NOT_OPEN"


async def test_a_reversal_restores_every_balance_once(session: AsyncSession) -> None:
    await post(session, document(), [moves(), moves(40_00, credit=LI, leg="second")], day(0))
    assert len(await reverse(session, document(), day(1), legs=["second"], memo="退款")) == 1
    assert await balance(session, LI, "CNY") == Balance()
    assert len(await reverse(session, document(), day(2))) == 1
    assert await balance(session, ZHANG, "CNY") == Balance()
    assert await reverse(session, document(), day(3)) == []
    listed = await transfers(session, WantedTransfers(document_id=document().id), "0", 10)
    assert [(t.transfer.transfer_kind, t.credit_ledger_account) for t in listed[2:]] == [
        ("reversal", "platform:clearing"),
        ("reversal", "platform:clearing"),
    ]


async def test_nobody_gives_more_than_they_have_but_accounts_that_are_negative_by_nature(
    session: AsyncSession,
) -> None:
    await post(session, document(1), [moves(debit=CASH, credit=CLEARING)], day(0))
    await post(session, document(2), [moves(debit=DEBT, credit=CLEARING)], day(0))
    assert (await balance(session, CASH, "CNY")).posted_minor == -100_00
    await post(session, document(3), [moves(100_00)], day(0))
    with pytest.raises(FailedPrecondition) as refused:
        await hold(session, document(4), [moves(100_01, debit=ZHANG, credit=LI)], day(0))
    assert refused.value.reason == "SETTLEMENT_ACCOUNT_OVERDRAWN"


async def test_a_leg_of_a_document_is_recorded_once(session: AsyncSession) -> None:
    await post(session, document(), [moves()], day(0))
    with pytest.raises(AlreadyExists) as refused:
        await post(session, document(), [moves(1)], day(0))
    assert refused.value.reason == "SETTLEMENT_TRANSFER_EXISTS"


async def test_a_posting_is_recorded_no_earlier_than_the_one_before(session: AsyncSession) -> None:
    await post(session, document(1), [moves()], day(2))
    await post(session, document(2), [moves()], day(1))
    listed = await transfers(session, WantedTransfers(document_id=document(2).id), "0", 1)
    assert listed[0].transfer.recorded_at == day(2)
    assert listed[0].transfer.effective_at == day(1)


async def test_a_balance_is_as_of_a_date_and_as_known_on_a_date(session: AsyncSession) -> None:
    await post(session, document(1), [moves(1)], day(1))
    await post(session, document(2), [moves(10, effective_at=day(1))], day(5))
    await hold(session, document(3), [moves(100)], day(6))
    await resolve(session, document(3), TransferState.POSTED, day(8))

    async def found(effective: float | None, known: float | None) -> tuple[int, int]:
        instants = [None if at is None else day(at) for at in (effective, known)]
        held = await balance_as_of(session, ZHANG, "CNY", *instants)
        return held.posted_minor, held.pending_minor

    assert await found(None, None) == (111, 0)
    assert await found(1, None) == (0, 0)  # before means before
    assert await found(2, None) == (11, 0)
    assert await found(2, 4) == (1, 0)  # what came late was not known then
    assert await found(7, None) == (11, 100)
    assert await found(None, 7) == (11, 100)
    assert await found(None, 0.5) == (0, 0)


async def test_nothing_is_effective_in_a_closed_period(session: AsyncSession) -> None:
    await post(session, document(1), [moves()], day(1))
    await hold(session, document(2), [moves()], day(2))
    await close(session, [ZHANG], "CNY", day(10), await watermark(session, day(11)), day(11))
    assert await closed_before(session, ZHANG, "CNY") == day(10)
    assert await closed_before(session, LI, "CNY") is None
    await post(session, document(3), [moves(credit=LI, effective_at=day(9))], day(12))
    await resolve(session, document(2), TransferState.POSTED, day(12))
    with pytest.raises(FailedPrecondition) as refused:
        await post(session, document(4), [moves(effective_at=day(9.9))], day(12))
    assert refused.value.reason == "SETTLEMENT_PERIOD_CLOSED"


async def test_periods_are_closed_in_their_order(session: AsyncSession) -> None:
    await post(session, document(1), [moves()], day(1))
    mark = await watermark(session, day(11))
    await close(session, [ZHANG], "CNY", day(10), mark, day(11))
    with pytest.raises(FailedPrecondition) as refused:
        await close(session, [ZHANG], "CNY", day(10), mark, day(11))
    assert refused.value.reason == "SETTLEMENT_PERIOD_ORDER"


async def test_the_ledger_is_sound_after_all_of_it(session: AsyncSession) -> None:
    await hold(session, document(1), [moves(), moves(40_00, credit=LI, leg="second")], day(0))
    await resolve(session, document(1), TransferState.POSTED, day(1), legs=["second"])
    await reverse(session, document(1), day(1))
    await post(session, document(2), [moves(currency="THB", debit=DEBT)], day(2))
    found = await check(session)
    assert (found.findings, found.transfer_count) == ((), 5)
