"""Vouchers for the finance system: which subject each account is, and what was handed out."""

import json
from pathlib import Path

from alembic import op

from kit.db.ddl import forbid_changes

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

# What an account is called in the books of a Chinese company by default; finance edits it.
_SUBJECTS = Path(__file__).with_name("voucher_subjects.json")

TABLES = """
CREATE TABLE voucher_rule (
    version integer PRIMARY KEY CHECK (version >= 1),
    subjects jsonb NOT NULL,
    put_at timestamptz NOT NULL,
    put_by_person_id text NOT NULL CHECK (put_by_person_id <> '')
);

CREATE TABLE voucher_run (
    run_number integer PRIMARY KEY CHECK (run_number >= 1),
    -- All that counts for before this, and was recorded up to the watermark, and no run before had.
    effective_before timestamptz NOT NULL,
    watermark_transfer_number bigint NOT NULL CHECK (watermark_transfer_number >= 0),
    rule_version integer NOT NULL REFERENCES voucher_rule,
    transfer_count bigint NOT NULL CHECK (transfer_count >= 0),
    made_at timestamptz NOT NULL,
    made_by_person_id text NOT NULL CHECK (made_by_person_id <> '')
);

-- Runs reach ever further, one after the other: nothing is handed out twice, nothing is left out.
CREATE FUNCTION check_voucher_run() RETURNS trigger LANGUAGE plpgsql
SET search_path FROM CURRENT AS $$
DECLARE
    before voucher_run;
BEGIN
    SELECT * INTO before FROM voucher_run ORDER BY run_number DESC LIMIT 1;
    IF NEW.run_number <> coalesce(before.run_number, 0) + 1
       OR NEW.effective_before < before.effective_before
       OR NEW.watermark_transfer_number < before.watermark_transfer_number THEN
        RAISE EXCEPTION 'run % does not follow run %', NEW.run_number, before.run_number
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER voucher_run_follows BEFORE INSERT ON voucher_run
    FOR EACH ROW EXECUTE FUNCTION check_voucher_run();

CREATE TABLE voucher (
    -- The month it is entered in, and its number there: 记-202610-0001.
    accounting_month text NOT NULL CHECK (accounting_month ~ '^[0-9]{4}-[0-9]{2}$'),
    voucher_number integer NOT NULL CHECK (voucher_number >= 1),
    run_number integer NOT NULL REFERENCES voucher_run,
    voucher_day date NOT NULL,
    -- What it sums up: the day it counts for, and why money moved.
    effective_day date NOT NULL,
    transfer_kind text NOT NULL,
    currency text NOT NULL,
    total_minor bigint NOT NULL CHECK (total_minor > 0),
    transfer_count bigint NOT NULL CHECK (transfer_count > 0),
    memo text NOT NULL,
    PRIMARY KEY (accounting_month, voucher_number),
    UNIQUE (run_number, effective_day, transfer_kind, currency),
    CHECK (to_char(voucher_day, 'YYYY-MM') = accounting_month)
);

CREATE TABLE voucher_line (
    accounting_month text NOT NULL,
    voucher_number integer NOT NULL,
    line_number integer NOT NULL CHECK (line_number >= 1),
    subject_code text NOT NULL CHECK (subject_code <> ''),
    subject_name text NOT NULL,
    debit_minor bigint NOT NULL CHECK (debit_minor >= 0),
    credit_minor bigint NOT NULL CHECK (credit_minor >= 0),
    PRIMARY KEY (accounting_month, voucher_number, line_number),
    FOREIGN KEY (accounting_month, voucher_number) REFERENCES voucher,
    CHECK ((debit_minor = 0) <> (credit_minor = 0))
);

CREATE FUNCTION check_voucher_balances() RETURNS trigger LANGUAGE plpgsql
SET search_path FROM CURRENT AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM voucher v
          JOIN LATERAL (SELECT sum(debit_minor) AS debit, sum(credit_minor) AS credit
                          FROM voucher_line l
                         WHERE l.accounting_month = v.accounting_month
                           AND l.voucher_number = v.voucher_number) s ON true
         WHERE v.accounting_month = NEW.accounting_month
           AND v.voucher_number = NEW.voucher_number
           AND s.debit = v.total_minor AND s.credit = v.total_minor
    ) THEN
        RAISE EXCEPTION 'voucher % % does not balance', NEW.accounting_month, NEW.voucher_number
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER voucher_balances AFTER INSERT ON voucher
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION check_voucher_balances();
CREATE CONSTRAINT TRIGGER voucher_line_balances AFTER INSERT ON voucher_line
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION check_voucher_balances();
"""


def upgrade() -> None:
    op.execute(TABLES)
    subjects = json.dumps(json.loads(_SUBJECTS.read_text(encoding="utf-8")), ensure_ascii=False)
    op.get_bind().exec_driver_sql(
        "INSERT INTO voucher_rule VALUES (1, %s, now(), 'system')", (subjects,)
    )
    for table in ("voucher_rule", "voucher_run", "voucher", "voucher_line"):
        forbid_changes(table)
