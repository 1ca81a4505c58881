-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: invoice numbers that a payer may have meant: each run of 1 to 12 digits of the words, with one digit wrong, or two beside each other exchanged.
-- Outcomes: rows; wrong is 0 for the run itself.
-- Locks: none.
CREATE OR REPLACE FUNCTION payout.similar_numbers(p_text text) RETURNS TABLE (no bigint, wrong integer)
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
    WITH run AS (
        SELECT DISTINCT m.digits[1] AS digits FROM pg_catalog.regexp_matches(pg_catalog.left(p_text, 1000), '(?<![0-9])([0-9]{1,12})(?![0-9])', 'g') AS m (digits) LIMIT 10),
    variant AS (
        SELECT r.digits, 0 AS wrong FROM run AS r
        UNION ALL
        SELECT overlay(r.digits PLACING d.d::text FROM p.p FOR 1), 1 FROM run AS r, pg_catalog.generate_series(1, pg_catalog.length(r.digits)) AS p (p),
            pg_catalog.generate_series(0, 9) AS d (d) WHERE pg_catalog.length(r.digits) > 2
        UNION ALL
        SELECT overlay(r.digits PLACING pg_catalog.reverse(pg_catalog.substr(r.digits, p.p, 2)) FROM p.p FOR 2), 1 FROM run AS r,
            pg_catalog.generate_series(1, pg_catalog.length(r.digits) - 1) AS p (p) WHERE pg_catalog.length(r.digits) > 2)
    SELECT v.digits::bigint, pg_catalog.min(v.wrong) FROM variant AS v GROUP BY 1;
$$;
