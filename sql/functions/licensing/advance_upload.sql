-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: makes p_size bytes written under a lease part of the upload; they were synced before. The last byte completes it. p_size 0
--          only asks whether the lease still holds.
-- Outcomes: ok, not_found, gone, upload_locked.
-- Locks: the upload's row.
CREATE OR REPLACE FUNCTION licensing.advance_upload(p_actor uuid, p_id uuid, p_lease uuid, p_size bigint) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_row licensing.upload;
BEGIN
    SELECT * INTO v_row FROM licensing.upload WHERE id = p_id AND member_id = p_actor FOR UPDATE;
    IF NOT FOUND THEN
        RETURN log.answer('not_found');
    ELSIF v_row.state = 'ended' THEN
        RETURN log.answer('gone');
    ELSIF v_row.lease IS DISTINCT FROM p_lease OR v_row.state <> 'open' THEN
        RETURN log.refusal('upload_locked', 'another request has begun to write to this upload');
    END IF;
    IF p_size > 0 THEN
        UPDATE licensing.upload SET received = received + p_size, expires_at = pg_catalog.clock_timestamp() + interval '7 days'
        WHERE id = p_id RETURNING * INTO v_row;
        IF v_row.received = v_row.length THEN
            PERFORM licensing.complete_upload(p_id);
        END IF;
    END IF;
    RETURN log.answer('ok', licensing.upload_body(v_row) - ARRAY['metadata', 'id', 'contribution', 'lease']);
END
$$;
