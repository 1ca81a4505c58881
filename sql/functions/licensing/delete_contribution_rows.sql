-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: deletes the rows of a contribution that ended.
-- Outcomes: ok, not_allowed_here.
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
    END IF;
    v_rows := pooldata.delete_contribution(v_row.pool_id, p_id);
    UPDATE licensing.contribution SET rows_deleted_at = pg_catalog.clock_timestamp() WHERE id = p_id;
    RETURN log.answer('ok', pg_catalog.jsonb_build_object('rows', v_rows));
END
$$;
