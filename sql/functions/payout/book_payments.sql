-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: marks payments as booked by a bank entry and gives the postings of event 7, one in-flight account for each batch.
-- Outcomes: postings; raises.
-- Locks: the payments, in id order.
CREATE OR REPLACE FUNCTION payout.book_payments(p_n integer, p_txn uuid, p_bank text, p_entry payout.bank_entry, p_payments jsonb) RETURNS jsonb
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_lines jsonb;
    v_batch uuid;
BEGIN
    UPDATE payout.payment SET state = 'booked', booked_txn_id = p_txn, entry_id = p_entry.id, booked_on = p_entry.booked_on
    WHERE id IN (SELECT e::uuid FROM pg_catalog.jsonb_array_elements_text(p_payments) AS e) AND state = 'in_flight';
    SELECT pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('txn', p_n, 'path', 'Liabilities:PayoutInFlight:' || x.batch_id, 'minor', x.minor) ORDER BY x.batch_id)
        || pg_catalog.jsonb_build_array(pg_catalog.jsonb_build_object('txn', p_n, 'path', p_bank, 'minor', p_entry.minor)) INTO v_lines
    FROM (SELECT p.batch_id, pg_catalog.sum(p.minor)::bigint AS minor FROM payout.payment AS p WHERE p.booked_txn_id = p_txn GROUP BY p.batch_id) AS x;
    FOR v_batch IN SELECT DISTINCT p.batch_id FROM payout.payment AS p WHERE p.booked_txn_id = p_txn LOOP
        -- Bank evidence ends an unknown outcome, and the last payment closes the batch.
        PERFORM payout.move_batch(v_batch, 'sent', NULL, 'booked on a statement') FROM payout.batch WHERE id = v_batch AND state IN ('releasing', 'unknown');
        IF NOT EXISTS (SELECT FROM payout.payment WHERE batch_id = v_batch AND state IN ('queued', 'in_flight')) THEN
            PERFORM payout.move_batch(v_batch, 'closed', NULL, NULL);
        END IF;
    END LOOP;
    RETURN v_lines;
END
$$;
