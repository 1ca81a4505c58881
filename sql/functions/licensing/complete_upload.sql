-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the last byte is stored: the contribution is received and its validation queued.
-- Outcomes: none.
-- Locks: the rows of upload and contribution.
CREATE OR REPLACE FUNCTION licensing.complete_upload(p_id uuid) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_contribution uuid;
BEGIN
    UPDATE licensing.upload SET state = 'complete', lease = NULL WHERE id = p_id
    RETURNING contribution_id INTO v_contribution;
    UPDATE licensing.contribution SET state = 'received' WHERE id = v_contribution AND state = 'awaiting_upload';
    PERFORM job.enqueue('ingest_contribution', v_contribution::text, pg_catalog.jsonb_build_object('contribution', v_contribution));
END
$$;
