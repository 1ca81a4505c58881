-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: writes that an agreement ends (terminated, replaced, ended). Where it takes effect now, its grant ends with it: cancelled or closed by
--          the licensee's signatory, expired by the trust; where later, the clock looks at it then (licensing.agreement_due).
-- Outcomes: none.
-- Locks: advisory lock of the pool, exclusive; the grant's row.
CREATE OR REPLACE FUNCTION licensing.end_agreement(p_id uuid, p_kind text, p_party text, p_actor uuid, p_cause text, p_detail text,
    p_effective timestamptz) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_pool uuid := (SELECT a.pool_id FROM licensing.agreement AS a WHERE a.id = p_id);
BEGIN
    PERFORM pg_catalog.pg_advisory_xact_lock(licensing.pool_lock(v_pool));
    INSERT INTO licensing.agreement_event (agreement_id, seq, kind, party, actor, cause, detail, effective_at)
    VALUES (p_id, 1 + COALESCE((SELECT pg_catalog.max(e.seq) FROM licensing.agreement_event AS e WHERE e.agreement_id = p_id), 0), p_kind, p_party,
        p_actor, p_cause, p_detail, p_effective);
    IF p_effective <= pg_catalog.clock_timestamp() THEN
        PERFORM licensing.end_agreed_grant(p_id, p_party, p_actor, p_cause);
    ELSE
        INSERT INTO licensing.agreement_due (agreement_id, due_at) VALUES (p_id, p_effective) ON CONFLICT DO NOTHING;
    END IF;
END
$$;
