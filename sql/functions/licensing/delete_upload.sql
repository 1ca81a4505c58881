-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: ends an upload. A validation under way is cancelled: its last transaction finds the upload ended and stores nothing.
-- Outcomes: no_content, not_found, gone.
-- Locks: the rows of contribution and upload.
CREATE OR REPLACE FUNCTION licensing.delete_upload(p_actor uuid, p_id uuid) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_contribution uuid;
    v_state text;
BEGIN
    SELECT contribution_id INTO v_contribution FROM licensing.upload WHERE id = p_id AND member_id = p_actor;
    IF NOT FOUND THEN
        RETURN log.answer('not_found');
    END IF;
    SELECT state INTO v_state FROM licensing.contribution WHERE id = v_contribution FOR UPDATE;
    IF v_state NOT IN ('awaiting_upload', 'received', 'validating') THEN
        RETURN log.answer('gone');
    END IF;
    UPDATE licensing.upload SET state = 'ended', lease = NULL, file_due_at = pg_catalog.clock_timestamp() WHERE id = p_id AND state <> 'ended';
    IF NOT FOUND THEN
        RETURN log.answer('gone');
    END IF;
    UPDATE licensing.contribution SET state = 'awaiting_upload' WHERE id = v_contribution;
    RETURN log.answer('no_content', NULL);
END
$$;
