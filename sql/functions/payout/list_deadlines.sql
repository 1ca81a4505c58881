-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: money received and not distributed, by pool, service month and year of receipt, with the run it is in, and the day until which it must be distributed: nine months
--          after the end of the year in which it was received (Directive 2014/26/EU, Article 13).
-- Outcomes: ok, forbidden.
-- Locks: none.
CREATE OR REPLACE FUNCTION payout.list_deadlines(p_actor uuid) RETURNS log.answer
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF NOT governance.is_office(p_actor, 'treasurer') THEN
        RETURN log.refusal('forbidden', 'only the treasurer reads the ledger');
    END IF;
    RETURN log.answer('ok', pg_catalog.jsonb_build_object('items', COALESCE((
        SELECT pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('pool', x.pool, 'month', pg_catalog.to_char(x.service_month, 'YYYY-MM'), 'received_in', x.year, 'run', x.run, 'state', x.state,
            'amount', payout.money(x.minor, payout.currency()), 'deadline', x.deadline, 'days_left', x.deadline - payout.today()) ORDER BY x.deadline, x.pool, x.service_month, x.run)
        FROM (SELECT w.pool, w.service_month, w.year, w.run, w.state, pg_catalog.sum(w.minor)::bigint AS minor, pg_catalog.make_date(w.year + 1, 9, 30) AS deadline
              FROM (SELECT d.pool, d.service_month, pg_catalog.date_part('year', d.received_at AT TIME ZONE 'UTC')::integer AS year, NULL::uuid AS run, 'waiting' AS state, d.minor
                    FROM payout.distributable_slice AS d
                    UNION ALL
                    SELECT r.pool, r.service_month, pg_catalog.date_part('year', c.received_at AT TIME ZONE 'UTC')::integer, r.id, r.state, u.minor
                    FROM payout.run AS r JOIN payout.run_receipt AS u ON u.run = r.id JOIN payout.receipt_slice AS s ON s.id = u.receipt_slice_id JOIN payout.receipt AS c ON c.txn_id = s.txn_id
                    WHERE r.state NOT IN ('posted', 'abandoned')) AS w
              GROUP BY w.pool, w.service_month, w.year, w.run, w.state) AS x), '[]')));
END
$$;
