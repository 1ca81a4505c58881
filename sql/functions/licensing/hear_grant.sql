-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: what an order to revoke begins: the hearing of the licensee, who is told and has 14 days to cure or to answer. For
--          re-identification (a cause that begins with the word reidentify or reidentification) and under a sanction in force there is nothing
--          to wait for. A further order while a hearing is open confirms the first.
-- Outcomes: none; hearing, done (confirmed), NULL: the grant does not run.
-- Locks: those of the caller, licensing.carry_out_order.
CREATE OR REPLACE FUNCTION licensing.hear_grant(p_order uuid, p_grant uuid, p_cause text, p_actor uuid) RETURNS text
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_row licensing.data_grant;
    v_now timestamptz := pg_catalog.clock_timestamp();
    v_at_once boolean;
    v_id uuid := log.new_id();
BEGIN
    SELECT * INTO v_row FROM licensing.data_grant WHERE id = p_grant FOR UPDATE;
    IF v_row.state NOT IN ('active', 'suspended') THEN
        RETURN NULL;
    END IF;
    v_at_once := p_cause ~ '^reidentif(y|ication)\M' OR licensing.sanction_on(v_row.organisation_id, v_row.pool_id, v_row.purpose) IS NOT NULL;
    IF EXISTS (SELECT FROM licensing.hearing AS h WHERE h.grant_id = p_grant
            AND NOT EXISTS (SELECT FROM licensing.hearing_end AS e WHERE e.hearing_id = h.id)) AND NOT v_at_once THEN
        RETURN 'done';
    END IF;
    INSERT INTO licensing.hearing (id, grant_id, order_id, cause, at_once, opened_at, closes_at)
    VALUES (v_id, p_grant, p_order, p_cause, v_at_once, v_now, v_now + CASE WHEN v_at_once THEN interval '0' ELSE interval '1209600 seconds' END);
    IF v_at_once THEN
        RETURN 'done';
    END IF;
    PERFORM licensing.tell_licensee(p_grant, 'grant.hearing', v_id::text, pg_catalog.jsonb_build_object('hearing', v_id, 'cause', p_cause,
        'answer_until', log.time_text(v_now + interval '1209600 seconds')));
    PERFORM licensing.wake_grant(p_grant);
    RETURN 'hearing';
END
$$;
