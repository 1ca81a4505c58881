-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the agreement of a grant whose revocation the panel reversed holds again, as long as its term runs. What came meanwhile is drawn at
--          once: terms that amend it, a new version that replaced it, the end of the time to accept one.
-- Outcomes: none.
-- Locks: advisory lock of the pool, exclusive; those of licensing.amend_by_terms.
CREATE OR REPLACE FUNCTION licensing.reinstate_agreement(p_id uuid, p_cause text) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM pg_catalog.pg_advisory_xact_lock(licensing.pool_lock((SELECT a.pool_id FROM licensing.agreement AS a WHERE a.id = p_id)));
    INSERT INTO licensing.agreement_event (agreement_id, seq, kind, party, cause, effective_at)
    SELECT p_id, 1 + e.seq, 'reinstated', 'trust', p_cause, pg_catalog.clock_timestamp()
    FROM (SELECT x.seq, s.last_event FROM licensing.agreement_event AS x JOIN licensing.agreement_state AS s USING (agreement_id)
          WHERE x.agreement_id = p_id ORDER BY x.seq DESC LIMIT 1) AS e WHERE e.last_event = 'terminated';
    PERFORM licensing.amend_by_terms(p_id);
    INSERT INTO licensing.agreement_due (agreement_id, due_at) VALUES (p_id, pg_catalog.clock_timestamp()) ON CONFLICT DO NOTHING;
END
$$;
