"""People, outlets, customers and their sealed data, zones, city tiers, calendars."""

from alembic import op

from kit.db.ddl import create_kit_tables, forbid_changes

revision = "0001"
down_revision = None


def upgrade() -> None:
    create_kit_tables()
    op.execute(
        """
        CREATE TABLE outlet (
            outlet_id text PRIMARY KEY,
            name text NOT NULL CHECK (name <> ''),
            region_adcodes text[] NOT NULL,
            cooperation_mode text NOT NULL
                CHECK (cooperation_mode IN ('direct', 'franchise', 'key_account'))
        );

        CREATE TABLE person (
            person_id text PRIMARY KEY,
            display_name text NOT NULL CHECK (display_name <> ''),
            roles text[] NOT NULL,
            region_adcodes text[] NOT NULL,
            outlet_id text REFERENCES outlet,
            leader_person_id text,
            wecom_userid text UNIQUE CHECK (wecom_userid <> ''),
            state text NOT NULL CHECK (state IN ('active', 'left'))
        );
        CREATE INDEX ix_person_roles ON person USING gin (roles);

        CREATE TABLE customer (
            customer_id text PRIMARY KEY,
            customer_type text NOT NULL CHECK (customer_type IN ('person', 'shop', 'company')),
            customer_level text NOT NULL,
            registered_at timestamptz NOT NULL,
            registered_by_person_id text NOT NULL
        );

        CREATE TABLE address (
            address_id text PRIMARY KEY,
            address_number bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
            customer_id text NOT NULL REFERENCES customer,
            longitude double precision,
            latitude double precision,
            coordinate_system text,
            adcode text NOT NULL,
            adcode_path text[] NOT NULL,
            zone_codes text[] NOT NULL,
            city_tier text NOT NULL,
            place_name text NOT NULL,
            floor integer NOT NULL,
            CHECK (num_nulls(longitude, latitude, coordinate_system) IN (0, 3))
        );
        CREATE INDEX ix_address_customer_id ON address (customer_id);

        -- Shredding a customer is deleting this one row.
        CREATE TABLE data_key (
            customer_id text PRIMARY KEY REFERENCES customer,
            wrapped_key bytea NOT NULL
        );

        -- holder_id is the customer, or the address whose detail it is.
        CREATE TABLE personal_data (
            reference text PRIMARY KEY CHECK (reference LIKE 'pd\\_%'),
            customer_id text NOT NULL REFERENCES customer,
            holder_id text NOT NULL,
            kind text NOT NULL CHECK (kind IN ('name', 'phone', 'address')),
            sealed bytea NOT NULL,
            UNIQUE (holder_id, kind)
        );
        CREATE INDEX ix_personal_data_customer_id ON personal_data (customer_id);

        CREATE TABLE personal_data_reveal (
            reveal_number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            person_id text NOT NULL CHECK (person_id <> ''),
            reference text NOT NULL REFERENCES personal_data,
            purpose text NOT NULL CHECK (purpose <> ''),
            revealed_at timestamptz NOT NULL
        );

        CREATE TABLE zone (
            zone_code text PRIMARY KEY CHECK (zone_code <> ''),
            name text NOT NULL CHECK (name <> ''),
            coordinate_system text NOT NULL CHECK (coordinate_system IN ('GCJ-02', 'WGS-84')),
            boundary double precision[][] NOT NULL CHECK (array_length(boundary, 2) = 2)
        );

        CREATE TABLE city_tier (
            adcode text PRIMARY KEY,
            city_tier text NOT NULL CHECK (city_tier <> '')
        );

        -- Each change is a new row; the last one of a code counts.
        CREATE TABLE calendar_definition (
            definition_number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            calendar_code text NOT NULL CHECK (calendar_code <> ''),
            time_zone text NOT NULL,
            weekly jsonb NOT NULL,
            chinese_holidays boolean NOT NULL,
            overrides jsonb NOT NULL,
            defined_at timestamptz NOT NULL,
            defined_by_person_id text NOT NULL
        );
        CREATE INDEX ix_calendar_definition_latest
            ON calendar_definition (calendar_code, definition_number DESC);
        """
    )
    forbid_changes("personal_data_reveal")
    forbid_changes("calendar_definition")
