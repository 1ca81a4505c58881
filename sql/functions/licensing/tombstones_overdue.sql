-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: whether a grant that runs, or is suspended, has a tombstone whose time passed without an acknowledgement.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION licensing.tombstones_overdue(p_grant uuid) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT EXISTS (SELECT FROM licensing.data_grant AS g WHERE g.id = p_grant AND g.state IN ('active', 'suspended'))
        AND EXISTS (SELECT FROM licensing.tombstone AS t WHERE t.grant_id = p_grant AND t.ack_due <= pg_catalog.clock_timestamp()
            AND t.seq > COALESCE((SELECT pg_catalog.max(a.seq) FROM licensing.tombstone_ack AS a WHERE a.grant_id = p_grant), 0));
$$;
