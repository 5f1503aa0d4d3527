"""`gongdan price-policy coupon`: codes for promotions, and who has used them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any

import typer
from rich.console import RenderableType

from cli.api import part
from cli.output import moment, state, table, tell, text
from cli.pages import everything, first_page
from cli.times import end, instant
from cli.verb import api, noun, verb
from protos.pricing.v1 import policy_pb2

app = noun("coupon", "Coupons 优惠券: codes with quotas, and who has used them.")

_Batch = Annotated[str, typer.Argument(metavar="BATCH", help="cpb_…")]


@verb(app)
def create(
    promotion: Annotated[str, typer.Argument(metavar="PROMOTION", help="Of a price book")],
    codes: Annotated[list[str] | None, typer.Argument(metavar="[CODE…]")] = None,
    count: Annotated[int, typer.Option("--count", help="Make so many codes instead")] = 0,
    quota: Annotated[int, typer.Option(help="How often each code may be used")] = 1,
    each: Annotated[int, typer.Option(help="How often one customer may; 0: no limit")] = 0,
    label: Annotated[str, typer.Option(help="What people call it")] = "",
    start: Annotated[str, typer.Option("--from", help="Since when; now")] = "",
    until: Annotated[str, typer.Option(help="Until when; of a day, its end")] = "",
) -> None:
    """Make coupons of a promotion: these codes, or so many."""
    batch: dict[str, Any] = {
        "promotion_code": promotion,
        "label": label,
        "quota_per_code": quota,
        "limit_per_customer": each,
        **({"valid_from": instant(start).isoformat()} if start else {}),
        **({"valid_until": end(until).isoformat()} if until else {}),
    }
    body = {"batch": batch, "codes": codes or [], "generated_count": count}
    made = api().send("POST", "/coupon-batches", policy_pb2.CouponBatch, body)
    tell(made, lambda batch: _batches([batch]))


@verb(app, "end")
def end_batch(batch: _Batch) -> None:
    """Take no code of a batch any more."""
    ended = api().send("POST", f"/coupon-batches/{part(batch)}/end", policy_pb2.CouponBatch, {})
    tell(ended, lambda batch: _batches([batch]))


@verb(app)
def batches(promotion: Annotated[str, typer.Option(help="Only of this one")] = "") -> None:
    """The batches, the last one first."""
    query = {"promotion_code": promotion}
    found = first_page("/coupon-batches", policy_pb2.ListCouponBatchesResponse, "batches", query)
    tell(found, lambda found: _batches(found.batches))


@verb(app, "list")
def list_codes(
    batch: Annotated[str, typer.Option(help="Only of this batch")] = "",
    code: Annotated[str, typer.Option(help="This one")] = "",
    all_pages: Annotated[bool, typer.Option("--all", help="Every page")] = False,
) -> None:
    """Codes, and how much of each is taken."""
    read = everything if all_pages else first_page
    query = {"batch_id": batch, "coupon_code": code}
    tell(read("/coupons", policy_pb2.ListCouponsResponse, "coupons", query), _codes)


@verb(app)
def uses(
    code: Annotated[str, typer.Option(help="Only of this code")] = "",
    case: Annotated[str, typer.Option(help="Only of this case")] = "",
    customer: Annotated[str, typer.Option(help="Only of this customer")] = "",
) -> None:
    """Who has taken coupons, the last one first."""
    query = {"coupon_code": code, "case_id": case, "customer_id": customer}
    tell(first_page("/coupon-uses", policy_pb2.ListCouponUsesResponse, "uses", query), _uses)


def _batches(batches: Iterable[policy_pb2.CouponBatch]) -> RenderableType:
    rows = table("batch", "promotion", "label", "codes", "quota", "each", "from", "until")
    for batch in batches:
        rows.add_row(
            batch.batch_id,
            text(batch.promotion_code),
            text(batch.label),
            str(batch.code_count),
            str(batch.quota_per_code),
            str(batch.limit_per_customer or "–"),
            moment(batch.valid_from),
            moment(batch.valid_until) or "–",
        )
    return rows


def _codes(found: policy_pb2.ListCouponsResponse) -> RenderableType:
    rows = table("code", "promotion", "taken", "quota", "batch")
    for coupon in found.coupons:
        rows.add_row(
            coupon.coupon_code,
            text(coupon.promotion_code),
            str(coupon.taken),
            str(coupon.quota),
            coupon.batch_id,
        )
    return rows


def _uses(found: policy_pb2.ListCouponUsesResponse) -> RenderableType:
    rows = table("use", "code", "case", "customer", "state", "reserved")
    for use in found.uses:
        rows.add_row(
            use.coupon_use_id,
            use.coupon_code,
            use.case_id,
            use.customer_id,
            state(use),
            moment(use.reserved_at),
        )
    return rows
