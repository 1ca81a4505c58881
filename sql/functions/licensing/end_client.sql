-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: ends a client and its secrets. Tokens already given end within ten minutes.
-- Outcomes: no_content, not_found.
-- Locks: the client's row.
CREATE OR REPLACE FUNCTION licensing.end_client(p_actor uuid, p_client text) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    UPDATE licensing.client SET ended_at = pg_catalog.clock_timestamp()
    WHERE id = p_client AND organisation_id = licensing.organisation_of(p_actor) AND ended_at IS NULL;
    IF NOT FOUND THEN
        RETURN log.answer('not_found');
    END IF;
    UPDATE licensing.client_secret SET ended_at = pg_catalog.clock_timestamp() WHERE client_id = p_client AND ended_at IS NULL;
    RETURN log.answer('no_content', NULL);
END
$$;
