-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: ends a client with its secrets and keys: by its organisation, a data plane also by the licensing officer. Tokens already given end within
--          ten minutes.
-- Outcomes: no_content, not_found.
-- Locks: the client's row.
CREATE OR REPLACE FUNCTION licensing.end_client(p_actor uuid, p_client text) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_now timestamptz := pg_catalog.clock_timestamp();
BEGIN
    UPDATE licensing.client SET ended_at = v_now WHERE id = p_client AND ended_at IS NULL
        AND (organisation_id = licensing.organisation_of(p_actor) OR data_plane AND licensing.is_officer(p_actor));
    IF NOT FOUND THEN
        RETURN log.answer('not_found');
    END IF;
    UPDATE licensing.client_secret SET ended_at = v_now WHERE client_id = p_client AND ended_at IS NULL;
    UPDATE licensing.client_key SET ended_at = v_now WHERE client_id = p_client AND ended_at IS NULL;
    RETURN log.answer('no_content', NULL);
END
$$;
