"""Exchange rates from pricing's events, conversions and exposures on the wire."""

from __future__ import annotations

from datetime import datetime

from kit.money import Money
from kit.rpc.convert import instant_from_proto, instant_to_proto, money_to_proto
from protos.events.v1 import events_pb2
from protos.pricing.v1 import policy_pb2
from protos.settlement.v1 import currency_pb2 as pb
from services.settlement.convert.money import amount
from services.settlement.domain.currency.conversion import BookedLot, Conversion
from services.settlement.domain.ledger.transfers import LedgerAccount
from services.settlement.tables.currency import ConversionRow, KnownExchangeRateRow


def rate_of(event: events_pb2.DomainEvent) -> KnownExchangeRateRow | None:
    """The exchange rate that an event tells of; None: it tells of something else."""
    told = policy_pb2.ExchangeRatePut()
    if not event.payload.Unpack(told):
        return None
    rate = told.exchange_rate
    return KnownExchangeRateRow(
        exchange_rate_id=rate.exchange_rate_id,
        pair_sequence=event.aggregate_sequence,
        from_currency=rate.from_currency,
        to_currency=rate.to_currency,
        ratio=rate.ratio,
        inverse_too=rate.inverse_too,
        valid_from=instant_from_proto(rate.valid_from),
        recorded_at=instant_from_proto(rate.recorded_at),
        source=rate.source,
    )


def preview_to_proto(made: Conversion, owner: LedgerAccount, at: datetime) -> pb.Conversion:
    """A conversion that was only computed, on the wire."""
    return pb.Conversion(
        party_kind=owner.party_kind,
        party_id=owner.party_id,
        converted=money_to_proto(made.converted),
        received=money_to_proto(made.received),
        booked=money_to_proto(made.booked),
        gain=money_to_proto(made.gain),
        exchange_rate_id=made.rate.exchange_rate_id,
        ratio=str(made.rate.ratio),
        rate_valid_from=instant_to_proto(made.rate.valid_from),
        rounding=made.rounding.value,
        lots=[_lot_to_proto(each, made.converted.currency) for each in made.lots],
        converted_at=instant_to_proto(at),
    )


def _lot_to_proto(each: BookedLot, currency: str) -> pb.ConversionLot:
    return pb.ConversionLot(
        amount=amount(each.lot.amount_minor, currency),
        earned_at=instant_to_proto(each.lot.earned_at),
        exchange_rate_id=each.rate.exchange_rate_id,
        ratio=str(each.rate.ratio),
        booked=money_to_proto(each.booked),
    )


def conversion_to_proto(row: ConversionRow) -> pb.Conversion:
    """A recorded conversion on the wire."""
    return pb.Conversion(
        conversion_id=row.conversion_id,
        party_kind=row.party_kind,
        party_id=row.party_id,
        converted=amount(row.from_minor, row.from_currency),
        received=amount(row.to_minor, row.to_currency),
        booked=amount(row.booked_minor, row.to_currency),
        gain=amount(row.gain_minor, row.to_currency),
        exchange_rate_id=row.exchange_rate_id,
        ratio=row.ratio,
        rounding=row.rounding,
        lots=[
            pb.ConversionLot(
                amount=amount(lot["amount_minor"], row.from_currency),
                earned_at=instant_to_proto(datetime.fromisoformat(lot["earned_at"])),
                exchange_rate_id=lot["exchange_rate_id"],
                ratio=lot["ratio"],
                booked=amount(lot["booked_minor"], row.to_currency),
            )
            for lot in row.lots
        ],
        converted_at=instant_to_proto(row.converted_at),
        converted_by_person_id=row.converted_by_person_id,
        reason=row.reason,
    )


def exposure_to_proto(ledger_account: str, owed: Money, made: Conversion | None) -> pb.Exposure:
    """What is owed in another currency; without a rate only that."""
    message = pb.Exposure(ledger_account=ledger_account, balance=money_to_proto(owed))
    if made is not None:
        message.booked.CopyFrom(money_to_proto(made.booked))
        message.now.CopyFrom(money_to_proto(made.received))
        message.unrealised_gain.CopyFrom(money_to_proto(made.gain))
        message.exchange_rate_id = made.rate.exchange_rate_id
        message.ratio = str(made.rate.ratio)
    return message
