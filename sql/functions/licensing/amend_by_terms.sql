-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: draws for one agreement what newer terms of its pool mean: its licensee is told once of each version, and where their proposal says
--          that they amend agreements, a new version is proposed (job amend_agreement). Does nothing where the agreement is over, its grant
--          too, or its terms are those in force.
-- Outcomes: none.
-- Locks: those of what it writes.
CREATE OR REPLACE FUNCTION licensing.amend_by_terms(p_agreement uuid) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_now timestamptz := pg_catalog.clock_timestamp();
    v_row record;
BEGIN
    SELECT a.organisation_id, p.ref, t.version, t.sha256, t.proposal_id, t.from_at, m.after_seconds INTO v_row
    FROM licensing.agreement AS a JOIN licensing.pool AS p ON p.pool_id = a.pool_id
    JOIN governance.terms_in_force AS t ON t.pool = p.ref AND t.sha256 <> a.terms_sha256 AND t.from_at <= v_now AND (t.until_at IS NULL OR t.until_at > v_now)
    LEFT JOIN governance.terms_amendment AS m ON m.proposal_id = t.proposal_id
    WHERE a.id = p_agreement AND NOT (SELECT s.over FROM licensing.agreement_state AS s WHERE s.agreement_id = a.id)
        AND EXISTS (SELECT FROM licensing.data_grant AS g WHERE g.agreement_id = a.id AND g.state IN ('pending', 'active', 'suspended'));
    IF NOT FOUND THEN
        RETURN;
    END IF;
    PERFORM log.announce(v_row.organisation_id, 'terms.superseded', v_row.ref || ':' || v_row.version, pg_catalog.jsonb_build_object(
        'pool', v_row.ref, 'terms_version', v_row.version, 'terms_sha256', v_row.sha256, 'from', log.time_text(v_row.from_at)));
    IF v_row.after_seconds IS NOT NULL THEN
        PERFORM licensing.propose_amendment(p_agreement, v_row.proposal_id, v_row.sha256, v_row.from_at + v_row.after_seconds * interval '1 second');
    END IF;
END
$$;
