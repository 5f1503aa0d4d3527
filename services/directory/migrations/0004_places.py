"""Versions of zones, city tiers and macro-regions, each from an instant on."""

from alembic import op

from kit.db.ddl import forbid_changes

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.execute(
        """
        -- Every edit counts it up, and so waits for the edit before: what a reader has seen up to a
        -- revision is whole.
        CREATE TABLE place_revision (
            sole boolean PRIMARY KEY DEFAULT true CHECK (sole),
            revision bigint NOT NULL
        );
        INSERT INTO place_revision (revision) VALUES (1);

        CREATE TABLE zone_version (
            zone_code text NOT NULL CHECK (zone_code <> ''),
            version integer NOT NULL CHECK (version > 0),
            effective_from timestamptz NOT NULL,
            name text NOT NULL CHECK (name <> ''),
            coordinate_system text NOT NULL
                CHECK (coordinate_system IN ('GCJ-02', 'WGS-84', 'BD-09')),
            parts jsonb CHECK (jsonb_array_length(parts) > 0),
            revision bigint NOT NULL,
            put_at timestamptz NOT NULL,
            put_by_person_id text NOT NULL,
            PRIMARY KEY (zone_code, version)
        );
        CREATE INDEX ix_zone_version_revision ON zone_version (revision);

        CREATE TABLE city_tier_version (
            adcode text NOT NULL,
            version integer NOT NULL CHECK (version > 0),
            effective_from timestamptz NOT NULL,
            city_tier text NOT NULL,
            revision bigint NOT NULL,
            put_at timestamptz NOT NULL,
            put_by_person_id text NOT NULL,
            PRIMARY KEY (adcode, version)
        );
        CREATE INDEX ix_city_tier_version_revision ON city_tier_version (revision);

        CREATE TABLE macro_regions_version (
            version integer PRIMARY KEY CHECK (version > 0),
            effective_from timestamptz NOT NULL,
            regions jsonb NOT NULL CHECK (jsonb_array_length(regions) > 0),
            revision bigint NOT NULL,
            put_at timestamptz NOT NULL,
            put_by_person_id text NOT NULL
        );

        -- What there was has no known beginning.
        INSERT INTO zone_version
        SELECT zone_code, 1, '1949-10-01 00:00+08', name, coordinate_system,
               jsonb_build_array(jsonb_build_array(to_jsonb(boundary))), 1, now(), ''
          FROM zone;
        INSERT INTO city_tier_version
        SELECT adcode, 1, '1949-10-01 00:00+08', city_tier, 1, now(), '' FROM city_tier;
        DROP TABLE zone, city_tier;

        INSERT INTO macro_regions_version VALUES (1, '1949-10-01 00:00+08', '[
            {"code": "CN-NORTH", "name": "华北",
             "provinces": ["110000", "120000", "130000", "140000", "150000"]},
            {"code": "CN-NORTHEAST", "name": "东北",
             "provinces": ["210000", "220000", "230000"]},
            {"code": "CN-EAST", "name": "华东", "provinces":
             ["310000", "320000", "330000", "340000", "350000", "360000", "370000"]},
            {"code": "CN-CENTRAL", "name": "华中",
             "provinces": ["410000", "420000", "430000"]},
            {"code": "CN-SOUTH", "name": "华南",
             "provinces": ["440000", "450000", "460000"]},
            {"code": "CN-SOUTHWEST", "name": "西南",
             "provinces": ["500000", "510000", "520000", "530000", "540000"]},
            {"code": "CN-NORTHWEST", "name": "西北",
             "provinces": ["610000", "620000", "630000", "640000", "650000"]},
            {"code": "CN-HMT", "name": "港澳台",
             "provinces": ["710000", "810000", "820000"]}
        ]', 1, now(), '');

        ALTER TABLE address
            ADD COLUMN resolved_at timestamptz,
            ADD COLUMN former_adcode text NOT NULL DEFAULT '';
        ALTER TABLE address ALTER COLUMN former_adcode DROP DEFAULT;
        """
    )
    forbid_changes("zone_version")
    forbid_changes("city_tier_version")
    forbid_changes("macro_regions_version")
