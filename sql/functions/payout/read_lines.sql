-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: postings of payout.post as rows. An element is {"txn": place from 1 (default 1), "path", "minor"}; lines number from 1
--          within each transaction. Amounts must be whole numbers within +-(2^53-1): what is not raises, because callers compute them.
-- Outcomes: none; raises.
-- Locks: none.
CREATE OR REPLACE FUNCTION payout.read_lines(p_postings jsonb) RETURNS payout.line_draft[]
LANGUAGE plpgsql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_bad jsonb;
    v_lines payout.line_draft[];
BEGIN
    SELECT e INTO v_bad FROM pg_catalog.jsonb_array_elements(p_postings) AS e
    WHERE NOT (pg_catalog.jsonb_typeof(e->'minor') = 'number' AND e->>'minor' ~ '^-?[1-9][0-9]{0,15}$' AND pg_catalog.jsonb_typeof(e->'path') = 'string')
        OR pg_catalog.abs((e->>'minor')::numeric) > 9007199254740991
        OR payout.owner_of(e->>'path') IS NULL
    LIMIT 1;
    IF v_bad IS NOT NULL THEN
        RAISE EXCEPTION 'payout.post: % is no posting', v_bad USING ERRCODE = 'numeric_value_out_of_range';
    END IF;
    SELECT pg_catalog.array_agg(ROW(x.n, x.line, x.owner_id, x.path, x.minor)::payout.line_draft ORDER BY x.n, x.line)
    INTO v_lines
    FROM (SELECT COALESCE((e.value->>'txn')::integer, 1) AS n,
                 pg_catalog.row_number() OVER (PARTITION BY COALESCE((e.value->>'txn')::integer, 1) ORDER BY e.ordinality) AS line,
                 payout.owner_of(e.value->>'path') AS owner_id, e.value->>'path' AS path, (e.value->>'minor')::bigint AS minor
          FROM pg_catalog.jsonb_array_elements(p_postings) WITH ORDINALITY AS e) AS x;
    RETURN v_lines;
END
$$;
