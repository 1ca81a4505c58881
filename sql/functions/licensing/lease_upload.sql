-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: lets one PATCH, which holds the lock of the upload's file, write at p_offset: p_size bytes, NULL when nobody knows yet
--          how many. From now on nobody else's bytes count. A complete upload gives no lease.
-- Outcomes: ok, not_found, gone, offset_conflict, too_large.
-- Locks: the upload's row.
CREATE OR REPLACE FUNCTION licensing.lease_upload(p_actor uuid, p_id uuid, p_offset bigint, p_size bigint) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_row licensing.upload;
BEGIN
    SELECT * INTO v_row FROM licensing.upload WHERE id = p_id AND member_id = p_actor FOR UPDATE;
    IF NOT FOUND THEN
        RETURN log.answer('not_found');
    ELSIF v_row.state = 'ended' OR v_row.state = 'open' AND v_row.expires_at <= pg_catalog.clock_timestamp()
        OR NOT EXISTS (SELECT FROM licensing.contribution AS c WHERE c.id = v_row.contribution_id
                       AND c.state IN ('awaiting_upload', 'received', 'validating')) THEN
        RETURN log.answer('gone');
    ELSIF v_row.received <> p_offset THEN
        RETURN log.refusal('offset_conflict', 'the upload stands at ' || v_row.received);
    ELSIF p_size > v_row.length - p_offset THEN
        RETURN log.refusal('too_large', 'the upload has ' || v_row.length || ' bytes');
    END IF;
    IF v_row.state = 'open' THEN
        UPDATE licensing.upload SET lease = pg_catalog.gen_random_uuid() WHERE id = p_id RETURNING * INTO v_row;
    END IF;
    RETURN log.answer('ok', licensing.upload_body(v_row));
END
$$;
