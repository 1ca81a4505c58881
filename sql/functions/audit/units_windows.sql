-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: units of M3: runs, with the sealed usage of their pool up to their month, when it was sealed, whose contributions were used, and who
--          stands behind the licensees.
-- Outcomes: none; p_runs as audit.marked_runs takes it; digest NULL where the month is not among p_months (NULL: all are).
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.units_windows(p_months date[], p_runs jsonb) RETURNS TABLE (unit text, month text, digest text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT r.id::text, r.month::text, CASE WHEN r.text IS NOT NULL THEN audit.digest(pg_catalog.concat_ws('|', r.text,
        (SELECT pg_catalog.string_agg(pg_catalog.concat_ws(',', s.month, s.sealed_at), ';' ORDER BY s.month) FROM metering.seal AS s WHERE s.pool_id = p.pool_id AND s.month <= r.month),
        (SELECT pg_catalog.concat_ws(',', pg_catalog.count(*), pg_catalog.sum(pg_catalog.hashint8extended(pg_catalog.hash_record_extended(u, 0), 0))) FROM metering.sealed_usage AS u
         WHERE u.pool_id = p.pool_id AND u.month <= r.month),
        (SELECT pg_catalog.concat_ws(' ', pg_catalog.count(*), pg_catalog.sum(pg_catalog.hashint8extended(pg_catalog.hash_record_extended(ROW(c.id, c.member_id), 0), 0)), pg_catalog.sum(pg_catalog.hashint8extended(pg_catalog.hash_record_extended(ROW(c.id, c.member_id), 1), 1)))
         FROM licensing.contribution AS c WHERE c.pool_id = p.pool_id AND c.created_at < k.high),
        (SELECT pg_catalog.string_agg(pg_catalog.concat_ws(',', g.id, g.organisation_id, (SELECT pg_catalog.string_agg(o.person_id::text, ' ' ORDER BY o.person_id)
            FROM licensing.person_of_organisation AS o WHERE o.organisation_id = g.organisation_id), (SELECT pg_catalog.string_agg(a.member_id::text, ' ' ORDER BY a.member_id)
            FROM governance.affiliation AS a JOIN governance.member AS m USING (member_id) WHERE a.organisation_id = g.organisation_id AND m.observer)), ';' ORDER BY g.id)
         FROM licensing.data_grant AS g WHERE g.pool_id = p.pool_id))) END
    FROM audit.marked_runs(p_runs) AS r JOIN payout.run AS p ON p.id = r.id CROSS JOIN LATERAL audit.collected(r.id) AS k;
$$;
