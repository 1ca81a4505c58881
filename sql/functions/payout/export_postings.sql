-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: a page of postings of these days in the order (occurred_on, txn_no, line), behind (p_day, p_no, p_line), each with the header of its transaction.
-- Outcomes: rows; none for anybody but the treasurer.
-- Locks: none.
CREATE OR REPLACE FUNCTION payout.export_postings(p_actor uuid, p_to date, p_last_no bigint, p_day date, p_no bigint, p_line integer, p_limit integer)
RETURNS TABLE (txn_no bigint, line integer, account_id bigint, minor bigint, occurred_on date, kind text, recorded_at text, evidence text, leaf bigint, resolution text,
    concerns text, reverses uuid)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT t.txn_no, p.line, p.account_id, p.minor, t.occurred_on, t.kind, log.time_text(t.recorded_at), t.evidence_sha256,
        (SELECT e.index FROM log.entry AS e WHERE e.type = 'txn' AND e.object_id = t.txn_id::text ORDER BY e.index DESC LIMIT 1), t.resolution,
        pg_catalog.to_char(t.concerns, 'YYYY-MM'), t.reverses
    FROM payout.txn AS t CROSS JOIN LATERAL (SELECT q.line, q.account_id, q.minor FROM payout.posting AS q
        WHERE q.month = t.month AND q.txn_id = t.txn_id AND (t.txn_no <> p_no OR q.line > p_line) ORDER BY q.line) AS p
    WHERE governance.is_office(p_actor, 'treasurer') AND (t.occurred_on, t.txn_no) >= (p_day, p_no) AND t.month >= pg_catalog.date_trunc('month', p_day::timestamp)::date
        AND t.occurred_on <= p_to AND t.month <= p_to AND t.txn_no <= p_last_no
    ORDER BY t.occurred_on, t.txn_no, p.line LIMIT p_limit;
$$;
