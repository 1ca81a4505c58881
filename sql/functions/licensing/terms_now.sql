-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the terms of a pool in force at this instant; NULL row when there are none.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION licensing.terms_now(p_ref text, OUT version integer, OUT sha256 text, OUT doc jsonb, OUT canonical text)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    SELECT t.version, t.sha256, t.doc, t.canonical INTO terms_now.version, terms_now.sha256, terms_now.doc, terms_now.canonical
    FROM governance.terms_in_force AS t
    WHERE t.pool = p_ref AND t.from_at <= pg_catalog.clock_timestamp() AND (t.until_at IS NULL OR t.until_at > pg_catalog.clock_timestamp())
    ORDER BY t.from_at DESC, t.version DESC LIMIT 1;
END
$$;
