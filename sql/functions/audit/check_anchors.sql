-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: T4 for what others signed, row beside row: each cosignature and each timestamp is of a checkpoint there is, or was in a log that could not be
--          continued; and the line that each witness gave last is there.
-- Outcomes: none; a row is a finding.
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.check_anchors() RETURNS TABLE (object_type text, object_id text, aspect text, expected text, found text, about text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    WITH signed AS (SELECT c.size, c.root FROM log.checkpoint AS c UNION ALL SELECT f.size, f.root FROM log.former_checkpoint AS f),
    anchor AS (
        SELECT 'cosignature' AS type, s.size || ' by ' || s.vkey AS id, s.size, s.root FROM log.cosignature AS s
        UNION ALL SELECT 'timestamp', t.size::text, t.size, t.root FROM log.timestamp AS t)
    SELECT a.type, a.id, 'checkpoint', 'a checkpoint', 'none', 'others signed a checkpoint that the log does not have: it was taken out, or forked'
    FROM anchor AS a WHERE NOT EXISTS (SELECT FROM signed AS s WHERE s.size = a.size AND s.root = a.root)
    UNION ALL
    SELECT 'witness', w.vkey, 'line', w.size::text, COALESCE((SELECT pg_catalog.max(s.size) FROM log.cosignature AS s WHERE s.vkey = w.vkey)::text, 'none'),
        'the witness cosigned this size, and its line is gone'
    FROM log.witness AS w WHERE w.size > 0 AND NOT EXISTS (SELECT FROM log.cosignature AS s WHERE s.vkey = w.vkey AND s.size = w.size);
$$;
