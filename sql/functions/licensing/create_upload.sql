-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: a tus upload for a contribution that awaits one; ends an earlier one that is still open.
-- Outcomes: created, not_found, not_allowed_here.
-- Locks: the contribution's row.
CREATE OR REPLACE FUNCTION licensing.create_upload(p_actor uuid, p_contribution uuid, p_length bigint, p_metadata text,
    p_filename text, p_sha256 text) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_row licensing.contribution;
    v_upload licensing.upload;
BEGIN
    SELECT * INTO v_row FROM licensing.contribution WHERE id = p_contribution AND member_id = p_actor FOR UPDATE;
    IF NOT FOUND THEN
        RETURN log.answer('not_found');
    ELSIF v_row.state <> 'awaiting_upload' THEN
        RETURN log.refusal('not_allowed_here', 'the contribution is ' || v_row.state);
    END IF;
    UPDATE licensing.upload SET state = 'ended', lease = NULL, file_due_at = pg_catalog.clock_timestamp()
    WHERE contribution_id = p_contribution AND state <> 'ended';
    INSERT INTO licensing.upload (id, contribution_id, member_id, length, metadata, filename, declared_sha256, expires_at)
    VALUES (log.new_id(), p_contribution, p_actor, p_length, p_metadata, p_filename, COALESCE(p_sha256, v_row.declared_sha256),
            pg_catalog.clock_timestamp() + interval '7 days')
    RETURNING * INTO v_upload;
    IF p_length = 0 THEN
        PERFORM licensing.complete_upload(v_upload.id);
    END IF;
    RETURN log.answer('created', licensing.upload_body(v_upload));
END
$$;
