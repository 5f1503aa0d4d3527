"""Published flow versions, the case read model, and the relay's cursors and buffer."""

from alembic import op

from kit.db.ddl import create_kit_tables, forbid_changes

revision = "0001"
down_revision = None


def upgrade() -> None:
    create_kit_tables()
    _create_flow_versions()
    _create_cases()
    _create_acts()
    _create_relay()


def _create_flow_versions() -> None:
    op.execute(
        """
        CREATE TABLE plan (
            plan_hash text PRIMARY KEY,
            content bytea NOT NULL,
            CONSTRAINT plan_named_by_its_content
                CHECK (plan_hash = encode(sha256(content), 'hex'))
        );

        CREATE TABLE flow_version (
            flow_code text NOT NULL,
            version integer NOT NULL,
            name text NOT NULL,
            plan_hash text NOT NULL REFERENCES plan,
            calendar_code text NOT NULL,
            source text NOT NULL,
            published_at timestamptz NOT NULL,
            published_by_person_id text NOT NULL,
            PRIMARY KEY (flow_code, version)
        );

        CREATE FUNCTION refuse_version_gap() RETURNS trigger LANGUAGE plpgsql
            SET search_path FROM CURRENT AS $$
        DECLARE latest integer;
        BEGIN
            SELECT coalesce(max(version), 0) INTO latest
              FROM flow_version WHERE flow_code = NEW.flow_code;
            IF NEW.version <> latest + 1 THEN
                RAISE EXCEPTION 'the version after % of flow % is %, not %',
                    latest, NEW.flow_code, latest + 1, NEW.version
                    USING ERRCODE = 'check_violation';
            END IF;
            RETURN NEW;
        END $$;
        CREATE TRIGGER flow_version_dense BEFORE INSERT ON flow_version
            FOR EACH ROW EXECUTE FUNCTION refuse_version_gap();
        """
    )
    forbid_changes("plan")
    forbid_changes("flow_version")


def _create_cases() -> None:
    op.execute(
        """
        CREATE TABLE "case" (
            case_id text PRIMARY KEY,
            workflow_id text NOT NULL UNIQUE,
            run_id text NOT NULL,
            revision bigint NOT NULL,
            flow_code text NOT NULL,
            flow_version integer NOT NULL,
            plan_hash text NOT NULL,
            calendar_hash text NOT NULL,
            title text NOT NULL,
            stage text NOT NULL,
            state smallint NOT NULL CHECK (state BETWEEN 1 AND 4),
            region_adcode text NOT NULL,
            customer_id text NOT NULL,
            started_at timestamptz NOT NULL,
            started_by_person_id text NOT NULL,
            changed_at timestamptz NOT NULL,
            ended_at timestamptz,
            nodes jsonb NOT NULL,
            waiting_for text[] NOT NULL,
            incident text NOT NULL,
            data jsonb NOT NULL
        );
        CREATE INDEX ix_case_started ON "case" (started_at DESC, case_id DESC);
        CREATE INDEX ix_case_open ON "case" (flow_code, stage, started_at DESC, case_id DESC)
            WHERE ended_at IS NULL;

        -- The workflows that tell about a case: its own and those of its field work, each with
        -- revisions of its own.
        CREATE TABLE case_recorder (
            workflow_id text PRIMARY KEY,
            case_id text NOT NULL,
            revision bigint NOT NULL
        );

        -- Open user tasks only: a task that is done is in the acts.
        CREATE TABLE user_task (
            workflow_id text NOT NULL REFERENCES case_recorder,
            user_task_id text NOT NULL,
            case_id text NOT NULL,
            node text NOT NULL,
            title text NOT NULL,
            stage text NOT NULL,
            user_task_kind text NOT NULL,
            assignee_person_id text NOT NULL,
            candidate_person_ids text[] NOT NULL,
            candidate_role text NOT NULL,
            verbs text[] NOT NULL,
            revision bigint NOT NULL,
            opened_at timestamptz NOT NULL,
            respond_due_at timestamptz,
            complete_due_at timestamptz,
            due_provisional boolean NOT NULL,
            form_schema_json text NOT NULL,
            context jsonb NOT NULL,
            -- Whose inbox it stands in.
            open_to_person_ids text[] NOT NULL GENERATED ALWAYS AS (
                CASE WHEN assignee_person_id <> '' THEN ARRAY[assignee_person_id]
                     ELSE candidate_person_ids END) STORED,
            -- What the inbox is sorted by: tasks that nobody must answer by an instant come last.
            due_at timestamptz NOT NULL GENERATED ALWAYS AS (
                coalesce(least(respond_due_at, complete_due_at), timestamptz '9999-12-31T00:00:00Z')) STORED,
            PRIMARY KEY (workflow_id, user_task_id)
        );
        CREATE INDEX ix_user_task_open_to ON user_task USING gin (open_to_person_ids);
        CREATE INDEX ix_user_task_urgency
            ON user_task (due_at, opened_at, workflow_id, user_task_id);
        CREATE INDEX ix_user_task_case ON user_task (case_id);
        """
    )


def _create_acts() -> None:
    op.execute(
        """
        CREATE TABLE act (
            act_number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            case_id text NOT NULL,
            act_key text NOT NULL,
            node text NOT NULL,
            user_task_id text NOT NULL,
            verb text NOT NULL,
            acting_person_id text NOT NULL,
            acted_at timestamptz NOT NULL,
            comment text NOT NULL,
            origin text NOT NULL,
            before jsonb NOT NULL,
            after jsonb NOT NULL,
            CONSTRAINT act_once UNIQUE (case_id, act_key)
        );
        CREATE INDEX ix_act_case ON act (case_id, act_number);
        """
    )
    forbid_changes("act")


def _create_relay() -> None:
    op.execute(
        """
        -- How far each consumer has read each source's events.
        CREATE TABLE relay_cursor (
            source text NOT NULL,
            consumer text NOT NULL,
            cursor text NOT NULL,
            PRIMARY KEY (source, consumer)
        );

        -- Which events the cases wait for, as they last told.
        CREATE TABLE awaited_event (
            workflow_id text NOT NULL REFERENCES case_recorder,
            node text NOT NULL,
            event_type text NOT NULL,
            key text NOT NULL,
            PRIMARY KEY (workflow_id, node)
        );
        CREATE INDEX ix_awaited_event ON awaited_event (event_type, key);

        -- Events that may wake a case, until they have woken one or expire.
        CREATE TABLE buffered_event (
            event_id text PRIMARY KEY,
            event_type text NOT NULL,
            key text NOT NULL,
            case_id text NOT NULL,
            acting_person_id text NOT NULL,
            aggregate text NOT NULL,
            aggregate_sequence bigint NOT NULL,
            payload jsonb NOT NULL,
            expires_at timestamptz NOT NULL
        );
        CREATE INDEX ix_buffered_event ON buffered_event (event_type, key);
        CREATE INDEX ix_buffered_event_expiry ON buffered_event (expires_at);
        """
    )
