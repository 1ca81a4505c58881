-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Contributions get a number beside their id: metering attributes rows to numbers, eight bytes each instead of sixteen.
SET LOCAL ROLE ch_licensing_owner;

ALTER TABLE licensing.contribution ADD COLUMN no bigint GENERATED ALWAYS AS IDENTITY UNIQUE;
COMMENT ON COLUMN licensing.contribution.no IS 'internal number, never shown: what metering counts rows by';

CREATE OR REPLACE VIEW licensing.covered_contribution AS
    SELECT c.pool_id, k.purpose, k.recipient_class, k.notice, k.until AS until_at, c.id AS contribution_id, c.member_id, k.explicit,
        c.no AS contribution_no
    FROM licensing.contribution AS c
    JOIN licensing.consent_current AS k ON k.pool_id = c.pool_id AND k.member_id = c.member_id
    WHERE c.state = 'accepted' AND k.permits AND (k.until IS NULL OR k.until > pg_catalog.statement_timestamp());

CREATE OR REPLACE VIEW licensing.contribution_overview AS
    SELECT c.id AS contribution_id, c.pool_id, p.ref AS pool, c.member_id, c.state, c.rows, c.quality_ppm,
        c.decided_at AS from_at, c.ended_at AS until_at, c.no AS contribution_no
    FROM licensing.contribution AS c JOIN licensing.pool AS p USING (pool_id);

RESET ROLE;
