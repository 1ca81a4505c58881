-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: how many ballots of each class a box holds, open or closed, and the hash that the log has of them: SHA-256 of the lines hash LF, sorted.
-- Outcomes: none.
-- Locks: none; one look, so that both are of the same ballots.
CREATE OR REPLACE FUNCTION governance.hash_box(p_box text, OUT sha256 text, OUT counts jsonb)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    WITH cast_ballot AS (
        SELECT b.record_sha256, b.record FROM governance.ballot_box AS b WHERE b.box = p_box
        UNION ALL
        SELECT b.record_sha256, b.record FROM governance.ballot AS b WHERE b.box = p_box
    ), per_class AS (
        SELECT pg_catalog.convert_from(b.record, 'UTF8')::jsonb ->> 'class' AS class, pg_catalog.count(*) AS n FROM cast_ballot AS b GROUP BY 1
    )
    SELECT pg_catalog.encode(pg_catalog.sha256(pg_catalog.convert_to(COALESCE(
               (SELECT pg_catalog.string_agg(pg_catalog.encode(b.record_sha256, 'hex') || E'\n', '' ORDER BY b.record_sha256) FROM cast_ballot AS b), ''), 'UTF8')), 'hex'),
           (SELECT pg_catalog.jsonb_object_agg(o.code, COALESCE(c.n, 0))
            FROM pg_catalog.unnest(ARRAY['U', 'W', 'C']) AS o (code) LEFT JOIN per_class AS c ON c.class = o.code);
$$;
