-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: revokes a grant whose hearing is over: at once where the cause allows it, after the time to cure where the licensee said nothing, and
--          where it answered only when the board, knowing the answer, ordered it again. The agreement is over with the grant,
--          terminated by the trust for the same public cause. A revocation proposes a sanction, which a council case must confirm; where one
--          is in force already none is proposed.
-- Outcomes: none; whether the grant was revoked.
-- Locks: advisory lock of the pool, exclusive; the grant's row.
CREATE OR REPLACE FUNCTION licensing.finish_hearing(p_grant uuid) RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_row record;
    v_order licensing.grant_order;
BEGIN
    SELECT h.*, a.at AS answered_at, g.agreement_id, g.organisation_id, g.pool_id, g.purpose INTO v_row FROM licensing.hearing AS h
    JOIN licensing.data_grant AS g ON g.id = h.grant_id LEFT JOIN licensing.hearing_answer AS a ON a.hearing_id = h.id
    WHERE h.grant_id = p_grant AND h.closes_at <= pg_catalog.clock_timestamp() AND g.state IN ('active', 'suspended')
        AND NOT EXISTS (SELECT FROM licensing.hearing_end AS e WHERE e.hearing_id = h.id) ORDER BY h.at_once DESC, h.opened_at LIMIT 1;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    SELECT d.* INTO v_order FROM licensing.grant_order AS d JOIN governance.board_order AS o USING (order_id, grant_id, act)
    WHERE d.grant_id = p_grant AND d.act = 'revoke' AND (v_row.at_once OR v_row.answered_at IS NULL OR o.decided_at > v_row.answered_at)
        AND d.at >= v_row.opened_at ORDER BY d.at DESC LIMIT 1;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    PERFORM pg_catalog.pg_advisory_xact_lock(licensing.pool_lock(v_row.pool_id));
    INSERT INTO licensing.hearing_end (hearing_id, result, order_id) VALUES (v_row.id, 'revoked', v_order.order_id) ON CONFLICT DO NOTHING;
    IF NOT FOUND THEN
        RETURN false;
    ELSIF NOT licensing.move_grant(p_grant, 'revoke', 'B', v_order.actor, v_row.cause, false, NULL) THEN
        RAISE EXCEPTION 'licensing.finish_hearing: grant % ended without ending its hearing', p_grant;
    END IF;
    PERFORM licensing.end_agreement(v_row.agreement_id, 'terminated', 'trust', v_order.actor, v_row.cause, NULL, pg_catalog.clock_timestamp());
    IF licensing.sanction_on(v_row.organisation_id, v_row.pool_id, v_row.purpose) IS NULL THEN
        PERFORM governance.propose_order_sanction(v_order.order_id, pg_catalog.jsonb_build_object('organisation_id', v_row.organisation_id,
            'pool', (SELECT p.ref FROM licensing.pool AS p WHERE p.pool_id = v_row.pool_id),
            'until', log.time_text(pg_catalog.clock_timestamp() + interval '31536000 seconds'),
            'reason', pg_catalog.format('grant %s was revoked: %s', p_grant, v_row.cause)));
    END IF;
    RETURN true;
END
$$;
