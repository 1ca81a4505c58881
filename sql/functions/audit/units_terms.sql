-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: units of LIC-N3 and LIC-N6: every enacted version of every pool's terms, with the votes, notices and the version before it.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.units_terms(p_months date[]) RETURNS TABLE (unit text, month text, digest text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT t.pool || ' ' || t.version, audit.month_of(t.from_at)::text, audit.digest(pg_catalog.concat_ws('|', t::text,
        (SELECT o::text FROM governance.terms_version AS o WHERE o.pool = t.pool AND o.version < t.version ORDER BY o.version DESC LIMIT 1),
        (SELECT p::text FROM governance.proposal AS p WHERE p.id = t.proposal_id),
        (SELECT pg_catalog.string_agg(v::text, ',' ORDER BY v.version) FROM governance.proposal_version AS v WHERE v.proposal_id = t.proposal_id),
        (SELECT pg_catalog.string_agg(y::text, ',' ORDER BY y.reading) FROM governance.tally AS y WHERE y.proposal_id = t.proposal_id),
        (SELECT e::text FROM licensing.terms_enacted AS e JOIN licensing.pool AS p USING (pool_id) WHERE p.ref = t.pool AND e.version = t.version),
        (SELECT pg_catalog.string_agg(n.n || n.origin || n.origin_version, ',' ORDER BY n.n) FROM licensing.notice AS n JOIN licensing.pool AS p USING (pool_id)
         WHERE p.ref = t.pool)))
    FROM governance.terms_version AS t;
$$;
