-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: a council members vote in the case that forms the opinion on a proposal.
-- Outcomes: those of vote_council_case, not_found, forbidden.
-- Locks: those of vote_council_case.
CREATE OR REPLACE FUNCTION governance.give_opinion(p_actor uuid, p_id uuid, p_body jsonb) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_case uuid := (SELECT c.id FROM governance.council_case AS c WHERE c.subject = p_id AND c.kind IN ('opinion', 'concurrence') ORDER BY c.opened_at DESC LIMIT 1);
BEGIN
    IF NOT governance.is_office(p_actor, 'council') AND NOT governance.is_office(p_actor, 'board') THEN
        RETURN log.refusal('forbidden', 'the ethics council gives opinions');
    ELSIF v_case IS NULL THEN
        RETURN log.refusal('not_found', 'nobody asked for an opinion on this proposal');
    END IF;
    RETURN governance.vote_council_case(p_actor, v_case, p_body);
END
$$;
