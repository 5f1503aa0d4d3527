"""Spare parts: stockrooms, the movement ledger, reservations, part requests, use, core returns, counts."""

from alembic import op

from kit.db.ddl import forbid_changes

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for part in (STOCKROOMS, LEDGER, RESERVATIONS, REQUESTS, USE, REPLENISHMENT, FINDINGS):
        op.execute(part)
    for table in ("stock_movement", "part_request_change", "part_use_line"):
        forbid_changes(table)


STOCKROOMS = """
CREATE TABLE stockroom (
    stockroom_id text PRIMARY KEY CHECK (stockroom_id <> ''),
    stockroom_kind text NOT NULL
        CHECK (stockroom_kind IN ('central', 'outlet', 'vehicle', 'returns', 'transit')),
    name text NOT NULL CHECK (name <> ''),
    outlet_id text NOT NULL,
    technician_id text NOT NULL,
    -- Where what is under way in a transit goes to.
    destination_id text UNIQUE REFERENCES stockroom,
    place_codes text[] NOT NULL,
    currency text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    four_eyes_above_minor bigint NOT NULL CHECK (four_eyes_above_minor >= 0),
    active boolean NOT NULL,
    put_at timestamptz NOT NULL,
    put_by_person_id text NOT NULL,
    CONSTRAINT stockroom_vehicle_is_a_technicians
        CHECK ((technician_id <> '') = (stockroom_kind = 'vehicle')),
    CONSTRAINT stockroom_outlets_own_is_an_outlets
        CHECK (outlet_id <> '' OR stockroom_kind <> 'outlet'),
    CONSTRAINT stockroom_transit_leads_somewhere
        CHECK ((destination_id IS NOT NULL) = (stockroom_kind = 'transit'))
);
CREATE UNIQUE INDEX stockroom_one_vehicle ON stockroom (technician_id)
    WHERE active AND stockroom_kind = 'vehicle';
CREATE INDEX ix_stockroom_outlet ON stockroom (outlet_id, stockroom_id);

CREATE FUNCTION refuse_stockroom_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a stockroom keeps its kind and currency for ever'
        USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER stockroom_keeps_its_kind BEFORE UPDATE ON stockroom FOR EACH ROW
    WHEN ((NEW.stockroom_kind, NEW.currency, NEW.destination_id)
          IS DISTINCT FROM (OLD.stockroom_kind, OLD.currency, OLD.destination_id))
    EXECUTE FUNCTION refuse_stockroom_change();
CREATE TRIGGER stockroom_stays BEFORE DELETE ON stockroom FOR EACH ROW
    EXECUTE FUNCTION refuse_stockroom_change();

CREATE TABLE stock_item (
    item_code text PRIMARY KEY CHECK (item_code <> ''),
    name text NOT NULL CHECK (name <> ''),
    serial_tracked boolean NOT NULL,
    needs_approval boolean NOT NULL,
    -- Days until the old part must be back; 0: none is expected.
    core_return_days integer NOT NULL CHECK (core_return_days BETWEEN 0 AND 3650),
    put_at timestamptz NOT NULL,
    put_by_person_id text NOT NULL
);
"""

# A level is nothing but the sum of what moved and of what is reserved: triggers keep it, and nobody
# else may.
LEDGER = """
CREATE TABLE stock_level (
    stockroom_id text NOT NULL REFERENCES stockroom,
    item_code text NOT NULL REFERENCES stock_item,
    on_hand bigint NOT NULL DEFAULT 0,
    reserved bigint NOT NULL DEFAULT 0,
    value_minor bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (stockroom_id, item_code),
    CONSTRAINT stock_level_never_negative CHECK (on_hand >= 0),
    CONSTRAINT stock_level_reserves_what_is_there CHECK (reserved >= 0 AND reserved <= on_hand),
    CONSTRAINT stock_level_value_goes_with_the_stock
        CHECK (value_minor >= 0 AND (on_hand > 0 OR value_minor = 0))
);
CREATE INDEX ix_stock_level_item ON stock_level (item_code, stockroom_id);

CREATE TABLE stock_unit (
    item_code text NOT NULL REFERENCES stock_item,
    serial_number text NOT NULL CHECK (serial_number <> ''),
    -- Null: not in our stock any more.
    stockroom_id text REFERENCES stockroom,
    PRIMARY KEY (item_code, serial_number)
);
CREATE INDEX ix_stock_unit_stockroom ON stock_unit (stockroom_id, item_code);
CREATE INDEX ix_stock_unit_serial ON stock_unit (serial_number);

CREATE TABLE stock_movement (
    movement_id text PRIMARY KEY,
    movement_kind text NOT NULL CHECK (movement_kind IN ('receipt', 'transfer', 'loss', 'use',
        'use_reversal', 'core_return', 'count', 'scrap')),
    item_code text NOT NULL REFERENCES stock_item,
    quantity bigint NOT NULL CHECK (quantity > 0),
    from_stockroom_id text REFERENCES stockroom,
    to_stockroom_id text REFERENCES stockroom,
    -- Of the whole quantity.
    cost_minor bigint NOT NULL CHECK (cost_minor >= 0),
    currency text NOT NULL,
    serial_numbers text[] NOT NULL,
    -- The delivery note, part request, use, count or core return that it belongs to.
    document_id text NOT NULL,
    work_order_id text NOT NULL,
    reason text NOT NULL,
    moved_at timestamptz NOT NULL,
    moved_by_person_id text NOT NULL,
    CONSTRAINT stock_movement_goes_somewhere_else
        CHECK (from_stockroom_id IS DISTINCT FROM to_stockroom_id),
    CONSTRAINT stock_movement_goes_as_its_kind CHECK (CASE movement_kind
        WHEN 'transfer' THEN from_stockroom_id IS NOT NULL AND to_stockroom_id IS NOT NULL
        WHEN 'count' THEN (from_stockroom_id IS NULL) <> (to_stockroom_id IS NULL)
        WHEN 'receipt' THEN from_stockroom_id IS NULL
        WHEN 'use_reversal' THEN from_stockroom_id IS NULL
        WHEN 'core_return' THEN from_stockroom_id IS NULL
        ELSE to_stockroom_id IS NULL END),
    CONSTRAINT stock_movement_use_has_work_order
        CHECK (work_order_id <> '' OR movement_kind NOT IN ('use', 'use_reversal', 'core_return')),
    CONSTRAINT stock_movement_names_every_unit_or_none
        CHECK (cardinality(serial_numbers) IN (0, quantity))
);
CREATE INDEX ix_stock_movement_from ON stock_movement (from_stockroom_id, movement_id DESC);
CREATE INDEX ix_stock_movement_to ON stock_movement (to_stockroom_id, movement_id DESC);
CREATE INDEX ix_stock_movement_item ON stock_movement (item_code, movement_id DESC);
CREATE INDEX ix_stock_movement_work_order ON stock_movement (work_order_id, movement_id DESC)
    WHERE work_order_id <> '';
CREATE INDEX ix_stock_movement_document ON stock_movement (document_id, movement_id DESC);

CREATE FUNCTION apply_stock_movement() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    moved_units bigint;
BEGIN
    IF EXISTS (SELECT FROM stockroom
                WHERE stockroom_id IN (NEW.from_stockroom_id, NEW.to_stockroom_id)
                  AND currency <> NEW.currency) THEN
        RAISE EXCEPTION 'a movement is valued in the currency of its stockrooms'
            USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.from_stockroom_id IS NOT NULL THEN
        UPDATE stock_level
           SET on_hand = on_hand - NEW.quantity, value_minor = value_minor - NEW.cost_minor
         WHERE stockroom_id = NEW.from_stockroom_id AND item_code = NEW.item_code;
        IF NOT FOUND THEN
            RAISE EXCEPTION 'there is no % in %', NEW.item_code, NEW.from_stockroom_id
                USING ERRCODE = 'check_violation';
        END IF;
    END IF;
    IF NEW.to_stockroom_id IS NOT NULL THEN
        INSERT INTO stock_level AS level (stockroom_id, item_code, on_hand, value_minor)
        VALUES (NEW.to_stockroom_id, NEW.item_code, NEW.quantity, NEW.cost_minor)
        ON CONFLICT (stockroom_id, item_code) DO UPDATE
           SET on_hand = level.on_hand + NEW.quantity,
               value_minor = level.value_minor + NEW.cost_minor;
    END IF;
    IF cardinality(NEW.serial_numbers) = 0 THEN
        RETURN NULL;
    END IF;
    IF NEW.from_stockroom_id IS NOT NULL THEN
        UPDATE stock_unit SET stockroom_id = NEW.to_stockroom_id
         WHERE item_code = NEW.item_code AND serial_number = ANY (NEW.serial_numbers)
           AND stockroom_id = NEW.from_stockroom_id;
    ELSE
        INSERT INTO stock_unit AS unit (item_code, serial_number, stockroom_id)
        SELECT NEW.item_code, serial_number, NEW.to_stockroom_id
          FROM unnest(NEW.serial_numbers) AS serial_number
        ON CONFLICT (item_code, serial_number) DO UPDATE SET stockroom_id = NEW.to_stockroom_id
         WHERE unit.stockroom_id IS NULL;
    END IF;
    GET DIAGNOSTICS moved_units = ROW_COUNT;
    -- Somebody moved one of them just now: the same call, tried again, sees where it is.
    IF moved_units <> NEW.quantity THEN
        RAISE EXCEPTION 'a unit of % is not where it is moved from', NEW.item_code
            USING ERRCODE = 'unique_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER stock_movement_is_applied AFTER INSERT ON stock_movement
    FOR EACH ROW EXECUTE FUNCTION apply_stock_movement();

CREATE FUNCTION refuse_direct_stock_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF pg_trigger_depth() > 1 AND TG_OP <> 'DELETE' THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION '% follows the ledger and is changed by nothing else', TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER stock_level_follows_the_ledger BEFORE UPDATE OR DELETE ON stock_level
    FOR EACH ROW EXECUTE FUNCTION refuse_direct_stock_change();
-- An empty level may be made by whoever wants to lock it.
CREATE TRIGGER stock_level_begins_empty BEFORE INSERT ON stock_level FOR EACH ROW
    WHEN (NEW.on_hand <> 0 OR NEW.reserved <> 0 OR NEW.value_minor <> 0)
    EXECUTE FUNCTION refuse_direct_stock_change();
CREATE TRIGGER stock_unit_follows_the_ledger BEFORE INSERT OR UPDATE OR DELETE ON stock_unit
    FOR EACH ROW EXECUTE FUNCTION refuse_direct_stock_change();
CREATE TRIGGER stock_level_no_truncate BEFORE TRUNCATE ON stock_level
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_direct_stock_change();
CREATE TRIGGER stock_unit_no_truncate BEFORE TRUNCATE ON stock_unit
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_direct_stock_change();
"""

RESERVATIONS = """
CREATE TABLE stock_reservation (
    reservation_id text PRIMARY KEY,
    stockroom_id text NOT NULL REFERENCES stockroom,
    case_id text NOT NULL,
    work_order_id text NOT NULL,
    part_request_id text NOT NULL,
    reserved_at timestamptz NOT NULL,
    reserved_by_person_id text NOT NULL,
    -- Null: until it is used or released.
    expires_at timestamptz,
    outcome text CHECK (outcome IN ('used', 'released', 'expired')),
    outcome_at timestamptz,
    UNIQUE (reservation_id, stockroom_id),
    CONSTRAINT stock_reservation_is_for_something
        CHECK (work_order_id <> '' OR part_request_id <> ''),
    CONSTRAINT stock_reservation_expires_after_made CHECK (expires_at > reserved_at),
    CONSTRAINT stock_reservation_outcome_is_whole CHECK ((outcome IS NULL) = (outcome_at IS NULL))
);
CREATE INDEX ix_stock_reservation_expiry ON stock_reservation (expires_at) WHERE outcome IS NULL;
CREATE INDEX ix_stock_reservation_work_order ON stock_reservation (work_order_id, reservation_id)
    WHERE outcome IS NULL;
CREATE INDEX ix_stock_reservation_request ON stock_reservation (part_request_id)
    WHERE outcome IS NULL AND part_request_id <> '';

CREATE TABLE stock_reservation_line (
    reservation_id text NOT NULL,
    stockroom_id text NOT NULL,
    item_code text NOT NULL,
    quantity bigint NOT NULL CHECK (quantity > 0),
    -- What is neither used nor given back yet.
    open_quantity bigint NOT NULL CHECK (open_quantity >= 0 AND open_quantity <= quantity),
    PRIMARY KEY (reservation_id, item_code),
    FOREIGN KEY (reservation_id, stockroom_id)
        REFERENCES stock_reservation (reservation_id, stockroom_id),
    FOREIGN KEY (stockroom_id, item_code) REFERENCES stock_level (stockroom_id, item_code)
);
CREATE INDEX ix_stock_reservation_line_open ON stock_reservation_line (stockroom_id, item_code)
    WHERE open_quantity > 0;

CREATE FUNCTION apply_stock_reservation() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE'
       AND ((NEW.reservation_id, NEW.stockroom_id, NEW.item_code, NEW.quantity)
            <> (OLD.reservation_id, OLD.stockroom_id, OLD.item_code, OLD.quantity)
            OR NEW.open_quantity > OLD.open_quantity) THEN
        RAISE EXCEPTION 'of a reservation only less and less is open'
            USING ERRCODE = 'restrict_violation';
    END IF;
    UPDATE stock_level
       SET reserved = reserved + NEW.open_quantity
                    - CASE TG_OP WHEN 'UPDATE' THEN OLD.open_quantity ELSE 0 END
     WHERE stockroom_id = NEW.stockroom_id AND item_code = NEW.item_code;
    RETURN NULL;
END $$;
CREATE TRIGGER stock_reservation_is_applied AFTER INSERT OR UPDATE ON stock_reservation_line
    FOR EACH ROW EXECUTE FUNCTION apply_stock_reservation();
CREATE TRIGGER stock_reservation_stays BEFORE DELETE ON stock_reservation_line
    FOR EACH ROW EXECUTE FUNCTION refuse_direct_stock_change();
"""

REQUESTS = """
CREATE FUNCTION refuse_part_request_leap() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'part request % must go from revision % to the next one, not to %',
        OLD.part_request_id, OLD.revision, NEW.revision USING ERRCODE = 'check_violation';
END $$;

CREATE TABLE part_request (
    part_request_id text PRIMARY KEY,
    revision bigint NOT NULL CHECK (revision > 0),
    state text NOT NULL CHECK (state IN ('requested', 'approved', 'rejected', 'allocated',
        'dispatched', 'received', 'closed', 'cancelled')),
    case_id text NOT NULL,
    work_order_id text NOT NULL,
    to_stockroom_id text NOT NULL REFERENCES stockroom,
    from_stockroom_id text REFERENCES stockroom,
    reservation_id text REFERENCES stock_reservation,
    reserved_until timestamptz,
    purpose text NOT NULL,
    needed_at timestamptz,
    needs_approval boolean NOT NULL,
    requested_at timestamptz NOT NULL,
    requested_by_person_id text NOT NULL,
    decided_by_person_id text,
    decision_note text NOT NULL DEFAULT '',
    discrepancy_note text NOT NULL DEFAULT '',
    CONSTRAINT part_request_goes_somewhere_else
        CHECK (from_stockroom_id IS DISTINCT FROM to_stockroom_id),
    CONSTRAINT part_request_allocation_is_whole CHECK (
        (from_stockroom_id IS NOT NULL OR state NOT IN ('allocated', 'dispatched', 'received'))
        AND ((reserved_until IS NOT NULL) = (state = 'allocated'))),
    -- Nobody approves what they asked for themselves.
    CONSTRAINT part_request_four_eyes CHECK (NOT needs_approval
        OR decided_by_person_id IS DISTINCT FROM requested_by_person_id),
    CONSTRAINT part_request_was_decided CHECK (NOT needs_approval OR decided_by_person_id IS NOT NULL
        OR state IN ('requested', 'cancelled'))
);
CREATE INDEX ix_part_request_state ON part_request (state, part_request_id DESC);
CREATE INDEX ix_part_request_work_order ON part_request (work_order_id, part_request_id DESC);
CREATE INDEX ix_part_request_to ON part_request (to_stockroom_id, part_request_id DESC);
CREATE INDEX ix_part_request_from ON part_request (from_stockroom_id, part_request_id DESC);
CREATE INDEX ix_part_request_case ON part_request (case_id, part_request_id DESC);
CREATE TRIGGER part_request_revision BEFORE UPDATE ON part_request FOR EACH ROW
    WHEN (NEW.revision IS DISTINCT FROM OLD.revision + 1)
    EXECUTE FUNCTION refuse_part_request_leap();

CREATE TABLE part_request_line (
    part_request_id text NOT NULL REFERENCES part_request,
    item_code text NOT NULL REFERENCES stock_item,
    quantity bigint NOT NULL CHECK (quantity > 0),
    approved_quantity bigint NOT NULL CHECK (approved_quantity >= 0),
    dispatched_quantity bigint NOT NULL DEFAULT 0 CHECK (dispatched_quantity >= 0),
    dispatched_cost_minor bigint NOT NULL DEFAULT 0 CHECK (dispatched_cost_minor >= 0),
    dispatched_serials text[] NOT NULL DEFAULT '{}',
    received_quantity bigint NOT NULL DEFAULT 0 CHECK (received_quantity >= 0),
    used_quantity bigint NOT NULL DEFAULT 0 CHECK (used_quantity >= 0),
    returned_quantity bigint NOT NULL DEFAULT 0 CHECK (returned_quantity >= 0),
    PRIMARY KEY (part_request_id, item_code),
    CONSTRAINT part_request_line_never_grows CHECK (approved_quantity <= quantity
        AND dispatched_quantity <= approved_quantity AND received_quantity <= dispatched_quantity
        AND used_quantity + returned_quantity <= received_quantity)
);

CREATE TABLE part_request_change (
    part_request_id text NOT NULL REFERENCES part_request,
    revision bigint NOT NULL CHECK (revision > 0),
    changed_at timestamptz NOT NULL,
    acting_person_id text NOT NULL,
    verb text NOT NULL,
    from_state text,
    to_state text NOT NULL,
    reason text NOT NULL,
    PRIMARY KEY (part_request_id, revision)
);
"""

USE = """
CREATE TABLE part_use (
    part_use_id text PRIMARY KEY,
    work_order_id text NOT NULL REFERENCES work_order,
    technician_id text NOT NULL CHECK (technician_id <> ''),
    stockroom_id text NOT NULL REFERENCES stockroom,
    -- When it was used, as the technician's device says.
    used_at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL,
    recorded_by_person_id text NOT NULL,
    reversed_at timestamptz,
    reversed_by_person_id text,
    reverse_reason text NOT NULL DEFAULT '',
    CONSTRAINT part_use_reversal_is_whole CHECK (
        (reversed_at IS NULL) = (reversed_by_person_id IS NULL)
        AND (reversed_at IS NULL) = (reverse_reason = ''))
);
CREATE INDEX ix_part_use_work_order ON part_use (work_order_id, part_use_id DESC);
CREATE INDEX ix_part_use_technician ON part_use (technician_id, part_use_id DESC);

CREATE TABLE part_use_line (
    part_use_id text NOT NULL REFERENCES part_use,
    line_number integer NOT NULL CHECK (line_number > 0),
    movement_id text NOT NULL UNIQUE REFERENCES stock_movement,
    in_warranty boolean NOT NULL,
    PRIMARY KEY (part_use_id, line_number)
);

CREATE TABLE core_return (
    core_return_id text PRIMARY KEY,
    part_use_id text NOT NULL,
    line_number integer NOT NULL,
    work_order_id text NOT NULL REFERENCES work_order,
    item_code text NOT NULL REFERENCES stock_item,
    owed_by_person_id text NOT NULL CHECK (owed_by_person_id <> ''),
    quantity bigint NOT NULL CHECK (quantity > 0),
    received_quantity bigint NOT NULL DEFAULT 0
        CHECK (received_quantity >= 0 AND received_quantity <= quantity),
    -- Of the old parts, where they can be read.
    serial_numbers text[] NOT NULL,
    due_at timestamptz NOT NULL,
    state text NOT NULL CHECK (state IN ('owed', 'received', 'waived', 'void')),
    note text NOT NULL DEFAULT '',
    closed_at timestamptz,
    closed_by_person_id text,
    UNIQUE (part_use_id, line_number),
    FOREIGN KEY (part_use_id, line_number) REFERENCES part_use_line (part_use_id, line_number),
    CONSTRAINT core_return_is_received_whole
        CHECK ((state = 'received') = (received_quantity = quantity)),
    CONSTRAINT core_return_closing_is_whole CHECK ((state = 'owed') = (closed_at IS NULL)
        AND (closed_at IS NULL) = (closed_by_person_id IS NULL))
);
CREATE INDEX ix_core_return_owed ON core_return (owed_by_person_id, core_return_id DESC);
CREATE INDEX ix_core_return_state ON core_return (state, core_return_id DESC);
CREATE INDEX ix_core_return_work_order ON core_return (work_order_id, core_return_id DESC);
"""

REPLENISHMENT = """
CREATE TABLE reorder_point (
    stockroom_id text NOT NULL REFERENCES stockroom,
    item_code text NOT NULL REFERENCES stock_item,
    reorder_at bigint NOT NULL CHECK (reorder_at >= 0),
    order_up_to bigint NOT NULL,
    put_at timestamptz NOT NULL,
    put_by_person_id text NOT NULL,
    PRIMARY KEY (stockroom_id, item_code),
    CONSTRAINT reorder_point_orders_something CHECK (order_up_to > reorder_at)
);

CREATE TABLE stock_count (
    stock_count_id text PRIMARY KEY,
    stockroom_id text NOT NULL REFERENCES stockroom,
    state text NOT NULL CHECK (state IN ('open', 'posted', 'cancelled')),
    note text NOT NULL,
    opened_at timestamptz NOT NULL,
    opened_by_person_id text NOT NULL,
    -- The differences come to more than one pair of eyes may post.
    needs_four_eyes boolean NOT NULL DEFAULT false,
    closed_at timestamptz,
    closed_by_person_id text,
    CONSTRAINT stock_count_closing_is_whole CHECK ((state = 'open') = (closed_at IS NULL)
        AND (closed_at IS NULL) = (closed_by_person_id IS NULL))
);
CREATE UNIQUE INDEX stock_count_one_open ON stock_count (stockroom_id) WHERE state = 'open';
CREATE INDEX ix_stock_count_stockroom ON stock_count (stockroom_id, stock_count_id DESC);

CREATE TABLE stock_count_line (
    stock_count_id text NOT NULL REFERENCES stock_count,
    item_code text NOT NULL REFERENCES stock_item,
    -- What the ledger said at the moment of counting; stock may go on moving.
    book_quantity bigint NOT NULL CHECK (book_quantity >= 0),
    counted_quantity bigint NOT NULL CHECK (counted_quantity >= 0),
    unit_cost_minor bigint NOT NULL CHECK (unit_cost_minor >= 0),
    missing_serials text[] NOT NULL,
    surplus_serials text[] NOT NULL,
    reason text NOT NULL,
    counted_at timestamptz NOT NULL,
    counted_by_person_id text NOT NULL,
    PRIMARY KEY (stock_count_id, item_code),
    CONSTRAINT stock_count_line_says_why
        CHECK (reason <> '' OR (counted_quantity = book_quantity
               AND missing_serials = '{}' AND surplus_serials = '{}')),
    CONSTRAINT stock_count_line_serials_are_the_difference CHECK (
        (missing_serials = '{}' AND surplus_serials = '{}')
        OR cardinality(surplus_serials) - cardinality(missing_serials)
           = counted_quantity - book_quantity)
);

CREATE FUNCTION refuse_own_count() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM stock_count_line
                WHERE stock_count_id = NEW.stock_count_id
                  AND counted_by_person_id = NEW.closed_by_person_id) THEN
        RAISE EXCEPTION 'who counted does not post so large a difference'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER stock_count_four_eyes BEFORE UPDATE ON stock_count FOR EACH ROW
    WHEN (NEW.state = 'posted' AND NEW.needs_four_eyes) EXECUTE FUNCTION refuse_own_count();
CREATE FUNCTION refuse_closed_count() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a count that is closed stays as it is' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER stock_count_closes_once BEFORE UPDATE ON stock_count FOR EACH ROW
    WHEN (OLD.state <> 'open') EXECUTE FUNCTION refuse_closed_count();
"""

# Rows only where a level is not what the ledger, the reservations and the units say.
FINDINGS = """
CREATE VIEW stock_finding AS
WITH moved AS (
    SELECT stockroom_id, item_code, sum(quantity)::bigint AS quantity, sum(cost)::bigint AS cost
      FROM (SELECT to_stockroom_id AS stockroom_id, item_code, quantity, cost_minor AS cost
              FROM stock_movement WHERE to_stockroom_id IS NOT NULL
            UNION ALL
            SELECT from_stockroom_id, item_code, -quantity, -cost_minor
              FROM stock_movement WHERE from_stockroom_id IS NOT NULL) AS side
     GROUP BY stockroom_id, item_code
), open_reservations AS (
    SELECT stockroom_id, item_code, sum(open_quantity)::bigint AS quantity
      FROM stock_reservation_line WHERE open_quantity > 0 GROUP BY stockroom_id, item_code
), units AS (
    SELECT stockroom_id, item_code, count(*) AS quantity
      FROM stock_unit WHERE stockroom_id IS NOT NULL GROUP BY stockroom_id, item_code
), compared AS (
    SELECT stockroom_id, item_code,
           coalesce(level.on_hand, 0) AS on_hand, coalesce(moved.quantity, 0) AS moved_quantity,
           coalesce(level.value_minor, 0) AS value_minor, coalesce(moved.cost, 0) AS moved_cost_minor,
           coalesce(level.reserved, 0) AS reserved,
           coalesce(open_reservations.quantity, 0) AS reservation_quantity,
           CASE WHEN item.serial_tracked AND room.stockroom_kind <> 'returns'
                THEN coalesce(units.quantity, 0) ELSE coalesce(level.on_hand, 0) END AS unit_count
      FROM stock_level AS level
      FULL JOIN moved USING (stockroom_id, item_code)
      FULL JOIN open_reservations USING (stockroom_id, item_code)
      FULL JOIN units USING (stockroom_id, item_code)
      JOIN stock_item AS item USING (item_code)
      JOIN stockroom AS room USING (stockroom_id)
)
SELECT * FROM compared
 WHERE on_hand <> moved_quantity OR value_minor <> moved_cost_minor
    OR reserved <> reservation_quantity OR on_hand <> unit_count;
"""
