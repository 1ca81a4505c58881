-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: a fact that applications were matched on has changed (a sanction, a prohibition, terms, the class of an organisation): open
--          applications of the organisation, at or below the purpose, in the pool (each NULL: all) are matched again. Those screened
--          start anew; those offered keep their offer unless the new match denies it (job screen_application). Grants in force are
--          looked at by licensing.end_grants every second.
-- Outcomes: none; how many applications.
-- Locks: those of job.enqueue.
CREATE OR REPLACE FUNCTION licensing.rescreen(p_organisation uuid, p_purpose text, p_pool uuid DEFAULT NULL) RETURNS integer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_row record;
    v_done integer := 0;
BEGIN
    FOR v_row IN SELECT a.id FROM licensing.application AS a
        WHERE a.state IN ('screening', 'offered') AND (p_organisation IS NULL OR a.organisation_id = p_organisation)
            AND (p_pool IS NULL OR a.pool_id = p_pool)
            AND (p_purpose IS NULL OR NOT EXISTS (SELECT FROM licensing.purpose AS q WHERE q.code = p_purpose)
                 OR a.purpose IN (SELECT b.code FROM licensing.purpose_below AS b WHERE b.ancestor = p_purpose))
        ORDER BY a.id LOOP
        PERFORM job.enqueue('screen_application', v_row.id::text, pg_catalog.jsonb_build_object('application', v_row.id));
        v_done := v_done + 1;
    END LOOP;
    RETURN v_done;
END
$$;
