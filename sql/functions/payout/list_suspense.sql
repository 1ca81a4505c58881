-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: bank entries that nobody has explained, oldest first, p_days 0: all, else those booked more than so many days ago. The cursor is the last entry's id.
-- Outcomes: ok, forbidden.
-- Locks: none.
CREATE OR REPLACE FUNCTION payout.list_suspense(p_actor uuid, p_days integer, p_limit integer, p_after uuid) RETURNS log.answer
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF NOT governance.is_office(p_actor, 'treasurer') THEN
        RETURN log.refusal('forbidden', 'only the treasurer reads bank statements');
    END IF;
    RETURN payout.page((SELECT pg_catalog.jsonb_agg(payout.entry_json(x.id) ORDER BY x.booked_on, x.id) FROM (
        SELECT e.id, e.booked_on FROM (SELECT DISTINCT m.entry_id FROM payout.entry_match AS m WHERE m.kind IN ('suspense', 'suspense_debit')) AS m
        JOIN payout.bank_entry AS e ON e.id = m.entry_id
        WHERE (p_days = 0 OR e.booked_on < payout.today() - p_days) AND payout.is_assignable(e.id)
            AND (p_after IS NULL OR (e.booked_on, e.id) > (SELECT a.booked_on, a.id FROM payout.bank_entry AS a WHERE a.id = p_after))
        ORDER BY e.booked_on, e.id LIMIT p_limit) AS x), p_limit, 'id');
END
$$;
