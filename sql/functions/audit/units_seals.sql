-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: units of M1: a sealed month of a pool and with it every run of it; so is a month of a run that was never sealed. A digest holds seal,
--          lines, daily counts, the runs with their inputs and what the log was told of them, and whose the grants are.
-- Outcomes: none; p_runs as audit.marked_runs takes it; digest NULL where the month is not among p_months (NULL: all are).
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.units_seals(p_months date[], p_runs jsonb) RETURNS TABLE (unit text, month text, digest text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    WITH unit AS (
        SELECT s.pool_id, s.month FROM metering.seal AS s
        UNION SELECT u.pool_id, u.month FROM metering.sealed_usage AS u
        UNION SELECT r.pool_id, r.service_month FROM payout.run AS r WHERE r.inputs_sha256 IS NOT NULL AND r.state <> 'abandoned')
    SELECT u.pool_id || ' ' || u.month, u.month::text, CASE WHEN p_months IS NULL OR u.month = ANY (p_months) THEN audit.digest(pg_catalog.concat_ws('|',
        (SELECT s::text FROM metering.seal AS s WHERE s.pool_id = u.pool_id AND s.month = u.month),
        (SELECT pg_catalog.concat_ws(' ', pg_catalog.count(*), pg_catalog.sum(pg_catalog.hashint8extended(pg_catalog.hash_record_extended(l, 0), 0)), pg_catalog.sum(pg_catalog.hashint8extended(pg_catalog.hash_record_extended(l, 1), 1))) FROM metering.sealed_usage AS l WHERE l.pool_id = u.pool_id AND l.month = u.month),
        (SELECT pg_catalog.concat_ws(' ', pg_catalog.count(*), pg_catalog.sum(pg_catalog.hashint8extended(pg_catalog.hash_record_extended(d, 0), 0)), pg_catalog.sum(pg_catalog.hashint8extended(pg_catalog.hash_record_extended(d, 1), 1))) FROM metering.usage_day AS d WHERE d.pool_id = u.pool_id AND d.day >= u.month
            AND d.day < (u.month + interval '1 month')::date),
        (SELECT pg_catalog.string_agg(r.text, ',' ORDER BY r.id) FROM audit.marked_runs(p_runs) AS r JOIN payout.run AS o ON o.id = r.id WHERE o.pool_id = u.pool_id AND r.month = u.month),
        (SELECT pg_catalog.string_agg(pg_catalog.encode(n.leaf_hash, 'hex') || pg_catalog.encode(pg_catalog.sha256(n.bytes), 'hex'), ',' ORDER BY n.index)
         FROM payout.run AS r JOIN log.entry AS n ON n.type = 'run_inputs' AND n.object_id = r.id::text WHERE r.pool_id = u.pool_id AND r.service_month = u.month),
        (SELECT pg_catalog.string_agg(g.id || ' ' || g.organisation_id, ',' ORDER BY g.id) FROM licensing.data_grant AS g WHERE g.pool_id = u.pool_id
            AND EXISTS (SELECT FROM payout.run AS r WHERE r.pool_id = u.pool_id AND r.service_month = u.month AND r.licensee IS NOT NULL)))) END
    FROM unit AS u;
$$;
