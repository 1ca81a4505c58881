-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: units of LIC-C1: days with committed batches. A digest holds the batches, their grants, all consent events up to the day's end
--          (p_consents: digests by month) and the contributions as far as they had ended by then.
-- Outcomes: none; digest NULL where the month is not among p_months (NULL: all are).
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.units_batches(p_months date[], p_consents jsonb) RETURNS TABLE (unit text, month text, digest text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    WITH batch AS MATERIALIZED (
        SELECT pg_catalog.timezone('UTC', b.committed_at)::date AS day, audit.month_of(b.committed_at) AS month,
            CASE WHEN p_months IS NULL OR audit.month_of(b.committed_at) = ANY (p_months) THEN audit.digest(pg_catalog.string_agg(pg_catalog.concat_ws(',', b.delivery_id, b.no, b.grant_id,
                b.committed_at, b.contributions, pg_catalog.encode(b.runs, 'hex')), ';' ORDER BY b.delivery_id, b.no)) END AS digest
        FROM metering.batch AS b GROUP BY 1, 2),
    consents AS MATERIALIZED (
        SELECT c.day, c.digest FROM audit.days_of_consents((SELECT pg_catalog.array_agg(b.day) FROM batch AS b WHERE b.digest IS NOT NULL), p_consents) AS c)
    SELECT b.day::text, b.month::text, CASE WHEN b.digest IS NOT NULL THEN audit.digest(pg_catalog.concat_ws('|', b.digest, c.digest,
        (SELECT pg_catalog.concat_ws(',', pg_catalog.count(*), pg_catalog.sum(pg_catalog.hashint8extended(pg_catalog.hash_record_extended(x.row, 0), 0)), pg_catalog.sum(pg_catalog.hashint8extended(pg_catalog.hash_record_extended(x.row, 1), 1)))
         FROM licensing.contribution AS k CROSS JOIN LATERAL (SELECT ROW(k.no, k.member_id, k.decided_at, CASE WHEN k.ended_at < (b.day + interval '1 day') AT TIME ZONE 'UTC' THEN k.ended_at END)
            AS row) AS x WHERE k.decided_at < (b.day + interval '1 day') AT TIME ZONE 'UTC'))) END
    FROM batch AS b LEFT JOIN consents AS c USING (day);
$$;
