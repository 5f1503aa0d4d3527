"""Items in trees and variants, with the company's own fields, pictures, revisions and retirement."""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.execute(
        """
        -- Keys between items are checked when the transaction ends, for an import may name an item
        -- before the row that makes it.
        ALTER TABLE item
            ADD COLUMN parent_item_code text,
            ADD COLUMN variant_of_item_code text,
            ADD COLUMN variant_options jsonb NOT NULL DEFAULT '{}'
                CHECK (jsonb_typeof(variant_options) = 'object'),
            ADD COLUMN fields jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(fields) = 'object'),
            ADD COLUMN pictures text[] NOT NULL DEFAULT '{}',
            ADD COLUMN description text NOT NULL DEFAULT '',
            ADD COLUMN brand text NOT NULL DEFAULT '',
            ADD COLUMN model text NOT NULL DEFAULT '',
            ADD COLUMN spec text NOT NULL DEFAULT '',
            ADD COLUMN revision integer NOT NULL DEFAULT 1 CHECK (revision >= 1),
            ADD COLUMN retired_at timestamptz,
            -- A variant is a variant of an item that is none itself.
            ADD COLUMN is_base boolean NOT NULL
                GENERATED ALWAYS AS (variant_of_item_code IS NULL) STORED,
            ADD COLUMN of_base boolean
                GENERATED ALWAYS AS (nullif(variant_of_item_code IS NOT NULL, false)) STORED,
            ADD UNIQUE (catalogue, item_code),
            ADD UNIQUE (catalogue, item_code, is_base),
            ADD CONSTRAINT item_parent_in_catalogue FOREIGN KEY (catalogue, parent_item_code)
                REFERENCES item (catalogue, item_code) DEFERRABLE INITIALLY DEFERRED,
            ADD CONSTRAINT item_variant_of_base
                FOREIGN KEY (catalogue, variant_of_item_code, of_base)
                REFERENCES item (catalogue, item_code, is_base) DEFERRABLE INITIALLY DEFERRED,
            ADD CONSTRAINT item_variant_options_unique
                UNIQUE (variant_of_item_code, variant_options) DEFERRABLE INITIALLY DEFERRED,
            ADD CHECK ((variant_of_item_code IS NULL) = (variant_options = '{}'));
        ALTER TABLE item
            ALTER COLUMN variant_options DROP DEFAULT, ALTER COLUMN fields DROP DEFAULT,
            ALTER COLUMN pictures DROP DEFAULT, ALTER COLUMN description DROP DEFAULT,
            ALTER COLUMN brand DROP DEFAULT, ALTER COLUMN model DROP DEFAULT,
            ALTER COLUMN spec DROP DEFAULT, ALTER COLUMN revision DROP DEFAULT;
        CREATE INDEX ix_item_parent ON item (parent_item_code, item_code);

        -- Nothing stands below itself, whoever writes: two moves, each sound, could make a loop
        -- together, so one waits for the other.
        CREATE FUNCTION refuse_item_loop() RETURNS trigger LANGUAGE plpgsql
            SET search_path FROM CURRENT AS $$
        BEGIN
            PERFORM pg_advisory_xact_lock(hashtextextended('pricing library', 0));
            IF EXISTS (
                WITH RECURSIVE above AS (
                    SELECT NEW.parent_item_code AS item_code
                    UNION
                    SELECT item.parent_item_code FROM item JOIN above USING (item_code)
                )
                SELECT FROM above WHERE item_code = NEW.item_code
            ) THEN
                RAISE EXCEPTION 'item % would stand below itself', NEW.item_code
                    USING ERRCODE = 'check_violation', CONSTRAINT = 'item_no_loop';
            END IF;
            RETURN NULL;
        END $$;
        CREATE CONSTRAINT TRIGGER item_no_loop
            AFTER INSERT OR UPDATE OF parent_item_code ON item
            DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
            WHEN (NEW.parent_item_code IS NOT NULL) EXECUTE FUNCTION refuse_item_loop();

        -- What quotes and price books name stays: an item is retired, never deleted.
        CREATE FUNCTION refuse_item_deletion() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION 'an item is retired, never deleted'
                USING ERRCODE = 'restrict_violation';
        END $$;
        CREATE TRIGGER item_never_deleted BEFORE DELETE ON item
            FOR EACH ROW EXECUTE FUNCTION refuse_item_deletion();

        CREATE TABLE item_field (
            catalogue text NOT NULL CHECK (catalogue IN ('project_library', 'spare_part_library')),
            field_code text NOT NULL CHECK (field_code ~ '^[a-z][a-z0-9_]{0,39}$'),
            label text NOT NULL CHECK (label <> ''),
            kind text NOT NULL CHECK (kind IN ('text', 'number', 'flag', 'choice', 'date')),
            choices text[] NOT NULL,
            required boolean NOT NULL,
            revision integer NOT NULL CHECK (revision >= 1),
            PRIMARY KEY (catalogue, field_code),
            UNIQUE (catalogue, label),
            CHECK ((kind = 'choice') = (cardinality(choices) > 0))
        );
        """
    )
