"""What lists of cases are found and sorted by, where acts came from, and bulk acts."""

from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.execute(
        """
        -- Cases that nothing is due in, or that wait for nobody, come last.
        ALTER TABLE "case"
            ADD COLUMN due_at timestamptz NOT NULL DEFAULT '9999-12-31T00:00:00Z',
            ADD COLUMN waiting_since timestamptz NOT NULL DEFAULT '9999-12-31T00:00:00Z',
            ADD COLUMN terms text[] NOT NULL DEFAULT '{}',
            -- Where it stands, apart from where it has been.
            ADD COLUMN standing jsonb NOT NULL GENERATED ALWAYS AS (
                CASE WHEN ended_at IS NULL
                     THEN jsonb_path_query_array(
                         nodes, '$[*] ? (@.progress == "NODE_PROGRESS_ACTIVE")')
                     ELSE '[]' END) STORED;
        ALTER TABLE "case"
            ALTER COLUMN terms SET STATISTICS 1000,
            -- A page of a list reads fifty rows, not fifty chains of toast.
            ALTER COLUMN terms SET STORAGE MAIN;

        -- Any combination of facts, by whatever few cases fit; without a pending list, which every
        -- search would have to read through.
        CREATE INDEX ix_case_terms ON "case" USING gin (terms) WITH (fastupdate = off);

        -- What many cases fit is walked in the order that is asked for.
        DROP INDEX ix_case_open;
        DROP INDEX ix_case_starter;
        CREATE INDEX ix_case_state ON "case" (state, started_at DESC, case_id DESC);
        CREATE INDEX ix_case_flow ON "case" (flow_code, started_at DESC, case_id DESC);
        CREATE INDEX ix_case_flow_state
            ON "case" (flow_code, state, started_at DESC, case_id DESC);
        CREATE INDEX ix_case_flow_version
            ON "case" (flow_code, flow_version, started_at DESC, case_id DESC);
        CREATE INDEX ix_case_due ON "case" (due_at, case_id);
        CREATE INDEX ix_case_waiting ON "case" (waiting_since, case_id);
        CREATE INDEX ix_case_changed ON "case" (changed_at DESC, case_id DESC);
        CREATE INDEX ix_case_ended ON "case" (ended_at) WHERE ended_at IS NOT NULL;

        ALTER TABLE user_task
            ADD COLUMN flow_code text NOT NULL DEFAULT '',
            ADD COLUMN terms text[] NOT NULL DEFAULT '{}';
        ALTER TABLE user_task ALTER COLUMN terms SET STATISTICS 1000;
        DROP INDEX ix_user_task_open_to;
        CREATE INDEX ix_user_task_terms
            ON user_task USING gin (open_to_person_ids, terms) WITH (fastupdate = off);
        CREATE INDEX ix_user_task_opened
            ON user_task (opened_at, workflow_id, user_task_id);
        -- Everybody's tasks are counted from the index alone.
        CREATE INDEX ix_user_task_node
            ON user_task (flow_code, node, title, due_at) INCLUDE (assignee_person_id);

        ALTER TABLE act ADD COLUMN origin_detail text NOT NULL DEFAULT '';
        DROP INDEX ix_act_person;
        CREATE INDEX ix_act_person ON act (acting_person_id, act_number);
        CREATE INDEX ix_act_verb ON act (verb, act_number);
        CREATE INDEX ix_act_time ON act (acted_at);

        CREATE TABLE bulk_act (
            bulk_act_id text PRIMARY KEY,
            verb text NOT NULL,
            "to" text NOT NULL,
            comment text NOT NULL,
            ordered_by_person_id text NOT NULL,
            started_at timestamptz NOT NULL,
            ended_at timestamptz,
            target_count integer NOT NULL CHECK (target_count >= 0),
            done_count integer NOT NULL CHECK (done_count >= 0),
            failures jsonb NOT NULL
        );
        """
    )
