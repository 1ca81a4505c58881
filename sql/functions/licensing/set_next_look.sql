-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: notes when a grant must be looked at next: the soonest of all instants at which time alone changes something for it, and a day from now
--          at the latest while it runs. A grant that is over is looked at for the reminders of its open duties only, then never again.
-- Outcomes: none.
-- Locks: the row of licensing.grant_due.
CREATE OR REPLACE FUNCTION licensing.set_next_look(p_grant licensing.data_grant) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_now timestamptz := pg_catalog.clock_timestamp();
    v_day interval := interval '86400 seconds';
    v_runs boolean := p_grant.state IN ('active', 'suspended');
    v_attested timestamptz := CASE WHEN v_runs AND p_grant.attest_days IS NOT NULL
        THEN licensing.attested_until(p_grant.organisation_id, p_grant.attest_days) END;
    v_next timestamptz;
BEGIN
    SELECT pg_catalog.min(t.at) INTO v_next FROM (
        SELECT d.due_at - x.days * v_day FROM licensing.duty_due AS d, (VALUES (30), (7), (0)) AS x (days)
        WHERE d.grant_id = p_grant.id AND d.met_at IS NULL AND d.cancelled_at IS NULL
        UNION ALL
        SELECT b.at - x.days * v_day FROM (VALUES (p_grant.until_at), (v_attested)) AS b (at), (VALUES (30), (7), (0)) AS x (days) WHERE v_runs
        UNION ALL
        SELECT s.until_at FROM licensing.suspension AS s WHERE v_runs AND s.grant_id = p_grant.id AND s.closed_at IS NULL
        UNION ALL
        SELECT h.closes_at FROM licensing.hearing AS h WHERE v_runs AND h.grant_id = p_grant.id
        UNION ALL
        SELECT (i.due_on + 1)::timestamp AT TIME ZONE 'UTC' FROM payout.open_invoice AS i WHERE v_runs AND i.grant_id = p_grant.id
        UNION ALL
        SELECT v_now + v_day WHERE v_runs OR p_grant.state = 'pending'
        UNION ALL
        SELECT LEAST(p_grant.until_at, p_grant.created_at + 60 * v_day) WHERE p_grant.state = 'pending') AS t (at)
    WHERE t.at > v_now;
    IF v_next IS NULL THEN
        DELETE FROM licensing.grant_due WHERE grant_id = p_grant.id;
    ELSE
        INSERT INTO licensing.grant_due (grant_id, at) VALUES (p_grant.id, v_next) ON CONFLICT (grant_id) DO UPDATE SET at = EXCLUDED.at;
    END IF;
END
$$;
