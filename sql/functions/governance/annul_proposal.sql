-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: a panel member votes to annul a proposal over the conduct of its vote: reverse in the appeal that is open about it.
-- Outcomes: those of decide_appeal, not_found.
-- Locks: those of decide_appeal.
CREATE OR REPLACE FUNCTION governance.annul_proposal(p_actor uuid, p_id uuid, p_body jsonb) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_appeal uuid := (SELECT a.id FROM governance.panel_case AS a WHERE a.kind = 'vote' AND a.subject = p_id ORDER BY a.opened_at DESC LIMIT 1);
BEGIN
    IF v_appeal IS NULL THEN
        RETURN log.refusal('not_found', 'there is no appeal about the vote on this proposal');
    END IF;
    RETURN governance.decide_appeal(p_actor, v_appeal, p_body || '{"choice": "reverse"}');
END
$$;
