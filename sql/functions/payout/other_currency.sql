-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: whether a request names an amount in another currency than the book's.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION payout.other_currency(p_body jsonb) RETURNS boolean
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN pg_catalog.jsonb_path_exists(p_body, '$.**.currency ? (@ != $book)', pg_catalog.jsonb_build_object('book', payout.currency()));
END
$$;
