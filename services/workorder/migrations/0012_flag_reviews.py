"""What the office says of a flag on site, once."""

from alembic import op

from kit.db.ddl import forbid_changes

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
        CREATE TABLE on_site_flag_review (
            flag_id text PRIMARY KEY REFERENCES on_site_flag,
            verdict text NOT NULL CHECK (verdict IN ('explained', 'upheld')),
            reason text NOT NULL CHECK (reason <> ''),
            reviewed_at timestamptz NOT NULL,
            reviewed_by_person_id text NOT NULL CHECK (reviewed_by_person_id <> '')
        );
        -- Nobody judges what they are flagged for.
        CREATE FUNCTION check_flag_review() RETURNS trigger LANGUAGE plpgsql
        SET search_path FROM CURRENT AS $$
        BEGIN
            IF EXISTS (SELECT FROM on_site_flag f WHERE f.flag_id = NEW.flag_id
                        AND f.technician_id = NEW.reviewed_by_person_id) THEN
                RAISE EXCEPTION 'nobody reviews a flag on what they did themselves'
                    USING ERRCODE = 'check_violation';
            END IF;
            RETURN NEW;
        END $$;
        CREATE TRIGGER on_site_flag_review_by_another BEFORE INSERT ON on_site_flag_review
            FOR EACH ROW EXECUTE FUNCTION check_flag_review();
        """
    )
    forbid_changes("on_site_flag_review")
