-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: postings of payout.post as rows. An element is {"txn": place from 1 (default 1), "path", "minor"}; lines number from 1
--          within each transaction. A member's account is the member's, the others are the trust's. Amounts must be whole numbers within +-(2^53-1): what is not raises, because callers compute them.
-- Outcomes: none; raises.
-- Locks: none.
CREATE OR REPLACE FUNCTION payout.read_lines(p_postings jsonb) RETURNS payout.line_draft[]
LANGUAGE plpgsql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_bad text;
    v_lines payout.line_draft[];
BEGIN
    SELECT pg_catalog.array_agg(ROW(x.n, x.line, x.owner_id, x.path, CASE WHEN x.whole THEN x.minor::bigint END)::payout.line_draft ORDER BY x.n, x.line),
           pg_catalog.min(x.text) FILTER (WHERE x.owner_id IS NULL OR NOT x.whole OR pg_catalog.abs(x.minor::numeric) > 9007199254740991)
    INTO v_lines, v_bad
    FROM (SELECT t.n, pg_catalog.row_number() OVER (PARTITION BY t.n ORDER BY t.ordinality) AS line, CASE
                     WHEN t.path LIKE 'Liabilities:Member:%' OR t.path LIKE 'Assets:Receivable:Member:%'
                     THEN pg_catalog.substring(t.path, '^(?:Liabilities|Assets:Receivable):Member:([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})(?::|$)')::uuid
                     WHEN t.path IS NOT NULL THEN '00000000-0000-0000-0000-000000000000' END AS owner_id, t.path, t.minor, t.text,
                 COALESCE(t.number AND t.minor ~ '^-?[1-9][0-9]{0,15}$', false) AS whole
          FROM (SELECT COALESCE((e.value->>'txn')::integer, 1) AS n, e.ordinality, e.value->>'minor' AS minor, e.value::text AS text,
                       CASE WHEN pg_catalog.jsonb_typeof(e.value->'path') = 'string' THEN e.value->>'path' END AS path, pg_catalog.jsonb_typeof(e.value->'minor') = 'number' AS number
                FROM pg_catalog.jsonb_array_elements(p_postings) WITH ORDINALITY AS e) AS t) AS x;
    IF v_bad IS NOT NULL THEN
        RAISE EXCEPTION 'payout.post: % is no posting', v_bad USING ERRCODE = 'numeric_value_out_of_range';
    END IF;
    RETURN v_lines;
END
$$;
