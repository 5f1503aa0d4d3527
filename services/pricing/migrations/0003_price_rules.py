"""Rates and named items stand for a span of versions; every other rule is kept as it was said."""

from alembic import op

from kit.db.ddl import forbid_changes

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.execute(
        """
        ALTER TABLE price_book_version
            ADD COLUMN rounding text NOT NULL DEFAULT 'half_up'
                CHECK (rounding IN ('half_up', 'half_even', 'down')),
            ADD COLUMN correction_reason text NOT NULL DEFAULT '',
            DROP CONSTRAINT price_book_version_resolution_order_check,
            DROP CONSTRAINT price_book_version_check,
            -- What was in force changes only by a correction, and that says why.
            ADD CHECK (version = 1 OR effective_from >= published_at OR correction_reason <> '');
        ALTER TABLE price_book_version ALTER COLUMN rounding DROP DEFAULT;

        -- A span of versions, from the first to the last with it; no last: it still stands.
        CREATE FUNCTION only_end_a_span() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF TG_OP = 'UPDATE' AND OLD.last_version IS NULL AND NEW.last_version IS NOT NULL THEN
                OLD.last_version := NEW.last_version;
                IF OLD IS NOT DISTINCT FROM NEW THEN
                    RETURN NEW;
                END IF;
            END IF;
            RAISE EXCEPTION '% of a published version never changes', TG_TABLE_NAME
                USING ERRCODE = 'restrict_violation';
        END $$;

        ALTER TABLE rate RENAME TO rate_before;
        CREATE TABLE rate (
            rate_number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            price_book_code text NOT NULL,
            first_version integer NOT NULL,
            last_version integer CHECK (last_version >= first_version),
            rate_id text NOT NULL,
            item_code text NOT NULL,
            place_code text NOT NULL,
            city_tier text NOT NULL,
            cooperation_mode text NOT NULL,
            customer_level text NOT NULL,
            first_day date,
            last_day date CHECK (last_day >= first_day),
            conditions jsonb NOT NULL CHECK (jsonb_typeof(conditions) = 'object'),
            charge jsonb NOT NULL CHECK (jsonb_typeof(charge) = 'object'),
            list_price_minor bigint NOT NULL CHECK (list_price_minor >= 0),
            settlement_price_minor bigint NOT NULL CHECK (settlement_price_minor >= 0),
            FOREIGN KEY (price_book_code, first_version) REFERENCES price_book_version,
            FOREIGN KEY (price_book_code, last_version) REFERENCES price_book_version
        );
        INSERT INTO rate (price_book_code, first_version, last_version, rate_id, item_code,
                          place_code, city_tier, cooperation_mode, customer_level, conditions,
                          charge, list_price_minor, settlement_price_minor)
            SELECT price_book_code, version, version, rate_id, item_code, place_code, city_tier,
                   cooperation_mode, customer_level, '{}', '{}', list_price_minor,
                   settlement_price_minor
            FROM rate_before ORDER BY price_book_code, version, rate_number;
        DROP TABLE rate_before;
        UPDATE rate SET last_version = NULL
            WHERE (price_book_code, last_version) IN
                (SELECT price_book_code, max(version) FROM price_book_version GROUP BY 1);
        -- No two rates of a version have the same conditions, so none ever ties.
        CREATE UNIQUE INDEX ix_rate_standing ON rate
            (price_book_code, item_code, place_code, city_tier, cooperation_mode, customer_level,
             first_day, last_day, conditions) NULLS NOT DISTINCT
            WHERE last_version IS NULL;
        CREATE UNIQUE INDEX ix_rate_standing_rate_id ON rate (price_book_code, rate_id)
            WHERE last_version IS NULL AND rate_id <> '';
        CREATE INDEX ix_rate_item ON rate (price_book_code, item_code, place_code);
        CREATE TRIGGER rate_span BEFORE UPDATE OR DELETE ON rate
            FOR EACH ROW EXECUTE FUNCTION only_end_a_span();
        CREATE TRIGGER rate_no_truncate BEFORE TRUNCATE ON rate
            FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

        ALTER TABLE priced_item RENAME TO priced_item_before;
        CREATE TABLE priced_item (
            price_book_code text NOT NULL,
            item_code text NOT NULL REFERENCES item,
            first_version integer NOT NULL,
            last_version integer CHECK (last_version >= first_version),
            name text NOT NULL,
            catalogue text NOT NULL,
            unit text NOT NULL,
            PRIMARY KEY (price_book_code, item_code, first_version),
            FOREIGN KEY (price_book_code, first_version) REFERENCES price_book_version,
            FOREIGN KEY (price_book_code, last_version) REFERENCES price_book_version
        );
        INSERT INTO priced_item
            SELECT price_book_code, item_code, version, version, name, catalogue, unit
            FROM priced_item_before;
        DROP TABLE priced_item_before;
        UPDATE priced_item SET last_version = NULL
            WHERE (price_book_code, last_version) IN
                (SELECT price_book_code, max(version) FROM price_book_version GROUP BY 1);
        CREATE UNIQUE INDEX ix_priced_item_standing ON priced_item (price_book_code, item_code)
            WHERE last_version IS NULL;
        CREATE TRIGGER priced_item_span BEFORE UPDATE OR DELETE ON priced_item
            FOR EACH ROW EXECUTE FUNCTION only_end_a_span();
        CREATE TRIGGER priced_item_no_truncate BEFORE TRUNCATE ON priced_item
            FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

        -- Modifiers, promotions, taxes, groups and openings of a version, each as its message.
        CREATE TABLE price_rule (
            price_book_code text NOT NULL,
            version integer NOT NULL,
            rule_kind text NOT NULL
                CHECK (rule_kind IN ('modifier', 'promotion', 'tax', 'group', 'opening')),
            rule_number integer NOT NULL,
            rule_code text NOT NULL CHECK (rule_code <> ''),
            definition jsonb NOT NULL,
            PRIMARY KEY (price_book_code, version, rule_kind, rule_code),
            FOREIGN KEY (price_book_code, version) REFERENCES price_book_version
        );
        INSERT INTO price_rule
            SELECT price_book_code, version, 'modifier', modifier_number, modifier_code,
                jsonb_strip_nulls(jsonb_build_object(
                    'modifier_code', modifier_code,
                    'label', label,
                    'phase', phase,
                    'combine_mode', 'COMBINE_MODE_' || upper(combine_mode),
                    'ratio', nullif(ratio, ''),
                    'amount', CASE WHEN amount_minor IS NOT NULL THEN jsonb_build_object(
                        'currency', currency, 'amount_minor', amount_minor::text) END,
                    'item_codes', CASE WHEN cardinality(item_codes) > 0
                        THEN to_jsonb(item_codes) END,
                    'place_code', nullif(place_code, ''),
                    'automatic', CASE WHEN automatic THEN true END))
            FROM modifier JOIN price_book_version USING (price_book_code, version);
        DROP TABLE modifier;
        """
    )
    forbid_changes("price_rule")
