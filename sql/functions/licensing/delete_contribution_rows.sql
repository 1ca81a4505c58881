-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: deletes the rows of a contribution that ended, once every licensee who got some of them has been told (tombstones). Rows of
--          an erased contribution go as soon as that is so, others a day after their end, all within 72 hours.
-- Outcomes: ok; not_allowed_here (it has not ended); stale (tombstones are still to be written, which is asked for again).
-- Locks: row locks.
CREATE OR REPLACE FUNCTION licensing.delete_contribution_rows(p_id uuid) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_row licensing.contribution;
    v_rows bigint;
BEGIN
    SELECT * INTO v_row FROM licensing.contribution WHERE id = p_id FOR UPDATE;
    IF NOT FOUND OR v_row.state NOT IN ('superseded', 'withdrawn', 'erased') THEN
        RETURN log.answer('not_allowed_here');
    ELSIF EXISTS (SELECT FROM licensing.delivered_grants(v_row.pool_id) AS d (grant_id), LATERAL licensing.due_tombstones(d.grant_id) AS t
                  WHERE t.contribution_id = p_id) THEN
        PERFORM job.enqueue('write_tombstones', v_row.pool_id::text, pg_catalog.jsonb_build_object('pool', v_row.pool_id));
        RETURN log.refusal('stale', 'tombstones of its delivered rows are still to be written');
    END IF;
    v_rows := pooldata.delete_contribution(v_row.pool_id, p_id);
    UPDATE licensing.contribution SET rows_deleted_at = COALESCE(rows_deleted_at, pg_catalog.clock_timestamp()) WHERE id = p_id;
    RETURN log.answer('ok', pg_catalog.jsonb_build_object('rows', v_rows));
END
$$;
