-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: suspends the running grants that a sanction or a prohibition hits, 500 at a time and until p_until: what licensing.hold_grant
--          does for one. Which grants a ruling hits is the same as in licensing.sanction_on and licensing.prohibition_on: the licensee's, the
--          pool's, and what lies below the purpose; an unknown purpose hits everything.
-- Outcomes: none; whether some are left for the next time.
-- Locks: advisory locks of the pools, exclusive, in their order; the grants' rows.
CREATE OR REPLACE FUNCTION licensing.hold_ruled(p_cause text, p_ruling uuid, p_organisation uuid, p_pool text, p_purpose text, p_until timestamptz)
RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_purposes text[] := CASE WHEN EXISTS (SELECT FROM licensing.purpose AS q WHERE q.code = p_purpose)
        THEN ARRAY(SELECT b.code FROM licensing.purpose_below AS b WHERE b.ancestor = p_purpose) END;
    v_pool uuid;
    v_ids uuid[];
BEGIN
    FOR v_pool IN SELECT DISTINCT p.pool_id FROM licensing.pool AS p JOIN licensing.data_grant AS g ON g.pool_id = p.pool_id
        WHERE (p_pool IS NULL OR p.ref = p_pool) AND g.state IN ('active', 'suspended')
            AND (p_organisation IS NULL OR g.organisation_id = p_organisation) AND (v_purposes IS NULL OR g.purpose = ANY (v_purposes))
        ORDER BY p.pool_id LOOP
        PERFORM pg_catalog.pg_advisory_xact_lock(licensing.pool_lock(v_pool));
        LOOP
            v_ids := ARRAY(SELECT g.id FROM licensing.data_grant AS g WHERE g.pool_id = v_pool AND g.state IN ('active', 'suspended')
                AND (p_organisation IS NULL OR g.organisation_id = p_organisation) AND (v_purposes IS NULL OR g.purpose = ANY (v_purposes))
                AND NOT EXISTS (SELECT FROM licensing.suspension AS s WHERE s.grant_id = g.id AND s.cause = p_cause AND s.closed_at IS NULL)
                ORDER BY g.id LIMIT 500);
            EXIT WHEN pg_catalog.cardinality(v_ids) = 0;
            INSERT INTO licensing.suspension (id, grant_id, cause, reason, subject)
            SELECT log.new_id(), x.id, p_cause, p_cause, p_ruling FROM pg_catalog.unnest(v_ids) AS x (id);
            PERFORM licensing.move_grants(v_pool, v_ids, 'suspend', p_cause);
            IF pg_catalog.clock_timestamp() > p_until THEN
                RETURN true;
            END IF;
        END LOOP;
    END LOOP;
    RETURN false;
END
$$;
