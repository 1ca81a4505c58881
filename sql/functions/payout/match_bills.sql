-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: writes into the history of receipts what their payments came to: on the way back to their senders (in_flight), or in suspense again (rejected,
--          returned).
-- Outcomes: none.
-- Locks: those of the table.
CREATE OR REPLACE FUNCTION payout.match_bills(p_payments uuid[]) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    INSERT INTO payout.entry_match (entry_id, step, kind, txn_id, rule)
    SELECT b.entry_id, (SELECT pg_catalog.max(m.step) + 1 FROM payout.entry_match AS m WHERE m.entry_id = b.entry_id),
        CASE p.state WHEN 'in_flight' THEN 'send_back' ELSE 'suspense' END, COALESCE(p.ended_txn_id, t.txn_id), 'batch'
    FROM payout.payment AS p JOIN payout.bill AS b ON b.id = p.bill_id JOIN payout.batch AS t ON t.id = p.batch_id
    WHERE p.id = ANY (p_payments) AND b.entry_id IS NOT NULL AND p.state IN ('in_flight', 'rejected', 'returned');
$$;
