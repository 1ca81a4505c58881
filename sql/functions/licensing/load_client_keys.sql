-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the live public keys of a client, for the caller to verify an assertion with; none for an unknown or ended client, so that nobody
--          learns which there are.
-- Outcomes: ok.
-- Locks: none.
CREATE OR REPLACE FUNCTION licensing.load_client_keys(p_client text) RETURNS log.answer
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT log.answer('ok', pg_catalog.jsonb_build_object('keys', COALESCE(pg_catalog.jsonb_agg(k.x ORDER BY k.no), '[]')))
    FROM licensing.client_key AS k JOIN licensing.client AS c ON c.id = k.client_id
    WHERE c.id = p_client AND c.ended_at IS NULL AND k.ended_at IS NULL;
$$;
