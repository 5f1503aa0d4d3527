"""The double-entry ledger: whoever inserts a transfer, by whatever path, inserts a sound posting.

One statement that inserts transfers is one posting. Its triggers, and no code of the service, wait for
their turn, check what transfers refer to, move the balances, keep closed periods closed and seal the
posting. Rows are narrow on purpose: accounts are numbers, and what a foreign key would check row by row
is checked once for all rows of the statement; that is sound because no account or transfer ever goes.
"""

from alembic import op

from kit.db.ddl import forbid_changes

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _create_accounts()
    _create_transfers()
    _create_blocks()
    _create_rollups()
    _create_closed_periods()
    _make_every_insert_a_sound_posting()


def _create_accounts() -> None:
    op.execute(
        """
        -- An account's number is made of what it is: its name cannot be changed unseen below the
        -- transfers that carry the number. Those that may be negative have a negative one.
        CREATE FUNCTION ledger_account_number(
            party_kind text, party_id text, account_kind text, currency text,
            may_be_negative boolean)
        RETURNS bigint LANGUAGE sql IMMUTABLE AS $$
            SELECT CASE WHEN may_be_negative THEN -1 ELSE 1 END * (
                ('x' || encode(substr(sha256(convert_to(
                    jsonb_build_array(party_kind, party_id, account_kind, currency)::text, 'UTF8')),
                    1, 8), 'hex'))::bit(64)::bigint & 9223372036854775807)
        $$;

        CREATE TABLE ledger_account (
            account_number bigint PRIMARY KEY GENERATED ALWAYS AS (ledger_account_number(
                party_kind, party_id, account_kind, currency, may_be_negative)) STORED,
            ledger_account text COLLATE "C" NOT NULL GENERATED ALWAYS AS (
                party_kind || CASE WHEN party_id = '' THEN '' ELSE ':' || party_id END
                || ':' || account_kind) STORED,
            currency text COLLATE "C" NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
            party_kind text COLLATE "C" NOT NULL CHECK (party_kind ~ '^[a-z][a-z_]*$'),
            party_id text COLLATE "C" NOT NULL CHECK (party_id !~ ':'),
            account_kind text COLLATE "C" NOT NULL CHECK (account_kind ~ '^[a-z][a-z_]*$'),
            may_be_negative boolean NOT NULL,
            opened_at timestamptz NOT NULL DEFAULT now(),
            UNIQUE (ledger_account, currency)
        );
        CREATE INDEX ix_ledger_account_party ON ledger_account (party_id, party_kind);

        -- Credits less debits. The triggers of transfers alone write it.
        CREATE TABLE ledger_balance (
            account_number bigint PRIMARY KEY REFERENCES ledger_account,
            posted_minor bigint NOT NULL DEFAULT 0,
            pending_debit_minor bigint NOT NULL DEFAULT 0 CHECK (pending_debit_minor >= 0),
            pending_credit_minor bigint NOT NULL DEFAULT 0 CHECK (pending_credit_minor >= 0),
            transfer_count bigint NOT NULL DEFAULT 0,
            closed_before timestamptz,
            -- Nobody gives what they do not have.
            CONSTRAINT ledger_balance_not_overdrawn CHECK (
                account_number < 0 OR posted_minor >= pending_debit_minor)
        ) WITH (fillfactor = 50);

        CREATE FUNCTION ledger_refuse_by_hand() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF pg_trigger_depth() < 2 THEN
                RAISE EXCEPTION '% is written by the ledger itself; insert transfers', TG_TABLE_NAME
                    USING ERRCODE = 'restrict_violation';
            END IF;
            RETURN NULL;
        END $$;
        CREATE TRIGGER ledger_balance_by_itself
            BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON ledger_balance
            FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse_by_hand();

        CREATE FUNCTION ledger_open_balance() RETURNS trigger LANGUAGE plpgsql
        SET search_path FROM CURRENT AS $$
        BEGIN
            INSERT INTO ledger_balance (account_number)
            SELECT account_number FROM new_account ORDER BY account_number;
            RETURN NULL;
        END $$;
        CREATE TRIGGER ledger_account_opened AFTER INSERT ON ledger_account
            REFERENCING NEW TABLE AS new_account
            FOR EACH STATEMENT EXECUTE FUNCTION ledger_open_balance();
        """
    )
    forbid_changes("ledger_account")


def _create_transfers() -> None:
    op.execute(
        """
        -- What a transfer does to what is pending: 1 adds to it, -1 takes from it.
        CREATE FUNCTION ledger_held(state text, transfer_kind text, refers_to bigint)
        RETURNS integer LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
            SELECT CASE WHEN state = 'pending' THEN 1
                        WHEN refers_to IS NULL OR transfer_kind = 'reversal' THEN 0
                        ELSE -1 END
        $$;

        -- One row moves one amount from one account to another, in one currency: balanced by
        -- construction. A pending row is resolved once, by a posted or a voided one; a posted row
        -- is undone once, by a reversal.
        CREATE TABLE ledger_transfer (
            transfer_number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            debit_account_number bigint NOT NULL,
            credit_account_number bigint NOT NULL,
            amount_minor bigint NOT NULL CHECK (amount_minor > 0),
            refers_to_transfer_number bigint,
            recorded_at timestamptz NOT NULL CHECK (isfinite(recorded_at)),
            effective_at timestamptz NOT NULL CHECK (isfinite(effective_at)),
            state text COLLATE "C" NOT NULL CHECK (state IN ('pending', 'posted', 'voided')),
            transfer_kind text COLLATE "C" NOT NULL CHECK (transfer_kind ~ '^[a-z][a-z_]*$'),
            document_kind text COLLATE "C" NOT NULL CHECK (document_kind ~ '^[a-z][a-z_]*$'),
            document_id text COLLATE "C" NOT NULL CHECK (document_id <> ''),
            leg text COLLATE "C" NOT NULL,
            rule_id text NOT NULL DEFAULT '',
            memo text NOT NULL DEFAULT '',
            CHECK (debit_account_number <> credit_account_number),
            CONSTRAINT ledger_transfer_text
                CHECK (strpos(document_id || leg || rule_id || memo, E'\\x1f') = 0),
            CHECK (CASE state WHEN 'pending' THEN refers_to_transfer_number IS NULL
                              WHEN 'voided' THEN refers_to_transfer_number IS NOT NULL
                              ELSE true END),
            CHECK (transfer_kind <> 'reversal'
                   OR (state = 'posted' AND refers_to_transfer_number IS NOT NULL)),
            -- What a document moves is held, posted, voided and reversed at most once.
            CONSTRAINT ledger_transfer_once
                UNIQUE (document_id, leg, transfer_kind, state, document_kind)
        );
        -- What is resolved or undone is so once.
        CREATE UNIQUE INDEX ledger_transfer_referred_once
            ON ledger_transfer (refers_to_transfer_number)
            WHERE refers_to_transfer_number IS NOT NULL;
        CREATE INDEX ix_ledger_transfer_debit
            ON ledger_transfer (debit_account_number, transfer_number);
        CREATE INDEX ix_ledger_transfer_credit
            ON ledger_transfer (credit_account_number, transfer_number);
        CREATE INDEX ix_ledger_transfer_effective ON ledger_transfer
            USING brin (effective_at timestamptz_minmax_multi_ops);

        -- What each transfer does to the balances of its two accounts: a side each, so that the
        -- transfers of one account are found by an index.
        CREATE VIEW ledger_movement AS
        SELECT transfer_number, debit_account_number AS account_number, effective_at,
               CASE WHEN state = 'posted' THEN -amount_minor ELSE 0 END AS posted_minor,
               ledger_held(state, transfer_kind, refers_to_transfer_number) * amount_minor
                   AS pending_debit_minor,
               0::bigint AS pending_credit_minor
          FROM ledger_transfer
        UNION ALL
        SELECT transfer_number, credit_account_number, effective_at,
               CASE WHEN state = 'posted' THEN amount_minor ELSE 0 END,
               0::bigint,
               ledger_held(state, transfer_kind, refers_to_transfer_number) * amount_minor
          FROM ledger_transfer;

        -- Transfers that do not truly resolve or reverse the one they refer to.
        CREATE VIEW ledger_unsound_reference AS
        SELECT t.transfer_number
          FROM ledger_transfer t
          LEFT JOIN ledger_transfer o ON o.transfer_number = t.refers_to_transfer_number
         WHERE t.refers_to_transfer_number IS NOT NULL
           AND (o.transfer_number < t.transfer_number
                AND o.amount_minor = t.amount_minor
                AND o.document_kind = t.document_kind AND o.document_id = t.document_id
                AND o.leg = t.leg
                AND o.effective_at <= t.effective_at
                AND CASE WHEN t.transfer_kind = 'reversal'
                         THEN o.state = 'posted' AND o.transfer_kind <> 'reversal'
                              AND o.debit_account_number = t.credit_account_number
                              AND o.credit_account_number = t.debit_account_number
                         ELSE o.state = 'pending' AND o.transfer_kind = t.transfer_kind
                              AND o.debit_account_number = t.debit_account_number
                              AND o.credit_account_number = t.credit_account_number
                    END) IS NOT TRUE;
        """
    )
    forbid_changes("ledger_transfer")


def _create_blocks() -> None:
    op.execute(
        """
        -- One posting: a run of transfers recorded at one instant, sealed with the one before it.
        CREATE TABLE ledger_block (
            block_number bigint PRIMARY KEY CHECK (block_number >= 1),
            first_transfer_number bigint NOT NULL,
            last_transfer_number bigint NOT NULL UNIQUE,
            recorded_at timestamptz NOT NULL,
            previous_hash bytea NOT NULL UNIQUE,
            block_hash bytea NOT NULL,
            CHECK (first_transfer_number <= last_transfer_number)
        );
        CREATE INDEX ix_ledger_block_recorded ON ledger_block (recorded_at, block_number);
        CREATE TRIGGER ledger_block_by_itself BEFORE INSERT ON ledger_block
            FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse_by_hand();

        -- The seal of a run of transfers: sha256 over the seal before it and all their values. No
        -- text holds the separator, so that no two runs are written alike.
        CREATE FUNCTION ledger_seal(previous_hash bytea, first_number bigint, last_number bigint)
        RETURNS bytea LANGUAGE sql STABLE PARALLEL SAFE COST 100000 SET search_path FROM CURRENT AS $$
            SELECT sha256(previous_hash || coalesce(
                array_send(array_agg(t.recorded_at)) || array_send(array_agg(t.effective_at))
                || convert_to(string_agg(concat_ws(E'\\x1f',
                    t.transfer_number, t.debit_account_number, t.credit_account_number,
                    t.amount_minor, coalesce(t.refers_to_transfer_number, 0), t.state,
                    t.transfer_kind, t.document_kind, t.document_id, t.leg, t.rule_id, t.memo),
                    E'\\x1f'), 'UTF8'), ''))
              FROM (SELECT * FROM ledger_transfer
                     WHERE transfer_number BETWEEN first_number AND last_number
                     ORDER BY transfer_number) t
        $$;

        -- Wait until nobody else posts, till the end of this transaction; then say when the newest
        -- posting was recorded, since none is recorded before it.
        CREATE FUNCTION ledger_turn() RETURNS timestamptz LANGUAGE plpgsql
        SET search_path FROM CURRENT AS $$
        BEGIN
            PERFORM pg_advisory_xact_lock(hashtext('settlement'), hashtext('ledger'));
            RETURN (SELECT recorded_at FROM ledger_block ORDER BY block_number DESC LIMIT 1);
        END $$;
        """
    )
    forbid_changes("ledger_block")


def _create_rollups() -> None:
    op.execute(
        """
        -- A run is 1,024 transfers of one account, in their order: its first, its second … What
        -- is effective in one hour of it is summed in a row of level 1; 256 runs together are summed
        -- by days of China in rows of level 2. Both are written in the posting that completes them,
        -- so that a balance as of any instant, as known at any other, never reads much more than a
        -- run or two of transfers. An account of less than a run costs nothing.
        CREATE FUNCTION ledger_run_size() RETURNS bigint LANGUAGE sql IMMUTABLE PARALLEL SAFE
            AS 'SELECT 1024::bigint';
        CREATE FUNCTION ledger_runs_together() RETURNS bigint LANGUAGE sql IMMUTABLE PARALLEL SAFE
            AS 'SELECT 256::bigint';
        CREATE FUNCTION ledger_hour(instant timestamptz) RETURNS timestamptz
            LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
            SELECT CASE WHEN isfinite(instant)
                        THEN date_bin('1 hour', instant, '1970-01-01 00:00+08') ELSE instant END
        $$;
        CREATE FUNCTION ledger_day(instant timestamptz) RETURNS timestamptz
            LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
            SELECT CASE WHEN isfinite(instant)
                        THEN date_bin('1 day', instant, '1970-01-01 00:00+08') ELSE instant END
        $$;

        CREATE TABLE ledger_run (
            account_number bigint NOT NULL REFERENCES ledger_account,
            run bigint NOT NULL CHECK (run >= 0),
            first_transfer_number bigint NOT NULL,
            last_transfer_number bigint NOT NULL,
            PRIMARY KEY (account_number, run),
            UNIQUE (account_number, last_transfer_number)
        );
        CREATE TABLE ledger_rollup (
            account_number bigint NOT NULL,
            level smallint NOT NULL CHECK (level IN (1, 2)),
            run bigint NOT NULL,
            starts_at timestamptz NOT NULL,
            first_at timestamptz NOT NULL,
            last_at timestamptz NOT NULL,
            posted_minor bigint NOT NULL,
            pending_debit_minor bigint NOT NULL,
            pending_credit_minor bigint NOT NULL,
            transfer_count bigint NOT NULL,
            PRIMARY KEY (account_number, level, run, starts_at)
        );
        CREATE INDEX ix_ledger_rollup_starts ON ledger_rollup (account_number, starts_at, run)
            WHERE level = 1;
        CREATE TRIGGER ledger_run_by_itself BEFORE INSERT ON ledger_run
            FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse_by_hand();
        CREATE TRIGGER ledger_rollup_by_itself BEFORE INSERT ON ledger_rollup
            FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse_by_hand();

        -- Sum up the runs of an account from one on and before another. (Here and below a pair is
        -- compared with a pair, so that only the index that begins with the account fits.)
        CREATE FUNCTION ledger_roll_up(account bigint, from_run bigint, to_run bigint)
        RETURNS void LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
        DECLARE
            together bigint := ledger_runs_together();
            rolled bigint := coalesce((SELECT last_transfer_number FROM ledger_run
                                        WHERE account_number = account AND run = from_run - 1), 0);
        BEGIN
            WITH movement AS MATERIALIZED (
                SELECT m.*, from_run
                       + (row_number() OVER (ORDER BY transfer_number) - 1) / ledger_run_size()
                       AS run
                  FROM ledger_movement m
                 WHERE (account_number, transfer_number) > (account, rolled)
                   AND (account_number, transfer_number) < (account, 9223372036854775807)
            ), runs AS (
                INSERT INTO ledger_run
                SELECT account, run, min(transfer_number), max(transfer_number)
                  FROM movement WHERE run < to_run GROUP BY run
            )
            INSERT INTO ledger_rollup
            SELECT account, 1, run, ledger_hour(effective_at), min(effective_at), max(effective_at),
                   sum(posted_minor), sum(pending_debit_minor), sum(pending_credit_minor), count(*)
              FROM movement WHERE run < to_run GROUP BY run, ledger_hour(effective_at);

            INSERT INTO ledger_rollup
            SELECT account, 2, run / together, ledger_day(starts_at), min(first_at), max(last_at),
                   sum(posted_minor), sum(pending_debit_minor), sum(pending_credit_minor),
                   sum(transfer_count)
              FROM ledger_rollup
             WHERE account_number = account AND level = 1
               AND run >= from_run / together * together AND run < to_run / together * together
             GROUP BY run / together, ledger_day(starts_at);
        END $$;

        -- What an account's transfers up to a number make, of those effective before an instant.
        CREATE FUNCTION ledger_balance_as_of(
            account bigint, effective_before timestamptz, known_through bigint)
        RETURNS TABLE (posted_minor bigint, pending_debit_minor bigint, pending_credit_minor bigint)
        LANGUAGE plpgsql STABLE SET search_path FROM CURRENT
        SET max_parallel_workers_per_gather = 0 SET jit = off AS $$
        #variable_conflict use_column
        DECLARE
            together bigint := ledger_runs_together();
            runs bigint;
            rolled bigint;
            today timestamptz := ledger_day(effective_before);
        BEGIN
            SELECT run + 1, last_transfer_number INTO runs, rolled FROM ledger_run
             WHERE account_number = account AND last_transfer_number <= known_through
             ORDER BY last_transfer_number DESC LIMIT 1;
            RETURN QUERY
            SELECT coalesce(sum(p.posted_minor), 0)::bigint,
                   coalesce(sum(p.pending_debit_minor), 0)::bigint,
                   coalesce(sum(p.pending_credit_minor), 0)::bigint
              FROM (
                -- Whole days, of whole 256 runs and of the runs after them.
                SELECT posted_minor, pending_debit_minor, pending_credit_minor FROM ledger_rollup
                 WHERE (account_number, level, run) >= (account, 2::smallint, 0)
                   AND (account_number, level, run) < (account, 2::smallint, runs / together)
                   AND starts_at < today
                UNION ALL
                SELECT posted_minor, pending_debit_minor, pending_credit_minor FROM ledger_rollup
                 WHERE (account_number, level, run) >= (account, 1::smallint, runs / together * together)
                   AND (account_number, level, run) < (account, 1::smallint, runs)
                   AND starts_at < today
                -- The last day's hours, and the last hour's transfers where it ends amid them.
                UNION ALL
                SELECT posted_minor, pending_debit_minor, pending_credit_minor FROM ledger_rollup
                 WHERE account_number = account AND level = 1 AND run < runs
                   AND starts_at >= today AND starts_at < effective_before
                   AND last_at < effective_before
                UNION ALL
                SELECT m.posted_minor, m.pending_debit_minor, m.pending_credit_minor
                  FROM ledger_rollup c JOIN ledger_run r USING (account_number, run)
                  CROSS JOIN LATERAL (
                       SELECT * FROM ledger_movement
                        WHERE (account_number, transfer_number)
                              >= (account, r.first_transfer_number)
                          AND (account_number, transfer_number)
                              <= (account, r.last_transfer_number)) m
                 WHERE c.account_number = account AND c.level = 1 AND c.run < runs
                   AND c.starts_at = ledger_hour(effective_before)
                   AND c.first_at < effective_before AND c.last_at >= effective_before
                   AND m.effective_at >= c.starts_at AND m.effective_at < effective_before
                -- What no run holds yet.
                UNION ALL
                SELECT posted_minor, pending_debit_minor, pending_credit_minor FROM ledger_movement
                 WHERE (account_number, transfer_number) > (account, coalesce(rolled, 0))
                   AND (account_number, transfer_number) <= (account, known_through)
                   AND effective_at < effective_before
              ) p;
        END $$;

        -- The newest transfer that was recorded by an instant.
        CREATE FUNCTION ledger_known_through(known_at timestamptz) RETURNS bigint
        LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
            SELECT coalesce((SELECT last_transfer_number FROM ledger_block
                              WHERE recorded_at <= known_at
                              ORDER BY recorded_at DESC, block_number DESC LIMIT 1), 0)
        $$;
        """
    )
    for table in ("ledger_run", "ledger_rollup"):
        forbid_changes(table)


def _create_closed_periods() -> None:
    op.execute(
        """
        -- Nothing is effective any more before the end of a closed period of an account: what was
        -- recorded up to the watermark is in its statement, what comes later belongs to the next.
        CREATE TABLE ledger_closed_period (
            account_number bigint NOT NULL REFERENCES ledger_account,
            period_end timestamptz NOT NULL CHECK (isfinite(period_end)),
            watermark_transfer_number bigint NOT NULL CHECK (watermark_transfer_number >= 0),
            closed_at timestamptz NOT NULL,
            PRIMARY KEY (account_number, period_end)
        );

        CREATE FUNCTION ledger_close() RETURNS trigger LANGUAGE plpgsql
        SET search_path FROM CURRENT AS $$
        BEGIN
            IF EXISTS (SELECT FROM new_period p JOIN ledger_closed_period o USING (account_number)
                        WHERE o.period_end <> p.period_end
                          AND (o.period_end < p.period_end)
                              <> (o.watermark_transfer_number <= p.watermark_transfer_number))
               OR EXISTS (SELECT FROM new_period p JOIN ledger_balance b USING (account_number)
                           WHERE p.period_end <= b.closed_before) THEN
                RAISE EXCEPTION 'periods of an account are closed one after the other, each with a'
                    ' watermark that is not below the one before it'
                    USING ERRCODE = 'check_violation', CONSTRAINT = 'ledger_period_in_order';
            END IF;
            UPDATE ledger_balance b SET closed_before = p.period_end
              FROM (SELECT account_number, max(period_end) AS period_end
                      FROM new_period GROUP BY account_number) p
             WHERE b.account_number = p.account_number;
            RETURN NULL;
        END $$;
        CREATE TRIGGER ledger_closed_period_closes AFTER INSERT ON ledger_closed_period
            REFERENCING NEW TABLE AS new_period
            FOR EACH STATEMENT EXECUTE FUNCTION ledger_close();
        """
    )
    forbid_changes("ledger_closed_period")


def _make_every_insert_a_sound_posting() -> None:
    op.execute(
        """
        CREATE FUNCTION ledger_take_turn() RETURNS trigger LANGUAGE plpgsql
        SET search_path FROM CURRENT AS $$
        BEGIN
            PERFORM ledger_turn();
            RETURN NULL;
        END $$;
        CREATE TRIGGER ledger_transfer_turn BEFORE INSERT ON ledger_transfer
            FOR EACH STATEMENT EXECUTE FUNCTION ledger_take_turn();
        CREATE TRIGGER ledger_closed_period_turn BEFORE INSERT ON ledger_closed_period
            FOR EACH STATEMENT EXECUTE FUNCTION ledger_take_turn();

        CREATE FUNCTION ledger_post() RETURNS trigger LANGUAGE plpgsql
        SET search_path FROM CURRENT AS $$
        DECLARE
            head ledger_block;
            posting record;
            moved record;
        BEGIN
            SELECT min(transfer_number) AS first_number, max(transfer_number) AS last_number,
                   min(recorded_at) AS recorded_at, max(recorded_at) AS last_recorded_at,
                   count(refers_to_transfer_number) AS referring
              INTO posting FROM new_transfer;
            IF posting.first_number IS NULL THEN
                RETURN NULL;
            END IF;
            SELECT * INTO head FROM ledger_block ORDER BY block_number DESC LIMIT 1;

            IF posting.first_number <= coalesce(head.last_transfer_number, 0)
               OR posting.last_number >
                  (SELECT last_value FROM ledger_transfer_transfer_number_seq) THEN
                RAISE EXCEPTION 'transfers are numbered by the ledger, one after the other'
                    USING ERRCODE = 'check_violation', CONSTRAINT = 'ledger_transfer_numbered';
            END IF;
            IF posting.recorded_at <> posting.last_recorded_at
               OR posting.recorded_at < head.recorded_at THEN
                RAISE EXCEPTION 'a posting is recorded at one instant, not before the last one'
                    USING ERRCODE = 'check_violation', CONSTRAINT = 'ledger_transfer_recorded';
            END IF;
            IF posting.referring > 0 AND EXISTS (
                SELECT FROM ledger_unsound_reference
                 WHERE transfer_number BETWEEN posting.first_number AND posting.last_number
            ) THEN
                RAISE EXCEPTION 'a transfer does not resolve or reverse what it refers to'
                    USING ERRCODE = 'check_violation', CONSTRAINT = 'ledger_transfer_refers';
            END IF;
            IF EXISTS (
                SELECT FROM (SELECT DISTINCT debit_account_number, credit_account_number
                               FROM new_transfer) t
                  JOIN ledger_account d ON d.account_number = t.debit_account_number
                  JOIN ledger_account c ON c.account_number = t.credit_account_number
                 WHERE d.currency <> c.currency
            ) THEN
                RAISE EXCEPTION 'a transfer stays within one currency'
                    USING ERRCODE = 'check_violation', CONSTRAINT = 'ledger_transfer_currency';
            END IF;

            WITH movement AS MATERIALIZED (
                SELECT account_number, sum(posted_minor) AS posted_minor,
                       sum(pending_debit_minor) AS pending_debit_minor,
                       sum(pending_credit_minor) AS pending_credit_minor,
                       count(*) AS transfer_count, min(effective_at) AS earliest_at
                  FROM ledger_movement
                 WHERE transfer_number BETWEEN posting.first_number AND posting.last_number
                 GROUP BY account_number
            ), changed AS (
                UPDATE ledger_balance b
                   SET posted_minor = b.posted_minor + m.posted_minor,
                       pending_debit_minor = b.pending_debit_minor + m.pending_debit_minor,
                       pending_credit_minor = b.pending_credit_minor + m.pending_credit_minor,
                       transfer_count = b.transfer_count + m.transfer_count
                  FROM movement m
                 WHERE b.account_number = m.account_number
                RETURNING m.earliest_at < b.closed_before AS late, b.account_number,
                          (b.transfer_count - m.transfer_count) / ledger_run_size() AS from_run,
                          b.transfer_count / ledger_run_size() AS to_run
            )
            SELECT (SELECT count(*) FROM movement) AS accounts, count(*) AS found,
                   bool_or(late) AS late,
                   array_agg(account_number) FILTER (WHERE to_run > from_run) AS full_accounts,
                   array_agg(from_run) FILTER (WHERE to_run > from_run) AS from_runs,
                   array_agg(to_run) FILTER (WHERE to_run > from_run) AS to_runs
              INTO moved FROM changed;
            IF moved.accounts <> moved.found THEN
                RAISE EXCEPTION 'a transfer names an account that was never opened'
                    USING ERRCODE = 'foreign_key_violation',
                          CONSTRAINT = 'ledger_transfer_account';
            END IF;
            IF moved.late THEN
                RAISE EXCEPTION 'a transfer is effective in a closed period of one of its accounts'
                    USING ERRCODE = 'check_violation', CONSTRAINT = 'ledger_period_open';
            END IF;

            IF moved.full_accounts IS NOT NULL THEN
                PERFORM ledger_roll_up(account, from_run, to_run)
                   FROM unnest(moved.full_accounts, moved.from_runs, moved.to_runs)
                        AS full_account (account, from_run, to_run);
            END IF;

            INSERT INTO ledger_block (block_number, first_transfer_number, last_transfer_number,
                                      recorded_at, previous_hash, block_hash)
            SELECT coalesce(head.block_number, 0) + 1, posting.first_number, posting.last_number,
                   posting.recorded_at, previous.hash,
                   ledger_seal(previous.hash, posting.first_number, posting.last_number)
              FROM (SELECT coalesce(head.block_hash, '') AS hash) AS previous;
            RETURN NULL;
        END $$;
        CREATE TRIGGER ledger_transfer_posted AFTER INSERT ON ledger_transfer
            REFERENCING NEW TABLE AS new_transfer
            FOR EACH STATEMENT EXECUTE FUNCTION ledger_post();
        """
    )
