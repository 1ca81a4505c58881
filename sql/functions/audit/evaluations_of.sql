-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: stored evaluations of one day, with the terms they name, the pool, and their instant. p_day is a UTC date.
-- Outcomes: none; doc is NULL where no enacted version has the hash.
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.evaluations_of(p_day text)
RETURNS TABLE (id uuid, input jsonb, output jsonb, decision text, terms_sha256 text, doc jsonb, pool text, pool_id uuid, instant timestamptz, from_at timestamptz, until_at timestamptz)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT e.id, e.input, e.output, e.decision, e.terms_sha256, t.canonical::jsonb, t.pool, l.pool_id, (e.input #>> '{request,at}')::timestamptz, t.from_at, t.until_at
    FROM licensing.evaluation AS e
    LEFT JOIN (SELECT v.*, pg_catalog.lead(v.from_at) OVER (PARTITION BY v.pool ORDER BY v.version) AS until_at FROM governance.terms_version AS v) AS t
        ON audit.digest(t.canonical) = e.terms_sha256
    LEFT JOIN licensing.pool AS l ON l.ref = t.pool
    WHERE e.at >= p_day::timestamp AT TIME ZONE 'UTC' AND e.at < (p_day::timestamp + interval '1 day') AT TIME ZONE 'UTC';
$$;
