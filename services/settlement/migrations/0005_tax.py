"""Payee profiles, tax tables and what was withheld; exchange rates, and what was exchanged at them."""

import json
from pathlib import Path

import sqlalchemy as sa
from alembic import op

from kit.db.ddl import forbid_changes

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _create_profiles()
    _create_tax_tables()
    _create_withholdings()
    _create_conversions()
    _ship_what_the_law_says()


def _create_profiles() -> None:
    op.execute(
        """
        CREATE TABLE payee_profile (
            party_kind text NOT NULL CHECK (party_kind IN (
                'technician', 'team', 'outlet', 'agent', 'franchisee')),
            -- Empty: all of the party kind that have none of their own.
            payee_id text NOT NULL,
            version integer NOT NULL CHECK (version >= 1),
            valid_from date NOT NULL,
            profile_kind text NOT NULL CHECK (profile_kind IN (
                'employee', 'labour_service', 'platform_worker', 'sole_trader', 'company')),
            vat_ratio text NOT NULL
                CHECK (vat_ratio = '' OR profile_kind IN ('sole_trader', 'company')),
            -- Personal data stays in the directory.
            identity_reference text NOT NULL CHECK (identity_reference ~ '^(pd_[A-Za-z0-9_]+)?$'),
            reason text NOT NULL CHECK (reason <> ''),
            put_at timestamptz NOT NULL,
            put_by_person_id text NOT NULL CHECK (put_by_person_id <> ''),
            PRIMARY KEY (party_kind, payee_id, version)
        );
        """
    )
    forbid_changes("payee_profile")


def _create_tax_tables() -> None:
    op.execute(
        """
        CREATE TABLE tax_table (
            tax_table_id text PRIMARY KEY,
            table_number bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
            profile_kind text NOT NULL
                CHECK (profile_kind IN ('labour_service', 'platform_worker')),
            currency text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
            valid_from date NOT NULL,
            content jsonb NOT NULL,
            source text NOT NULL CHECK (source <> ''),
            put_at timestamptz NOT NULL,
            put_by_person_id text NOT NULL CHECK (put_by_person_id <> '')
        );

        CREATE TABLE tax_table_approval (
            tax_table_id text PRIMARY KEY REFERENCES tax_table,
            approved_at timestamptz NOT NULL,
            approved_by_person_id text NOT NULL CHECK (approved_by_person_id <> '')
        );

        CREATE FUNCTION check_tax_table_approval() RETURNS trigger LANGUAGE plpgsql
        SET search_path FROM CURRENT AS $$
        BEGIN
            IF EXISTS (SELECT FROM tax_table t WHERE t.tax_table_id = NEW.tax_table_id
                          AND t.put_by_person_id = NEW.approved_by_person_id) THEN
                RAISE EXCEPTION 'whoever put a tax table does not approve it'
                    USING ERRCODE = 'check_violation', CONSTRAINT = 'tax_table_four_eyes';
            END IF;
            RETURN NEW;
        END $$;
        CREATE TRIGGER tax_table_four_eyes BEFORE INSERT ON tax_table_approval
            FOR EACH ROW EXECUTE FUNCTION check_tax_table_approval();
        """
    )
    forbid_changes("tax_table")
    forbid_changes("tax_table_approval")


def _create_withholdings() -> None:
    op.execute(
        """
        -- What was kept back of each payment; a payment that is taken back has a second row with
        -- the opposite amounts. The year's sums are read from here and kept nowhere else.
        CREATE TABLE tax_withholding (
            withholding_id text PRIMARY KEY,
            document_kind text NOT NULL CHECK (document_kind <> ''),
            document_id text NOT NULL CHECK (document_id <> ''),
            reverses_withholding_id text UNIQUE REFERENCES tax_withholding,
            party_kind text NOT NULL,
            payee_id text NOT NULL CHECK (payee_id <> ''),
            profile_payee_id text NOT NULL,
            profile_version integer NOT NULL,
            profile_kind text NOT NULL,
            -- What nobody else approved withholds from nobody.
            tax_table_id text REFERENCES tax_table_approval,
            currency text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
            gross_minor bigint NOT NULL,
            tax_minor bigint NOT NULL,
            net_minor bigint NOT NULL,
            -- The day of payment in Shanghai; of a reversal the day of what it takes back.
            paid_on date NOT NULL,
            recorded_at timestamptz NOT NULL,
            acting_person_id text NOT NULL CHECK (acting_person_id <> ''),
            invoice_reference text NOT NULL,
            reason text NOT NULL,
            steps jsonb NOT NULL,
            FOREIGN KEY (party_kind, profile_payee_id, profile_version) REFERENCES payee_profile,
            CHECK (profile_payee_id IN ('', payee_id)),
            CHECK (gross_minor = tax_minor + net_minor),
            CHECK (tax_table_id IS NOT NULL OR tax_minor = 0),
            CHECK (profile_kind NOT IN ('sole_trader', 'company') OR invoice_reference <> ''),
            CHECK (CASE WHEN reverses_withholding_id IS NULL
                        THEN gross_minor > 0 AND tax_minor >= 0 AND net_minor >= 0
                        ELSE gross_minor < 0 AND tax_minor <= 0 AND reason <> '' END)
        );
        CREATE UNIQUE INDEX tax_withholding_once ON tax_withholding (document_kind, document_id)
            WHERE reverses_withholding_id IS NULL;
        CREATE INDEX ix_tax_withholding_payee ON tax_withholding (payee_id, paid_on);
        CREATE INDEX ix_tax_withholding_year ON tax_withholding (paid_on);

        CREATE FUNCTION check_tax_reversal() RETURNS trigger LANGUAGE plpgsql
        SET search_path FROM CURRENT AS $$
        BEGIN
            IF NOT EXISTS (
                SELECT FROM tax_withholding w
                 WHERE w.withholding_id = NEW.reverses_withholding_id
                   AND w.reverses_withholding_id IS NULL
                   AND (w.document_kind, w.document_id, w.party_kind, w.payee_id, w.profile_kind,
                        w.currency, w.paid_on, w.gross_minor, w.tax_minor)
                     = (NEW.document_kind, NEW.document_id, NEW.party_kind, NEW.payee_id,
                        NEW.profile_kind, NEW.currency, NEW.paid_on, -NEW.gross_minor,
                        -NEW.tax_minor)
            ) THEN
                RAISE EXCEPTION 'a reversal takes back exactly one withholding, whole'
                    USING ERRCODE = 'check_violation';
            END IF;
            RETURN NEW;
        END $$;
        CREATE TRIGGER tax_withholding_reversal BEFORE INSERT ON tax_withholding
            FOR EACH ROW WHEN (NEW.reverses_withholding_id IS NOT NULL)
            EXECUTE FUNCTION check_tax_reversal();
        """
    )
    forbid_changes("tax_withholding")


def _create_conversions() -> None:
    op.execute(
        """
        -- What pricing told of exchange rates; rebuildable from its events.
        CREATE TABLE known_exchange_rate (
            exchange_rate_id text PRIMARY KEY,
            -- Pricing's order within a pair.
            pair_sequence bigint NOT NULL,
            from_currency text NOT NULL,
            to_currency text NOT NULL,
            ratio text NOT NULL,
            inverse_too boolean NOT NULL,
            valid_from timestamptz NOT NULL,
            recorded_at timestamptz NOT NULL,
            source text NOT NULL
        );
        CREATE INDEX ix_known_exchange_rate ON known_exchange_rate
            (from_currency, to_currency, valid_from, pair_sequence);

        CREATE TABLE conversion (
            conversion_id text PRIMARY KEY,
            party_kind text NOT NULL,
            party_id text NOT NULL,
            account_kind text NOT NULL,
            from_currency text NOT NULL,
            from_minor bigint NOT NULL CHECK (from_minor > 0),
            to_currency text NOT NULL,
            to_minor bigint NOT NULL CHECK (to_minor >= 0),
            booked_minor bigint NOT NULL CHECK (booked_minor >= 0),
            -- Above zero: the company gained.
            gain_minor bigint NOT NULL,
            exchange_rate_id text NOT NULL,
            ratio text NOT NULL,
            rounding text NOT NULL,
            -- The portions by the day they were earned, each at the rate of then.
            lots jsonb NOT NULL,
            converted_at timestamptz NOT NULL,
            converted_by_person_id text NOT NULL CHECK (converted_by_person_id <> ''),
            reason text NOT NULL CHECK (reason <> ''),
            CHECK (from_currency <> to_currency),
            CHECK (gain_minor = booked_minor - to_minor)
        );
        CREATE INDEX ix_conversion_party ON conversion (party_id, conversion_id);
        """
    )
    forbid_changes("known_exchange_rate")
    forbid_changes("conversion")


def _ship_what_the_law_says() -> None:
    """The tables as announced, put with the release; an accountant confirms or replaces them. Who
    has no profile of their own is withheld from as the law does by default."""
    connection = op.get_bind()
    for table in json.loads((Path(__file__).parent / "tax_tables.json").read_text("utf-8")):
        values = {**table, "content": json.dumps(table["content"], ensure_ascii=False)}
        connection.execute(
            sa.text(
                """
                INSERT INTO tax_table (tax_table_id, profile_kind, currency, valid_from, content,
                                       source, put_at, put_by_person_id)
                VALUES (:tax_table_id, :profile_kind, :currency, :valid_from, :content, :source,
                        now(), 'system')
                """
            ),
            values,
        )
        connection.execute(
            sa.text("INSERT INTO tax_table_approval VALUES (:tax_table_id, now(), 'release')"),
            {"tax_table_id": table["tax_table_id"]},
        )
    connection.execute(
        sa.text(
            """
            INSERT INTO payee_profile
            SELECT party_kind, '', 1, '2019-01-01', profile_kind, '', '', 'release', now(), 'system'
              FROM (VALUES ('technician', 'labour_service'), ('team', 'company'),
                           ('outlet', 'company'), ('agent', 'company'), ('franchisee', 'company'))
                       AS shipped (party_kind, profile_kind)
            """
        )
    )
