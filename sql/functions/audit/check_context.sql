-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: LIC-N9 for one day: prohibitions, sanctions and the attestation that each evaluation went by are those of the instant. What came or
--          went within two seconds of it may be missing or there.
-- Outcomes: none; a row is a finding.
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.check_context(p_unit text)
RETURNS TABLE (object_type text, object_id text, aspect text, expected text, found text, about text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    WITH e AS MATERIALIZED (SELECT v.* FROM audit.evaluations_of(p_unit) AS v WHERE v.pool IS NOT NULL),
    ban AS (
        SELECT e.id, 'prohibitions' AS what, 'prohibition:' || p.id AS ban, p.from_at <= e.instant - interval '2 seconds'
            AND (p.until_at IS NULL OR p.until_at > e.instant + interval '2 seconds') AS surely
        FROM e JOIN governance.prohibition_in_force AS p ON p.from_at < e.instant + interval '1 second' AND (p.until_at IS NULL OR p.until_at > e.instant - interval '2 seconds')
        UNION ALL
        SELECT e.id, 'sanctions', 'sanction:' || s.id, s.from_at <= e.instant - interval '2 seconds' AND (s.until_at IS NULL OR s.until_at > e.instant + interval '2 seconds')
        FROM e JOIN governance.sanction_in_force AS s ON 'org:' || s.organisation_id = e.input #>> '{request,organisation}' AND (s.pool IS NULL OR s.pool = e.pool)
            AND s.from_at < e.instant + interval '1 second' AND (s.until_at IS NULL OR s.until_at > e.instant - interval '2 seconds')),
    gone_by AS (
        SELECT e.id, w.what, g.v ->> 'id' AS ban FROM e CROSS JOIN (VALUES ('prohibitions'), ('sanctions')) AS w (what)
        CROSS JOIN LATERAL pg_catalog.jsonb_array_elements(e.input -> 'context' -> w.what) AS g (v))
    SELECT 'evaluation', COALESCE(g.id, b.id)::text, COALESCE(g.what, b.what) || ' ' || COALESCE(g.ban, b.ban), CASE WHEN b.ban IS NULL THEN 'none' ELSE 'in force' END,
        CASE WHEN g.ban IS NULL THEN 'none' ELSE 'in force' END, 'the evaluation went by other prohibitions or sanctions than governance shows for its instant'
    FROM gone_by AS g FULL JOIN ban AS b USING (id, what, ban) WHERE b.ban IS NULL OR g.ban IS NULL AND b.surely
    UNION ALL
    SELECT 'evaluation', e.id::text, 'attested_at', COALESCE(log.time_text(a.at), 'none'), COALESCE(e.input #>> '{context,attested_at}', 'none'),
        'the evaluation went by another attestation than the organisation made'
    FROM e CROSS JOIN LATERAL (SELECT pg_catalog.max(t.attested_at) AS at FROM licensing.attestation AS t WHERE 'org:' || t.organisation_id = e.input #>> '{request,organisation}'
        AND t.kind = 'non_commercial' AND t.attested_at < e.instant + interval '1 second') AS a
    WHERE log.time_text(a.at) IS DISTINCT FROM e.input #>> '{context,attested_at}' AND COALESCE(a.at < e.instant - interval '2 seconds', true);
$$;
