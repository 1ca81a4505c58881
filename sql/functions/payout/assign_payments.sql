-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: payments of ours that a person finds behind an entry whose ids the bank left out: a debit that booked them (event 7), or a credit that returned
--          them less the bank's fee (event 9). Booked ones are moved here; returned ones by the caller, behind the posting.
-- Outcomes: postings; NULL when the payments do not fit.
-- Locks: those of payout.move_payment.
CREATE OR REPLACE FUNCTION payout.assign_payments(p_txn uuid, p_entry payout.bank_entry, p_body jsonb) RETURNS jsonb
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_return boolean := p_entry.minor > 0;
    v_ids uuid[];
    v_sum numeric;
    v_found bigint;
BEGIN
    SELECT pg_catalog.array_agg(DISTINCT p::uuid) INTO v_ids FROM pg_catalog.jsonb_array_elements_text(p_body->'payments') AS p;
    PERFORM FROM payout.payment WHERE id = ANY (v_ids) ORDER BY id FOR UPDATE;
    SELECT pg_catalog.sum(p.minor), pg_catalog.count(*) INTO v_sum, v_found
    FROM payout.payment AS p WHERE p.id = ANY (v_ids) AND p.state = CASE WHEN v_return THEN 'booked' ELSE 'in_flight' END;
    IF v_found IS DISTINCT FROM pg_catalog.jsonb_array_length(p_body->'payments') OR (v_return AND v_sum < p_entry.minor) OR (NOT v_return AND v_sum <> -p_entry.minor) THEN
        RETURN NULL;
    END IF;
    IF NOT v_return THEN
        PERFORM payout.move_payment((SELECT pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('id', i, 'state', 'booked', 'txn_id', p_txn, 'entry_id', p_entry.id,
            'booked_on', p_entry.booked_on)) FROM pg_catalog.unnest(v_ids) AS i));
    END IF;
    RETURN (SELECT pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('path', x.path, 'minor', x.minor) ORDER BY x.line, x.path) FROM (
        SELECT 1 AS line, CASE WHEN v_return THEN 'Liabilities:Suspense:Unmatched' ELSE 'Assets:Suspense:Debit' END AS path, p_entry.minor::numeric AS minor
        UNION ALL SELECT 2, 'Expenses:Fees:Return', v_sum - p_entry.minor WHERE v_return AND v_sum > p_entry.minor
        UNION ALL SELECT 3, CASE WHEN v_return THEN payout.payment_end(p, 'Returned') ELSE 'Liabilities:PayoutInFlight:' || p.batch_id END,
            pg_catalog.sum(p.minor) * CASE WHEN v_return THEN -1 ELSE 1 END
        FROM payout.payment AS p WHERE p.id = ANY (v_ids) GROUP BY 2) AS x);
END
$$;
