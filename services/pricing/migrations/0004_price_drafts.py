"""Drafts of price books, four eyes on what is published, and who may price locally."""

from alembic import op

from kit.db.ddl import forbid_changes

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.execute(
        """
        CREATE TABLE price_draft (
            draft_id text PRIMARY KEY,
            price_book_code text NOT NULL CHECK (price_book_code <> ''),
            title text NOT NULL,
            base_price_book_code text,
            base_version integer,
            draft_state text NOT NULL CHECK (draft_state IN
                ('editing', 'in_review', 'approved', 'published', 'discarded')),
            revision integer NOT NULL,
            created_at timestamptz NOT NULL,
            created_by_person_id text NOT NULL CHECK (created_by_person_id <> ''),
            submitted_at timestamptz,
            submitted_by_person_id text NOT NULL,
            submitted_hash text NOT NULL,
            reviewed_at timestamptz,
            reviewed_by_person_id text NOT NULL,
            review_comment text NOT NULL,
            approved_hash text NOT NULL,
            published_version integer,
            FOREIGN KEY (base_price_book_code, base_version) REFERENCES price_book_version,
            CHECK ((base_price_book_code IS NULL) = (base_version IS NULL)),
            CHECK (draft_state NOT IN ('in_review', 'approved', 'published')
                OR submitted_by_person_id <> ''),
            -- Approved is what was submitted, and by somebody else.
            CHECK (draft_state NOT IN ('approved', 'published')
                OR (approved_hash <> '' AND approved_hash = submitted_hash)),
            CHECK (draft_state NOT IN ('approved', 'published')
                OR (reviewed_by_person_id <> ''
                    AND reviewed_by_person_id <> submitted_by_person_id))
        );
        CREATE INDEX ix_price_draft_book ON price_draft (price_book_code, draft_id);

        -- One call of somebody who edits; undone ones can be redone until the next edit.
        CREATE TABLE price_draft_edit (
            draft_id text NOT NULL REFERENCES price_draft,
            edit_number integer NOT NULL CHECK (edit_number >= 1),
            edit_state text NOT NULL CHECK (edit_state IN ('done', 'undone', 'dropped')),
            origin text NOT NULL CHECK (origin IN
                ('edited', 'imported', 'founded', 'rolled_back', 'rebased')),
            edited_at timestamptz NOT NULL,
            edited_by_person_id text NOT NULL CHECK (edited_by_person_id <> ''),
            PRIMARY KEY (draft_id, edit_number)
        );

        -- What it does to one rule each: as the base has it, and as the draft has it from then on.
        CREATE TABLE price_draft_change (
            draft_id text NOT NULL,
            edit_number integer NOT NULL,
            change_number integer NOT NULL,
            rule_kind text NOT NULL CHECK (rule_kind IN
                ('head', 'rate', 'modifier', 'promotion', 'tax', 'group', 'opening')),
            rule_code text NOT NULL,
            before jsonb,
            after jsonb,
            rate_number bigint,
            beyond_band boolean NOT NULL,
            PRIMARY KEY (draft_id, edit_number, change_number),
            UNIQUE (draft_id, edit_number, rule_kind, rule_code),
            FOREIGN KEY (draft_id, edit_number) REFERENCES price_draft_edit
        );
        CREATE INDEX ix_price_draft_change_rule
            ON price_draft_change (draft_id, rule_kind, rule_code, edit_number DESC);

        CREATE FUNCTION keep_a_submitted_draft() RETURNS trigger LANGUAGE plpgsql
            SET search_path FROM CURRENT AS $$
        BEGIN
            IF (SELECT draft_state FROM price_draft WHERE draft_id = NEW.draft_id) <> 'editing' THEN
                RAISE EXCEPTION 'draft % is not being edited', NEW.draft_id
                    USING ERRCODE = 'restrict_violation';
            END IF;
            RETURN NEW;
        END $$;
        CREATE TRIGGER price_draft_edit_open BEFORE INSERT OR UPDATE ON price_draft_edit
            FOR EACH ROW EXECUTE FUNCTION keep_a_submitted_draft();

        CREATE FUNCTION four_eyes() RETURNS trigger LANGUAGE plpgsql
            SET search_path FROM CURRENT AS $$
        BEGIN
            IF NEW.draft_state = 'approved' AND (NEW.reviewed_by_person_id = NEW.created_by_person_id
                OR EXISTS (SELECT FROM price_draft_edit
                    WHERE draft_id = NEW.draft_id
                        AND edited_by_person_id = NEW.reviewed_by_person_id)) THEN
                RAISE EXCEPTION 'draft % is approved by somebody who edited it', NEW.draft_id
                    USING ERRCODE = 'restrict_violation';
            END IF;
            RETURN NEW;
        END $$;
        CREATE TRIGGER price_draft_four_eyes BEFORE INSERT OR UPDATE ON price_draft
            FOR EACH ROW EXECUTE FUNCTION four_eyes();

        ALTER TABLE price_book_version
            ADD COLUMN draft_id text REFERENCES price_draft,
            ADD UNIQUE (draft_id);

        -- A book may be founded without a draft; whatever follows was approved as it is published.
        CREATE FUNCTION publish_what_was_approved() RETURNS trigger LANGUAGE plpgsql
            SET search_path FROM CURRENT AS $$
        BEGIN
            IF NEW.draft_id IS NULL AND NEW.version = 1 THEN
                RETURN NEW;
            END IF;
            IF NOT EXISTS (SELECT FROM price_draft WHERE draft_id = NEW.draft_id
                    AND draft_state = 'approved' AND price_book_code = NEW.price_book_code
                    AND approved_hash = NEW.content_hash) THEN
                RAISE EXCEPTION 'version % of book % was not approved',
                    NEW.version, NEW.price_book_code USING ERRCODE = 'restrict_violation';
            END IF;
            RETURN NEW;
        END $$;
        CREATE TRIGGER price_book_version_approved BEFORE INSERT ON price_book_version
            FOR EACH ROW EXECUTE FUNCTION publish_what_was_approved();

        CREATE INDEX ix_rate_first_version ON rate (price_book_code, first_version);
        CREATE INDEX ix_rate_last_version ON rate (price_book_code, last_version)
            WHERE last_version IS NOT NULL;

        -- No two rates of a version have the same conditions on one day. An exclusion constraint
        -- says it too, and makes every load thirteen times slower.
        CREATE FUNCTION refuse_overlapping_days() RETURNS trigger LANGUAGE plpgsql
            SET search_path FROM CURRENT AS $$
        DECLARE
            pair record;
        BEGIN
            SELECT added.item_code, added.place_code INTO pair
            FROM added JOIN rate AS standing USING (price_book_code, item_code, place_code)
            WHERE added.last_version IS NULL AND standing.last_version IS NULL
                AND added.rate_number <> standing.rate_number
                AND added.city_tier = standing.city_tier
                AND added.cooperation_mode = standing.cooperation_mode
                AND added.customer_level = standing.customer_level
                AND added.conditions = standing.conditions
                AND coalesce(added.first_day, added.last_day) IS NOT NULL
                AND coalesce(standing.first_day, standing.last_day) IS NOT NULL
                AND daterange(added.first_day, added.last_day, '[]')
                    && daterange(standing.first_day, standing.last_day, '[]')
            LIMIT 1;
            IF FOUND THEN
                RAISE EXCEPTION 'rates of item % at %: the same conditions on one day',
                    pair.item_code, pair.place_code USING ERRCODE = 'exclusion_violation';
            END IF;
            RETURN NULL;
        END $$;
        CREATE TRIGGER rate_days AFTER INSERT ON rate REFERENCING NEW TABLE AS added
            FOR EACH STATEMENT EXECUTE FUNCTION refuse_overlapping_days();

        -- Who may price where, and how far from what holds there.
        CREATE TABLE price_delegation (
            delegation_id text PRIMARY KEY,
            price_book_code text NOT NULL,
            person_id text NOT NULL,
            role text NOT NULL,
            places jsonb NOT NULL CHECK (jsonb_array_length(places) > 0),
            item_codes text[] NOT NULL,
            catalogue text NOT NULL,
            least_ratio text NOT NULL,
            most_ratio text NOT NULL,
            list_only boolean NOT NULL,
            valid_from timestamptz NOT NULL,
            valid_until timestamptz CHECK (valid_until > valid_from),
            revision integer NOT NULL,
            put_by_person_id text NOT NULL CHECK (put_by_person_id <> ''),
            CHECK ((person_id = '') <> (role = ''))
        );
        """
    )
    forbid_changes("price_draft_change")
