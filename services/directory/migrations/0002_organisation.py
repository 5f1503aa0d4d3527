"""Departments and who leads them, absences and proxies, when people left and who took over."""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.execute(
        """
        -- For the constraint that no two absences of a person overlap.
        CREATE EXTENSION IF NOT EXISTS btree_gist WITH SCHEMA public;

        ALTER TABLE person ADD COLUMN left_at timestamptz, ADD COLUMN successor_person_id text;
        UPDATE person SET left_at = now() WHERE state = 'left';
        UPDATE person SET leader_person_id = NULL
         WHERE leader_person_id = person_id
            OR leader_person_id NOT IN (SELECT person_id FROM person);
        ALTER TABLE person
            DROP COLUMN state,
            ADD FOREIGN KEY (leader_person_id) REFERENCES person,
            ADD FOREIGN KEY (successor_person_id) REFERENCES person,
            ADD CHECK (successor_person_id <> person_id),
            ADD CHECK (successor_person_id IS NULL OR left_at IS NOT NULL);

        CREATE TABLE department (
            department_id text PRIMARY KEY,
            name text NOT NULL CHECK (name <> ''),
            parent_id text REFERENCES department,
            leader_person_id text REFERENCES person
        );

        -- A person's department of rank 0 is their main one. Deferred, so that two can change places.
        CREATE TABLE department_member (
            person_id text REFERENCES person,
            department_id text REFERENCES department,
            rank integer NOT NULL CHECK (rank >= 0),
            PRIMARY KEY (person_id, department_id),
            UNIQUE (person_id, rank) DEFERRABLE INITIALLY DEFERRED
        );
        CREATE INDEX ix_department_member_department_id ON department_member (department_id);

        CREATE TABLE absence (
            absence_id text PRIMARY KEY,
            person_id text NOT NULL REFERENCES person,
            starts_at timestamptz NOT NULL,
            ends_at timestamptz CHECK (ends_at > starts_at),
            proxy_person_id text REFERENCES person CHECK (proxy_person_id <> person_id),
            reason text NOT NULL,
            cancelled_at timestamptz,
            CONSTRAINT absence_overlap EXCLUDE USING gist
                (person_id WITH =, tstzrange(starts_at, ends_at) WITH &&)
                WHERE (cancelled_at IS NULL)
        );

        -- Its arguments are a table's key, and the column that names the row above.
        CREATE FUNCTION refuse_loop() RETURNS trigger LANGUAGE plpgsql AS $$
        DECLARE
            own text := to_jsonb(NEW) ->> TG_ARGV[0];
            above text := to_jsonb(NEW) ->> TG_ARGV[1];
            loops boolean;
        BEGIN
            EXECUTE format(
                'WITH RECURSIVE line (id) AS (
                     SELECT $1
                     UNION
                     SELECT t.%2$I FROM %3$I.%4$I t JOIN line ON t.%1$I = line.id
                 )
                 SELECT EXISTS (SELECT FROM line WHERE id = $2)',
                TG_ARGV[0], TG_ARGV[1], TG_TABLE_SCHEMA, TG_TABLE_NAME
            ) INTO loops USING above, own;
            IF loops THEN
                RAISE EXCEPTION '% % would be above itself', TG_TABLE_NAME, own
                    USING ERRCODE = 'check_violation';
            END IF;
            RETURN NEW;
        END $$;
        CREATE TRIGGER department_loop BEFORE INSERT OR UPDATE OF parent_id ON department
            FOR EACH ROW EXECUTE FUNCTION refuse_loop('department_id', 'parent_id');
        CREATE TRIGGER person_loop BEFORE INSERT OR UPDATE OF leader_person_id ON person
            FOR EACH ROW EXECUTE FUNCTION refuse_loop('person_id', 'leader_person_id');
        """
    )
