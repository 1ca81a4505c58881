-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the sanction that licensing proposes when it has revoked a grant on the board's order: proposed in the name of the decision's
--          author, confirmed by a council case like any other. p_effect as for governance.write_sanction.
-- Outcomes: none; the sanction's id, NULL when there is no such order.
-- Locks: none.
CREATE OR REPLACE FUNCTION governance.propose_order_sanction(p_order uuid, p_effect jsonb) RETURNS uuid
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_author uuid := (SELECT p.author FROM governance.grant_order AS o JOIN governance.proposal AS p ON p.id = o.proposal_id WHERE o.id = p_order);
BEGIN
    IF v_author IS NULL THEN
        RETURN NULL;
    END IF;
    RETURN governance.write_sanction(p_effect, NULL, v_author);
END
$$;
