-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: a payment came back (event 9): what the bank kept is a posting of its own, the whole amount is held for the member; reasons that make the account unusable block it.
-- Outcomes: postings.
-- Locks: the payment.
CREATE OR REPLACE FUNCTION payout.book_return(p_n integer, p_txn uuid, p_bank text, p_entry payout.bank_entry, p_payment uuid) RETURNS jsonb
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_payment payout.payment;
BEGIN
    UPDATE payout.payment SET state = 'returned' WHERE id = p_payment RETURNING * INTO v_payment;
    INSERT INTO payout.hold (id, member_id, reason, minor, txn_id) VALUES (log.new_id(), v_payment.member_id, 'Returned', v_payment.minor, p_txn);
    IF p_entry.return_reason IN ('AC01', 'AC04', 'AC06', 'AG01', 'CNOR', 'MD07', 'RC01') THEN
        INSERT INTO payout.payee_account_event (id, kind, reason) VALUES (v_payment.payee_account_id, 'blocked', p_entry.return_reason)
        ON CONFLICT DO NOTHING;
    END IF;
    PERFORM log.notify_member(v_payment.member_id, 'payment ' || v_payment.id, 'payment.returned', pg_catalog.jsonb_build_object('reason', p_entry.return_reason));
    RETURN (SELECT pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('txn', p_n, 'path', x.path, 'minor', x.minor)) FROM (
        VALUES (p_bank, p_entry.minor), ('Expenses:Fees:Return', v_payment.minor - p_entry.minor),
            ('Liabilities:Member:' || v_payment.member_id || ':Held:Returned', -v_payment.minor)) AS x (path, minor) WHERE x.minor <> 0);
END
$$;
