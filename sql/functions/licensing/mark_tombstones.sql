-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: says that the delivered rows of a contribution, of batches up to p_epoch, are on a grant's list now.
-- Outcomes: none; the row.
-- Locks: none beyond its key.
CREATE OR REPLACE FUNCTION licensing.mark_tombstones(p_grant uuid, p_contribution uuid, p_kind text, p_epoch bigint, p_rows bigint, p_last bigint)
RETURNS uuid
LANGUAGE sql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    INSERT INTO licensing.tombstone_mark (grant_id, contribution_id, epoch, kind, rows, last_seq)
    VALUES (p_grant, p_contribution, p_epoch, p_kind, p_rows, p_last) RETURNING contribution_id;
$$;
