-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: licensing's part of an erasure, in governance's transaction: every consent withdrawn, every contribution erased with what
--          was said and shown of it, its rows to be deleted once the tombstones of kind erased are written, the salts of the member's
--          leaves gone. Consent events keep the random reference; numbers of rows and hashes stay, so that no total changes.
-- Outcomes: none; how many contributions.
-- Locks: advisory locks of the pools, exclusive, in id order; the contributions' rows.
CREATE OR REPLACE FUNCTION licensing.erase_member(p_member uuid) RETURNS integer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_pool uuid;
    v_epoch bigint;
    v_record uuid := log.new_id();
    v_row licensing.contribution;
    v_done integer := 0;
BEGIN
    FOR v_pool IN SELECT x.pool_id FROM (
            SELECT c.pool_id FROM licensing.consent_current AS c WHERE c.member_id = p_member AND c.permits
            UNION SELECT c.pool_id FROM licensing.contribution AS c WHERE c.member_id = p_member AND c.state <> 'erased') AS x
        ORDER BY x.pool_id LOOP
        v_epoch := licensing.bump_consent_epoch(v_pool);
        PERFORM licensing.write_withdrawals(p_member, v_pool, NULL, v_record);
        FOR v_row IN SELECT * FROM licensing.contribution AS c
            WHERE c.member_id = p_member AND c.pool_id = v_pool AND c.state <> 'erased' ORDER BY c.id FOR UPDATE LOOP
            UPDATE licensing.contribution SET state = 'erased', erased_at = pg_catalog.clock_timestamp(), ended_epoch = v_epoch,
                ended_at = COALESCE(ended_at, pg_catalog.clock_timestamp()), provenance = '{}', dialect = '{}',
                licence = licence - 'attribution'
            WHERE id = v_row.id;
            DELETE FROM licensing.contribution_error WHERE contribution_id = v_row.id;
            UPDATE licensing.upload SET state = 'ended', lease = NULL, filename = NULL, metadata = '',
                file_due_at = CASE WHEN state <> 'ended' OR file_due_at IS NOT NULL THEN pg_catalog.clock_timestamp() END
            WHERE contribution_id = v_row.id;
            IF v_row.rows IS NOT NULL AND v_row.rows_deleted_at IS NULL THEN
                PERFORM job.enqueue('delete_contribution_rows', 'erased:' || v_row.id, pg_catalog.jsonb_build_object('contribution', v_row.id));
            END IF;
            v_done := v_done + 1;
        END LOOP;
        PERFORM job.enqueue('write_tombstones', v_pool::text, pg_catalog.jsonb_build_object('pool', v_pool));
    END LOOP;
    DELETE FROM licensing.consent_salt AS s USING licensing.consent_event AS e WHERE e.id = s.event_id AND e.member_id = p_member;
    RETURN v_done;
END
$$;
