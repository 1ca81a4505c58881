-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: closes the suspensions that a sanction or a prohibition caused which hits no more, 500 at a time and until p_until, and resumes
--          the grants that nothing else holds: what licensing.release_grant does for one. Where another ruling hits the grant the cause stays open.
-- Outcomes: none; whether some are left for the next time.
-- Locks: advisory locks of the pools, exclusive, in their order; the grants' rows.
CREATE OR REPLACE FUNCTION licensing.release_ruled(p_cause text, p_ruling uuid, p_until timestamptz) RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_pool uuid;
    v_ids uuid[];
BEGIN
    FOR v_pool IN SELECT DISTINCT g.pool_id FROM licensing.suspension AS s JOIN licensing.data_grant AS g ON g.id = s.grant_id
        WHERE s.subject = p_ruling AND s.cause = p_cause AND s.closed_at IS NULL ORDER BY g.pool_id LOOP
        PERFORM pg_catalog.pg_advisory_xact_lock(licensing.pool_lock(v_pool));
        LOOP
            v_ids := ARRAY(SELECT g.id FROM licensing.suspension AS s JOIN licensing.data_grant AS g ON g.id = s.grant_id
                WHERE s.subject = p_ruling AND s.cause = p_cause AND s.closed_at IS NULL AND g.pool_id = v_pool
                    AND CASE p_cause WHEN 'sanction' THEN licensing.sanction_on(g.organisation_id, g.pool_id, g.purpose)
                        ELSE licensing.prohibition_on(g.purpose, g.created_at) END IS NULL LIMIT 500);
            EXIT WHEN pg_catalog.cardinality(v_ids) = 0;
            UPDATE licensing.suspension SET closed_at = pg_catalog.clock_timestamp(), closed_reason = 'cause ended'
            WHERE subject = p_ruling AND cause = p_cause AND closed_at IS NULL AND grant_id = ANY (v_ids);
            PERFORM licensing.move_grants(v_pool, ARRAY(SELECT x.id FROM pg_catalog.unnest(v_ids) AS x (id) WHERE NOT EXISTS (
                SELECT FROM licensing.suspension AS s WHERE s.grant_id = x.id AND s.closed_at IS NULL)), 'resume', 'cause ended');
            IF pg_catalog.clock_timestamp() > p_until THEN
                RETURN true;
            END IF;
        END LOOP;
    END LOOP;
    RETURN false;
END
$$;
