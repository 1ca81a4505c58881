-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: entries of one bank statement in the bank's order.
-- Outcomes: ok, forbidden, not_found.
-- Locks: none.
CREATE OR REPLACE FUNCTION payout.list_entries(p_actor uuid, p_statement uuid, p_limit integer, p_after uuid) RETURNS log.answer
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF NOT governance.is_office(p_actor, 'treasurer') THEN
        RETURN log.refusal('forbidden', 'only the treasurer reads bank statements');
    END IF;
    IF NOT EXISTS (SELECT FROM payout.bank_statement WHERE id = p_statement) THEN
        RETURN log.refusal('not_found', 'there is no bank statement ' || p_statement);
    END IF;
    RETURN payout.page((SELECT pg_catalog.jsonb_agg(payout.entry_json(x.id) ORDER BY x.ordinal) FROM (
        SELECT e.id, e.ordinal FROM payout.bank_entry AS e
        WHERE e.statement_id = p_statement AND (p_after IS NULL OR e.ordinal > (SELECT a.ordinal FROM payout.bank_entry AS a WHERE a.id = p_after))
        ORDER BY e.ordinal LIMIT p_limit) AS x), p_limit, 'id');
END
$$;
