-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: what follows when a grant is over: its causes of suspension and its hearing end with it, and where data could have been delivered
--          (p_ran) each duty to delete becomes due, so many days from now as the agreement says (30 where it does not).
-- Outcomes: none.
-- Locks: those of the caller, licensing.move_grant.
CREATE OR REPLACE FUNCTION licensing.wind_up(p_grant uuid, p_ran boolean) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_now timestamptz := pg_catalog.clock_timestamp();
BEGIN
    UPDATE licensing.suspension SET closed_at = v_now, closed_reason = 'the grant is over' WHERE grant_id = p_grant AND closed_at IS NULL;
    INSERT INTO licensing.hearing_end (hearing_id, result)
    SELECT h.id, 'grant over' FROM licensing.hearing AS h WHERE h.grant_id = p_grant ON CONFLICT DO NOTHING;
    IF p_ran THEN
        INSERT INTO licensing.duty_due (id, grant_id, duty, act, proof, n, from_at, due_at)
        SELECT log.new_id(), p_grant, d.v ->> 'id', 'delete', 'declaration',
            1 + COALESCE((SELECT pg_catalog.max(x.n) FROM licensing.duty_due AS x WHERE x.grant_id = p_grant AND x.duty = d.v ->> 'id'), 0),
            v_now, v_now + COALESCE((d.v ->> 'within_days')::integer, 30) * interval '86400 seconds'
        FROM licensing.data_grant AS g JOIN licensing.agreement AS a ON a.id = g.agreement_id,
            pg_catalog.jsonb_array_elements(a.body -> 'duties') AS d (v)
        WHERE g.id = p_grant AND d.v ->> 'act' = 'delete';
    END IF;
    PERFORM licensing.wake_grant(p_grant);
END
$$;
