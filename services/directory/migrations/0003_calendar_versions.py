"""Versions of calendars, and the years of which the company knows the notice."""

from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.execute(
        """
        ALTER TABLE calendar_definition
            ADD COLUMN version integer NOT NULL DEFAULT 0,
            ADD COLUMN announced_years integer[] NOT NULL DEFAULT '{}';
        ALTER TABLE calendar_definition DISABLE TRIGGER calendar_definition_append_only;
        UPDATE calendar_definition SET version = numbered.version
          FROM (SELECT definition_number,
                       row_number() OVER (PARTITION BY calendar_code ORDER BY definition_number)
                           AS version
                  FROM calendar_definition) numbered
         WHERE numbered.definition_number = calendar_definition.definition_number;
        ALTER TABLE calendar_definition ENABLE TRIGGER calendar_definition_append_only;
        ALTER TABLE calendar_definition
            ALTER COLUMN version DROP DEFAULT,
            ADD UNIQUE (calendar_code, version),
            ADD CHECK (version > 0);
        DROP INDEX ix_calendar_definition_latest;
        """
    )
