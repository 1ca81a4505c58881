-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: whether YYYY-MM-DD names a day that exists.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION payout.is_date(p_text text) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT CASE WHEN p_text !~ '\A[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])\Z' OR pg_catalog.left(p_text, 4) = '0000' THEN false
        ELSE pg_catalog.right(p_text, 2)::integer <= pg_catalog.date_part('day', pg_catalog.make_date(pg_catalog.left(p_text, 4)::integer,
            pg_catalog.substr(p_text, 6, 2)::integer, 1) + '1 month'::interval - '1 day'::interval) END;
$$;
