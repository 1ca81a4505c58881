-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: bank entries nobody has explained, by age. Over 30 days is a finding.
-- Outcomes: ok, forbidden.
-- Locks: none.
CREATE OR REPLACE FUNCTION payout.sum_suspense(p_actor uuid) RETURNS log.answer
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF NOT governance.is_office(p_actor, 'treasurer') THEN
        RETURN log.refusal('forbidden', 'only the treasurer reads the ledger');
    END IF;
    RETURN log.answer('ok', (WITH waiting AS (
        SELECT e.minor, payout.today() - e.booked_on AS days FROM payout.bank_entry AS e
        JOIN LATERAL (SELECT m.kind FROM payout.entry_match AS m WHERE m.entry_id = e.id ORDER BY m.step DESC LIMIT 1) AS s ON s.kind IN ('suspense', 'suspense_debit')
        WHERE e.id IN (SELECT m.entry_id FROM payout.entry_match AS m WHERE m.kind IN ('suspense', 'suspense_debit')))
        SELECT pg_catalog.jsonb_build_object('over_30_days', (SELECT pg_catalog.count(*) FROM waiting AS w WHERE w.days > 30),
            'ages', COALESCE(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('days', x.days, 'count', x.count, 'credits', payout.money(x.credits, payout.currency()),
                'debits', payout.money(x.debits, payout.currency())) ORDER BY x.first), '[]'))
        FROM (SELECT payout.age_bucket(w.days) AS days, pg_catalog.count(*) AS count, COALESCE(pg_catalog.sum(w.minor) FILTER (WHERE w.minor > 0), 0)::bigint AS credits,
            COALESCE(-pg_catalog.sum(w.minor) FILTER (WHERE w.minor < 0), 0)::bigint AS debits, pg_catalog.min(w.days) AS first FROM waiting AS w GROUP BY 1) AS x));
END
$$;
