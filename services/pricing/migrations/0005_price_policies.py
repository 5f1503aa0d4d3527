"""What holds beside the price books: price modes, freezes, coupons, exchange rates, region policies."""

from alembic import op

from kit.db.ddl import forbid_changes

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.execute(
        """
        CREATE TABLE price_mode (
            mode_code text PRIMARY KEY CHECK (mode_code ~ '^[a-z][a-z0-9_]{0,39}$'),
            label text NOT NULL CHECK (label <> '')
        );
        INSERT INTO price_mode VALUES ('daily', '日常'), ('promotion_season', '大促');

        -- What was said never changes; it may be ended, once.
        CREATE FUNCTION only_end_a_policy() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF TG_OP = 'UPDATE' AND OLD.ended_at IS NULL AND NEW.ended_at IS NOT NULL THEN
                OLD.ended_at := NEW.ended_at;
                OLD.ended_by_person_id := NEW.ended_by_person_id;
                OLD.end_reason := NEW.end_reason;
                IF OLD IS NOT DISTINCT FROM NEW THEN
                    RETURN NEW;
                END IF;
            END IF;
            RAISE EXCEPTION 'a % is ended once, and never changed', TG_TABLE_NAME
                USING ERRCODE = 'restrict_violation';
        END $$;

        -- Empty columns of the scope are everybody's.
        CREATE TABLE price_mode_switch (
            switch_id text PRIMARY KEY,
            mode_code text NOT NULL REFERENCES price_mode,
            place_code text NOT NULL,
            sales_channel text NOT NULL,
            cooperation_mode text NOT NULL,
            begins_at timestamptz NOT NULL,
            ends_at timestamptz CHECK (ends_at > begins_at),
            reason text NOT NULL CHECK (reason <> ''),
            recorded_at timestamptz NOT NULL CHECK (begins_at >= recorded_at),
            recorded_by_person_id text NOT NULL CHECK (recorded_by_person_id <> ''),
            ended_at timestamptz CHECK (ended_at >= recorded_at),
            ended_by_person_id text NOT NULL,
            end_reason text NOT NULL,
            CHECK ((ended_at IS NULL) = (ended_by_person_id = ''))
        );
        CREATE INDEX ix_price_mode_switch_place ON price_mode_switch (place_code, begins_at);
        CREATE TRIGGER price_mode_switch_ends BEFORE UPDATE OR DELETE ON price_mode_switch
            FOR EACH ROW EXECUTE FUNCTION only_end_a_policy();

        CREATE TABLE protection_policy (
            version integer PRIMARY KEY CHECK (version >= 1),
            cancellation_count integer NOT NULL CHECK (cancellation_count >= 0),
            within_days integer NOT NULL CHECK (within_days >= 1),
            freeze_days integer NOT NULL CHECK (freeze_days >= 1),
            reach text NOT NULL CHECK (reach IN ('district', 'city', 'province')),
            put_at timestamptz NOT NULL,
            put_by_person_id text NOT NULL CHECK (put_by_person_id <> '')
        );
        INSERT INTO protection_policy VALUES (1, 3, 30, 7, 'district', now(), 'system');

        CREATE TABLE policy_freeze (
            freeze_id text PRIMARY KEY,
            place_code text NOT NULL CHECK (place_code <> ''),
            reason text NOT NULL CHECK (reason <> ''),
            begins_at timestamptz NOT NULL,
            ends_at timestamptz NOT NULL CHECK (ends_at > begins_at),
            recorded_at timestamptz NOT NULL CHECK (begins_at = recorded_at),
            recorded_by_person_id text NOT NULL CHECK (recorded_by_person_id <> ''),
            protection_policy_version integer REFERENCES protection_policy,
            ended_at timestamptz CHECK (ended_at BETWEEN begins_at AND ends_at),
            ended_by_person_id text NOT NULL,
            end_reason text NOT NULL,
            CHECK ((ended_at IS NULL) = (ended_by_person_id = ''))
        );
        CREATE INDEX ix_policy_freeze_place ON policy_freeze (place_code, ends_at);
        CREATE TRIGGER policy_freeze_ends BEFORE UPDATE OR DELETE ON policy_freeze
            FOR EACH ROW EXECUTE FUNCTION only_end_a_policy();

        -- Of the work orders that were cancelled: never where, only whether it was the same address.
        -- Those that a freeze was for count for no other.
        CREATE TABLE cancellation (
            work_order_id text PRIMARY KEY,
            event_id text NOT NULL UNIQUE,
            address_fingerprint text NOT NULL CHECK (address_fingerprint ~ '^[0-9a-f]{64}$'),
            cancelled_at timestamptz NOT NULL,
            freeze_id text REFERENCES policy_freeze
        );
        CREATE INDEX ix_cancellation_counting ON cancellation (address_fingerprint, cancelled_at)
            WHERE freeze_id IS NULL;

        CREATE TABLE coupon_batch (
            batch_id text PRIMARY KEY,
            promotion_code text NOT NULL CHECK (promotion_code <> ''),
            label text NOT NULL,
            quota_per_code integer NOT NULL CHECK (quota_per_code >= 1),
            limit_per_customer integer NOT NULL CHECK (limit_per_customer >= 0),
            valid_from timestamptz NOT NULL,
            valid_until timestamptz CHECK (valid_until >= valid_from),
            code_count integer NOT NULL CHECK (code_count >= 1),
            created_at timestamptz NOT NULL,
            created_by_person_id text NOT NULL CHECK (created_by_person_id <> '')
        );
        CREATE INDEX ix_coupon_batch_promotion ON coupon_batch (promotion_code, batch_id);

        CREATE TABLE coupon (
            coupon_code text PRIMARY KEY CHECK (coupon_code ~ '^[A-Z0-9]{4,32}$'),
            batch_id text NOT NULL REFERENCES coupon_batch,
            quota integer NOT NULL,
            taken integer NOT NULL DEFAULT 0,
            CONSTRAINT coupon_within_quota CHECK (taken BETWEEN 0 AND quota)
        );
        CREATE INDEX ix_coupon_batch ON coupon (batch_id, coupon_code);

        CREATE TABLE coupon_use (
            coupon_use_id text PRIMARY KEY,
            coupon_code text NOT NULL REFERENCES coupon,
            batch_id text NOT NULL REFERENCES coupon_batch,
            promotion_code text NOT NULL,
            case_id text NOT NULL CHECK (case_id <> ''),
            customer_id text NOT NULL CHECK (customer_id <> ''),
            reserved_at timestamptz NOT NULL,
            redeemed_at timestamptz,
            released_at timestamptz
        );
        -- A case has a code once.
        CREATE UNIQUE INDEX ix_coupon_use_of_case ON coupon_use (case_id, coupon_code)
            WHERE released_at IS NULL;
        CREATE INDEX ix_coupon_use_of_customer ON coupon_use (batch_id, customer_id)
            WHERE released_at IS NULL;
        CREATE INDEX ix_coupon_use_of_code ON coupon_use (coupon_code, coupon_use_id);

        CREATE TABLE exchange_rate (
            rate_number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            exchange_rate_id text NOT NULL UNIQUE,
            from_currency text NOT NULL,
            to_currency text NOT NULL CHECK (to_currency <> from_currency),
            ratio text NOT NULL CHECK (ratio ~ '^[0-9]{1,9}([.][0-9]{1,9})?$'
                AND ratio::numeric > 0),
            valid_from timestamptz NOT NULL,
            source text NOT NULL CHECK (source <> ''),
            inverse_too boolean NOT NULL,
            recorded_at timestamptz NOT NULL,
            recorded_by_person_id text NOT NULL CHECK (recorded_by_person_id <> '')
        );
        CREATE INDEX ix_exchange_rate_pair
            ON exchange_rate (from_currency, to_currency, valid_from DESC, rate_number DESC);

        CREATE TABLE region_policy (
            policy_number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            region_policy_id text NOT NULL UNIQUE,
            place_code text NOT NULL CHECK (place_code <> ''),
            effective_from timestamptz NOT NULL,
            settlement_cycle text NOT NULL CHECK (settlement_cycle IN
                ('per_work_order', 'weekly', 'half_monthly', 'monthly', 'quarterly')),
            discount_note text NOT NULL,
            put_at timestamptz NOT NULL,
            put_by_person_id text NOT NULL CHECK (put_by_person_id <> '')
        );
        CREATE INDEX ix_region_policy_place
            ON region_policy (place_code, effective_from DESC, policy_number DESC);
        """
    )
    for table in ("protection_policy", "exchange_rate", "region_policy"):
        forbid_changes(table)
