-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: units of A5: runs, with their lines and heads, the file of weights from outside, and the records of members and contributions of that
--          time.
-- Outcomes: none; p_runs as audit.marked_runs takes it; digest NULL where the month is not among p_months (NULL: all are).
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.units_shares(p_months date[], p_runs jsonb) RETURNS TABLE (unit text, month text, digest text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT r.id::text, r.month::text, CASE WHEN r.text IS NOT NULL THEN audit.digest(pg_catalog.concat_ws('|', r.text,
        (SELECT pg_catalog.concat_ws(',', pg_catalog.count(*), pg_catalog.sum(pg_catalog.hashint8extended(pg_catalog.hash_record_extended(l, 0), 0))) FROM payout.run_line AS l WHERE l.run = r.id),
        (SELECT pg_catalog.encode(pg_catalog.sha256(e.bytes), 'hex') FROM payout.evidence AS e WHERE e.sha256 = p.external_sha256),
        (SELECT pg_catalog.sum(pg_catalog.hashint8extended(pg_catalog.hash_record_extended(ROW(c.id, c.member_id, c.decided_at, c.rows IS NULL, c.quality_ppm), 0), 0)) FROM licensing.contribution AS c
         WHERE c.pool_id = p.pool_id AND c.decided_at < k.high),
        (SELECT pg_catalog.sum(pg_catalog.hashint8extended(pg_catalog.hash_record_extended(s, 0), 0)) FROM governance.standing AS s WHERE s.since_at < k.high),
        (SELECT pg_catalog.sum(pg_catalog.hashint8extended(pg_catalog.hash_record_extended(m, 0), 0)) FROM governance.member AS m WHERE m.joined_at < k.high))) END
    FROM audit.marked_runs(p_runs) AS r JOIN payout.run AS p ON p.id = r.id CROSS JOIN LATERAL audit.collected(r.id) AS k;
$$;
