"""Coupons: made in batches, taken by cases."""

from __future__ import annotations

from kit.authn import current_actor
from kit.clock import Clock
from kit.db.session import current_session
from kit.ids import new_id
from kit.rpc.convert import page_info, page_size
from kit.rpc.events import record
from protos.pricing.v1 import policy_pb2 as pb
from protos.pricing.v1.policy_pb2_grpc import PolicyServiceServicer
from services.pricing.convert.policies import (
    batch_from_proto,
    batch_to_proto,
    coupon_from_rows,
    coupon_to_proto,
    use_to_proto,
)
from services.pricing.domain.policies.coupons import (
    check_batch,
    check_customer,
    check_holder,
    check_redeemable,
    check_usable,
    exhausted,
    settled_code,
    unknown,
    wanted_codes,
)
from services.pricing.servicer.base import KEEPS_PRICES, QUOTES, Context, page_start
from services.pricing.store import coupons
from services.pricing.tables import CouponBatchRow, CouponUseRow


class CouponRpcs(PolicyServiceServicer):
    """Batches of codes, and what cases take of their quotas."""

    _clock: Clock

    async def CreateCouponBatch(
        self, request: pb.CreateCouponBatchRequest, context: Context
    ) -> pb.CouponBatch:
        actor, session, now = current_actor(), current_session(), self._clock.now()
        actor.require_role(*KEEPS_PRICES)
        batch = batch_from_proto(request.batch, now)
        check_batch(batch)
        codes = wanted_codes(request.codes, request.generated_count)
        row = CouponBatchRow(
            batch_id=new_id("cpb", now),
            promotion_code=batch.promotion_code,
            label=request.batch.label.strip(),
            quota_per_code=batch.quota_per_code,
            limit_per_customer=batch.limit_per_customer,
            valid_from=batch.valid_from,
            valid_until=batch.valid_until,
            code_count=len(codes),
            created_at=now,
            created_by_person_id=actor.person_id,
        )
        await coupons.add_batch(session, row, codes)
        return await self._batch_put(row)

    async def EndCouponBatch(
        self, request: pb.EndCouponBatchRequest, context: Context
    ) -> pb.CouponBatch:
        current_actor().require_role(*KEEPS_PRICES)
        row = await coupons.locked_batch(current_session(), request.batch_id)
        now = self._clock.now()
        if row.valid_until is None or row.valid_until > now:
            row.valid_until = max(now, row.valid_from)
            await current_session().flush()
        return await self._batch_put(row)

    async def ListCouponBatches(
        self, request: pb.ListCouponBatchesRequest, context: Context
    ) -> pb.ListCouponBatchesResponse:
        current_actor().require_role(*QUOTES)
        size, before = page_size(request.page), page_start(request.page)
        rows = await coupons.batches(current_session(), request.promotion_code, before, size + 1)
        return pb.ListCouponBatchesResponse(
            batches=[batch_to_proto(row) for row in rows[:size]],
            page=page_info([row.batch_id for row in rows], size),
        )

    async def ListCoupons(
        self, request: pb.ListCouponsRequest, context: Context
    ) -> pb.ListCouponsResponse:
        current_actor().require_role(*KEEPS_PRICES)
        size, after = page_size(request.page), page_start(request.page)
        code = settled_code(request.coupon_code)
        rows = await coupons.page(current_session(), request.batch_id, code, after, size + 1)
        return pb.ListCouponsResponse(
            coupons=[coupon_to_proto(*row) for row in rows[:size]],
            page=page_info([row.coupon.coupon_code for row in rows], size),
        )

    async def ReserveCoupon(
        self, request: pb.ReserveCouponRequest, context: Context
    ) -> pb.CouponUse:
        current_actor().require_role(*QUOTES)
        check_holder(request.case_id, request.customer_id)
        session, now, written = current_session(), self._clock.now(), request.coupon_code
        code = settled_code(written)
        held = await coupons.use_of_case(session, request.case_id, code)
        if held is not None:
            return use_to_proto(held)
        found = (await coupons.by_code(session, [code])).get(code)
        if found is None:
            raise unknown(written, "coupon_code")
        check_usable(coupon_from_rows(*found), written, now, "coupon_code")
        batch = found.batch
        if batch.limit_per_customer:
            used = await coupons.count_of_customer(session, batch.batch_id, request.customer_id)
            check_customer(used, batch.limit_per_customer, written)
        row = CouponUseRow(
            coupon_use_id=new_id("cpu", now),
            coupon_code=code,
            batch_id=batch.batch_id,
            promotion_code=batch.promotion_code,
            case_id=request.case_id,
            customer_id=request.customer_id,
            reserved_at=now,
        )
        if not await coupons.take(session, row):
            raise exhausted(written, "coupon_code")
        return await self._changed(row)

    async def RedeemCoupon(self, request: pb.RedeemCouponRequest, context: Context) -> pb.CouponUse:
        current_actor().require_role(*QUOTES)
        row = await coupons.locked_use(current_session(), request.coupon_use_id)
        check_redeemable(row.released_at)
        if row.redeemed_at is not None:
            return use_to_proto(row)
        row.redeemed_at = self._clock.now()
        await current_session().flush()
        return await self._changed(row)

    async def ReleaseCoupon(
        self, request: pb.ReleaseCouponRequest, context: Context
    ) -> pb.CouponUse:
        current_actor().require_role(*QUOTES)
        row = await coupons.locked_use(current_session(), request.coupon_use_id)
        if row.released_at is not None:
            return use_to_proto(row)
        await coupons.give_back(current_session(), row, self._clock.now())
        return await self._changed(row)

    async def ListCouponUses(
        self, request: pb.ListCouponUsesRequest, context: Context
    ) -> pb.ListCouponUsesResponse:
        current_actor().require_role(*QUOTES)
        size = page_size(request.page)
        wanted = {
            "coupon_code": settled_code(request.coupon_code),
            "case_id": request.case_id,
            "customer_id": request.customer_id,
        }
        rows = await coupons.uses(current_session(), wanted, page_start(request.page), size + 1)
        return pb.ListCouponUsesResponse(
            uses=[use_to_proto(row) for row in rows[:size]],
            page=page_info([row.coupon_use_id for row in rows], size),
        )

    async def _batch_put(self, row: CouponBatchRow) -> pb.CouponBatch:
        batch = batch_to_proto(row)
        await record(
            pb.CouponBatchPut(batch=batch),
            aggregate=("coupon_batch", row.batch_id),
            occurred_at=self._clock.now(),
        )
        return batch

    async def _changed(self, row: CouponUseRow) -> pb.CouponUse:
        use = use_to_proto(row)
        await record(
            pb.CouponUseChanged(coupon_use=use),
            aggregate=("coupon_use", row.coupon_use_id),
            occurred_at=self._clock.now(),
            case_id=row.case_id,
        )
        return use
