"""Items of both libraries, immutable price book versions, stored quotes."""

from alembic import op

from kit.db.ddl import create_kit_tables, forbid_changes

revision = "0001"
down_revision = None


def upgrade() -> None:
    create_kit_tables()
    op.execute(
        """
        CREATE TABLE item (
            item_code text PRIMARY KEY CHECK (item_code <> ''),
            catalogue text NOT NULL CHECK (catalogue IN ('project_library', 'spare_part_library')),
            name text NOT NULL CHECK (name <> ''),
            unit text NOT NULL
        );

        -- Versions are dense: each but the first stands on the one before it.
        CREATE TABLE price_book_version (
            price_book_code text NOT NULL,
            version integer NOT NULL CHECK (version >= 1),
            version_before integer GENERATED ALWAYS AS (nullif(version - 1, 0)) STORED,
            content_hash text NOT NULL CHECK (length(content_hash) = 64),
            currency text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
            effective_from timestamptz NOT NULL,
            resolution_order text[] NOT NULL CHECK (cardinality(resolution_order) = 4),
            phases text[] NOT NULL,
            published_at timestamptz NOT NULL,
            published_by_person_id text NOT NULL CHECK (published_by_person_id <> ''),
            PRIMARY KEY (price_book_code, version),
            FOREIGN KEY (price_book_code, version_before) REFERENCES price_book_version,
            -- What was in force never changes; before the first version nothing was.
            CHECK (version = 1 OR effective_from >= published_at)
        );
        CREATE INDEX ix_price_book_version_in_force
            ON price_book_version (price_book_code, effective_from DESC, version DESC);

        -- The items as the version names them, so that a quote can be computed again as it was.
        CREATE TABLE priced_item (
            price_book_code text NOT NULL,
            version integer NOT NULL,
            item_code text NOT NULL REFERENCES item,
            name text NOT NULL,
            catalogue text NOT NULL,
            unit text NOT NULL,
            PRIMARY KEY (price_book_code, version, item_code),
            FOREIGN KEY (price_book_code, version) REFERENCES price_book_version
        );

        -- No two rates of a version have the same conditions, so none ever ties.
        CREATE TABLE rate (
            price_book_code text NOT NULL,
            version integer NOT NULL,
            rate_id text NOT NULL CHECK (rate_id <> ''),
            rate_number integer NOT NULL,
            item_code text NOT NULL,
            place_code text NOT NULL,
            city_tier text NOT NULL,
            cooperation_mode text NOT NULL,
            customer_level text NOT NULL,
            list_price_minor bigint NOT NULL CHECK (list_price_minor >= 0),
            settlement_price_minor bigint NOT NULL CHECK (settlement_price_minor >= 0),
            PRIMARY KEY (price_book_code, version, rate_id),
            UNIQUE (price_book_code, version, item_code, place_code, city_tier, cooperation_mode,
                    customer_level),
            FOREIGN KEY (price_book_code, version, item_code) REFERENCES priced_item
        );

        CREATE TABLE modifier (
            price_book_code text NOT NULL,
            version integer NOT NULL,
            modifier_code text NOT NULL CHECK (modifier_code <> ''),
            modifier_number integer NOT NULL,
            label text NOT NULL CHECK (label <> ''),
            phase text NOT NULL,
            combine_mode text NOT NULL
                CHECK (combine_mode IN ('multiply', 'add_ratio_of_base', 'add_amount')),
            ratio text NOT NULL,
            amount_minor bigint CHECK (amount_minor >= 0),
            item_codes text[] NOT NULL,
            place_code text NOT NULL,
            automatic boolean NOT NULL,
            PRIMARY KEY (price_book_code, version, modifier_code),
            FOREIGN KEY (price_book_code, version) REFERENCES price_book_version,
            CHECK ((combine_mode = 'add_amount') = (amount_minor IS NOT NULL)),
            CHECK ((combine_mode = 'add_amount') = (ratio = ''))
        );

        -- facts and result are canonical JSON: the same quote computed again is the same text.
        CREATE TABLE quote (
            quote_id text PRIMARY KEY,
            case_id text NOT NULL,
            price_book_code text NOT NULL,
            price_book_version integer NOT NULL,
            evaluator_version integer NOT NULL,
            currency text NOT NULL,
            total_minor bigint NOT NULL,
            settlement_total_minor bigint NOT NULL,
            facts text NOT NULL,
            result text NOT NULL,
            quoted_at timestamptz NOT NULL,
            quoted_by_person_id text NOT NULL CHECK (quoted_by_person_id <> ''),
            FOREIGN KEY (price_book_code, price_book_version)
                REFERENCES price_book_version (price_book_code, version)
        );
        CREATE INDEX ix_quote_case_id ON quote (case_id, quote_id);
        """
    )
    for table in ("price_book_version", "priced_item", "rate", "modifier", "quote"):
        forbid_changes(table)
