-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: imported bank statements, newest first.
-- Outcomes: ok, forbidden.
-- Locks: none.
CREATE OR REPLACE FUNCTION payout.list_statements_of_bank(p_actor uuid, p_limit integer, p_after uuid) RETURNS log.answer
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF NOT governance.is_office(p_actor, 'treasurer') THEN
        RETURN log.refusal('forbidden', 'only the treasurer reads bank statements');
    END IF;
    RETURN payout.page((SELECT pg_catalog.jsonb_agg(payout.statement_json(x.id) ORDER BY x.no DESC) FROM (
        SELECT s.id, s.no FROM payout.bank_statement AS s
        WHERE p_after IS NULL OR s.no < (SELECT a.no FROM payout.bank_statement AS a WHERE a.id = p_after)
        ORDER BY s.no DESC LIMIT p_limit) AS x), p_limit, 'id');
END
$$;
