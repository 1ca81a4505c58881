-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: a slice of a grant's tombstone list, numbered behind what is there; ack_due is 30 days from effective_at. Part of the
--          worker's transaction of a grant.
-- Outcomes: none; the last seq.
-- Locks: the grant's row of tombstone_scan, so that one writes at a time.
CREATE OR REPLACE FUNCTION licensing.add_tombstones(p_grant uuid, p_kind text, p_effective timestamptz, p_refs text[]) RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_last bigint;
BEGIN
    INSERT INTO licensing.tombstone_scan (grant_id, epoch) VALUES (p_grant, -1) ON CONFLICT DO NOTHING;
    PERFORM FROM licensing.tombstone_scan AS s WHERE s.grant_id = p_grant FOR UPDATE;
    SELECT COALESCE(pg_catalog.max(t.seq), 0) INTO v_last FROM licensing.tombstone AS t WHERE t.grant_id = p_grant;
    INSERT INTO licensing.tombstone (grant_id, seq, row_ref, kind, effective_at, ack_due)
    SELECT p_grant, v_last + r.n, r.ref, p_kind, p_effective, p_effective + interval '2592000 seconds'
    FROM pg_catalog.unnest(p_refs) WITH ORDINALITY AS r (ref, n);
    RETURN v_last + COALESCE(pg_catalog.cardinality(p_refs), 0);
END
$$;
