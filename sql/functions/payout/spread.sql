-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: an amount spread over weights by largest remainder, ties to the earlier; p_weights are 0 or more, NULL when their sum is 0 and the amount is not.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION payout.spread(p_minor bigint, p_weights bigint[]) RETURNS bigint[]
LANGUAGE plpgsql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_sum numeric := (SELECT pg_catalog.sum(w) FROM pg_catalog.unnest(p_weights) AS w);
BEGIN
    IF v_sum = 0 THEN
        RETURN CASE WHEN p_minor = 0 THEN p_weights END;
    END IF;
    RETURN (SELECT pg_catalog.array_agg((x.q + CASE WHEN x.rank <= x.missing THEN 1 ELSE 0 END)::bigint ORDER BY x.at)
        FROM (SELECT y.at, y.q, pg_catalog.row_number() OVER (ORDER BY y.r DESC, y.at) AS rank, p_minor - pg_catalog.sum(y.q) OVER () AS missing
              FROM (SELECT w.at, pg_catalog.div(p_minor::numeric * w.weight, v_sum) AS q, pg_catalog.mod(p_minor::numeric * w.weight, v_sum) AS r
                    FROM pg_catalog.unnest(p_weights) WITH ORDINALITY AS w (weight, at)) AS y) AS x);
END
$$;
