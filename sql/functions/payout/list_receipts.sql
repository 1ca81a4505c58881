-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: receipts matched to invoices, newest first, with how they were spread.
-- Outcomes: ok, forbidden.
-- Locks: none.
CREATE OR REPLACE FUNCTION payout.list_receipts(p_actor uuid, p_limit integer, p_after uuid) RETURNS log.answer
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF NOT governance.is_office(p_actor, 'treasurer') THEN
        RETURN log.refusal('forbidden', 'only the treasurer reads receipts');
    END IF;
    RETURN payout.page((SELECT pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('txn_id', x.txn_id, 'entry_id', x.entry_id,
            'received_at', log.time_text(x.received_at), 'gross', payout.money(x.gross, payout.currency()), 'fee', payout.money(x.fee, payout.currency()),
            'undone_by', (SELECT u.undone_txn_id FROM payout.receipt_undone AS u WHERE u.txn_id = x.txn_id),
            'slices', (SELECT pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('invoice_id', s.invoice_id, 'line', s.line, 'pool', s.pool,
                'month', pg_catalog.to_char(s.service_month, 'YYYY-MM'), 'minor', s.minor, 'run', r.run) ORDER BY s.id)
                FROM payout.receipt_slice AS s LEFT JOIN payout.run_receipt AS r ON r.receipt_slice_id = s.id WHERE s.txn_id = x.txn_id)) ORDER BY x.txn_id DESC)
        FROM (SELECT * FROM payout.receipt WHERE p_after IS NULL OR txn_id < p_after ORDER BY txn_id DESC LIMIT p_limit) AS x), p_limit, 'txn_id');
END
$$;
