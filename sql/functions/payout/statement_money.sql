-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the part of a statement that says where a member's money went: what paid off a debt, what a clawback took, what is held and why, and the
--          payments made since the run was posted.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION payout.statement_money(p_run payout.run, p_member uuid) RETURNS jsonb
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT pg_catalog.jsonb_build_object(
        'netting', (SELECT COALESCE(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('amount', n.minor, 'txn', n.txn_id)), '[]')
            FROM payout.netting AS n WHERE n.run = p_run.id AND n.member_id = p_member),
        'clawbacks', (SELECT COALESCE(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('run_id', c.run_id, 'amount', l.minor, 'payable', l.payable, 'held', l.held, 'owed', l.owed,
                'result_hash', c.result_hash, 'at', log.time_text(c.posted_at)) ORDER BY c.id), '[]')
            FROM payout.clawback AS c JOIN payout.clawback_line AS l ON l.clawback = c.id AND l.id = p_member::text WHERE c.run = p_run.id AND c.state = 'posted'),
        'holds', (SELECT COALESCE(pg_catalog.jsonb_agg(payout.hold_json(h) ORDER BY h.id), '[]') FROM payout.hold AS h WHERE h.member_id = p_member AND h.released_at IS NULL),
        'payments', (SELECT COALESCE(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('id', x.id, 'batch', x.batch_id, 'amount', x.minor, 'state', x.state,
                'end_to_end_id', x.end_to_end_id, 'booked_on', x.booked_on, 'bank_reference', x.entry_key) ORDER BY x.id), '[]')
            FROM (SELECT p.*, e.entry_key FROM payout.payment AS p JOIN payout.batch AS a ON a.id = p.batch_id LEFT JOIN payout.bank_entry AS e ON e.id = p.entry_id
                WHERE p.member_id = p_member AND p.state <> 'cancelled' AND a.made_at >= p_run.ended_at ORDER BY p.id LIMIT 20) AS x));
$$;
