"""Merges of customers as the directory tells them, and slots for work orders without a case."""

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_STATEMENTS = """
-- A merge is undone once and for ever, so that its events may come late, twice or in any order.
CREATE TABLE customer_merge (
    merge_id text PRIMARY KEY,
    survivor_customer_id text NOT NULL CHECK (survivor_customer_id <> ''),
    merged_customer_id text NOT NULL CHECK (merged_customer_id <> ''),
    undone boolean NOT NULL,
    CONSTRAINT customer_merge_is_of_two CHECK (survivor_customer_id <> merged_customer_id)
);
CREATE INDEX ix_customer_merge_survivor ON customer_merge (survivor_customer_id) WHERE NOT undone;
CREATE INDEX ix_customer_merge_merged ON customer_merge (merged_customer_id) WHERE NOT undone;

-- Everybody who is one with a customer, the customer included.
CREATE FUNCTION same_customer(whose text) RETURNS text[] LANGUAGE sql STABLE PARALLEL SAFE AS $$
    WITH RECURSIVE family(customer_id) AS (
        SELECT whose
        UNION
        SELECT CASE WHEN merge.survivor_customer_id = family.customer_id
                    THEN merge.merged_customer_id ELSE merge.survivor_customer_id END
          FROM family JOIN customer_merge AS merge
            ON family.customer_id IN (merge.survivor_customer_id, merge.merged_customer_id)
           AND NOT merge.undone
    )
    SELECT array_agg(customer_id) FROM family
$$;
-- The terms by which their work orders are found.
CREATE FUNCTION customer_terms(whose text) RETURNS text[] LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT array_agg('customer:' || customer_id) FROM unnest(same_customer(whose)) AS customer_id
$$;

-- A work order that the desk made has no case, and its visit is agreed all the same.
ALTER TABLE slot_reservation DROP CONSTRAINT slot_reservation_case_id_check;
ALTER TABLE slot_reservation ADD CONSTRAINT slot_reservation_has_holder
    CHECK (case_id <> '' OR work_order_id IS NOT NULL);
"""


def upgrade() -> None:
    """Keep merges, and let slots be reserved without a case."""
    op.execute(_STATEMENTS)
