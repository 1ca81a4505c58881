-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the end of the worker's transaction of a grant: its list is complete up to a consent epoch. What the licensee has not been
--          told of is announced, and licensing's clock looks at the grant when it is due.
-- Outcomes: none; how many tombstones were announced.
-- Locks: the grant's row of tombstone_scan.
CREATE OR REPLACE FUNCTION licensing.end_tombstones(p_grant uuid, p_epoch bigint) RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_before bigint;
    v_last bigint;
    v_due timestamptz;
    v_grant licensing.grant_overview;
BEGIN
    INSERT INTO licensing.tombstone_scan (grant_id, epoch) VALUES (p_grant, p_epoch) ON CONFLICT DO NOTHING;
    SELECT s.announced INTO v_before FROM licensing.tombstone_scan AS s WHERE s.grant_id = p_grant FOR UPDATE;
    SELECT pg_catalog.max(t.seq), pg_catalog.min(t.ack_due) INTO v_last, v_due FROM licensing.tombstone AS t
    WHERE t.grant_id = p_grant AND t.seq > v_before;
    UPDATE licensing.tombstone_scan SET epoch = GREATEST(epoch, p_epoch), announced = COALESCE(v_last, announced) WHERE grant_id = p_grant;
    IF v_last IS NULL THEN
        RETURN 0;
    END IF;
    SELECT * INTO v_grant FROM licensing.grant_overview AS g WHERE g.grant_id = p_grant;
    PERFORM log.announce(v_grant.organisation_id, 'consent.tombstones', p_grant || ':' || v_last, pg_catalog.jsonb_build_object(
        'grant', p_grant, 'pool', v_grant.pool, 'count', v_last - v_before, 'from_seq', v_before + 1, 'to_seq', v_last,
        'ack_due', log.time_text(v_due), 'href', '/licensing/v1/grants/' || p_grant || '/tombstones?after=' || v_before));
    PERFORM licensing.wake_grant(p_grant, v_due);
    RETURN v_last - v_before;
END
$$;
