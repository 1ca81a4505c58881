-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: a bill that the next batch pays: refund {licensee, amount}: what credit notes left refundable; send_back {entry_id}: a receipt in suspense goes
--          back to its sender, whole. p_body holds a mark in place of the IBAN; p_sealed as in payout.store_bill.
-- Outcomes: created, forbidden, not_found, already_matched, bound_broken, invalid, idempotency_conflict.
-- Locks: advisory on the entry or the licensee's refunds.
CREATE OR REPLACE FUNCTION payout.create_bill(p_actor uuid, p_key text, p_body jsonb, p_sealed jsonb) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_prior log.answer := log.replay('payout', p_actor::text, p_key, 'create_bill', p_body);
    v_kind text := p_body->>'kind';
    v_entry payout.bank_entry;
    v_minor bigint := (p_body->'amount'->>'minor')::bigint;
    v_path text := 'Liabilities:Suspense:Unmatched';
    v_free bigint;
BEGIN
    IF v_prior.outcome IS NOT NULL THEN
        RETURN v_prior;
    END IF;
    IF NOT governance.is_office(p_actor, 'treasurer') THEN
        RETURN log.refusal('forbidden', 'only the treasurer makes bills');
    END IF;
    IF v_kind = 'send_back' THEN
        PERFORM pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended('bank entry ' || (p_body->>'entry_id'), 0));
        SELECT * INTO v_entry FROM payout.bank_entry WHERE id = (p_body->>'entry_id')::uuid AND minor > 0;
        IF NOT FOUND THEN
            RETURN log.refusal('not_found', 'there is no such receipt');
        END IF;
        IF NOT payout.in_suspense(v_entry.id) OR EXISTS (SELECT FROM payout.bill WHERE entry_id = v_entry.id AND withdrawn_at IS NULL) THEN
            RETURN log.refusal('already_matched', 'the receipt is assigned already, or on its way back');
        END IF;
        v_minor := v_entry.minor;
    ELSE
        v_path := 'Liabilities:Refundable:' || (p_body->>'licensee');
        PERFORM pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended(v_path, 0));
        SELECT -b.minor INTO v_free FROM payout.account AS a JOIN payout.balance AS b USING (owner_id, account_id) WHERE a.path = v_path;
        v_free := COALESCE(v_free, 0) - (SELECT COALESCE(pg_catalog.sum(b.minor), 0) FROM payout.bill AS b WHERE b.path = v_path AND b.withdrawn_at IS NULL
            AND NOT EXISTS (SELECT FROM payout.payment AS p WHERE p.bill_id = b.id AND p.state IN ('in_flight', 'booked')));
        IF v_minor > v_free THEN
            RETURN log.refusal('bound_broken', pg_catalog.format('%s is refundable and on no other bill', v_free));
        END IF;
    END IF;
    IF v_minor NOT BETWEEN 1 AND 99999999999 OR COALESCE(p_body->'amount'->>'currency', payout.currency()) <> payout.currency() THEN
        RETURN log.refusal('invalid', 'a bill is 0.01 to 999,999,999.99 in the book currency', '[{"pointer": "/amount", "detail": "must be 0.01 to 999,999,999.99 in the book currency"}]');
    END IF;
    PERFORM payout.store_bill(p_actor, v_kind, v_path, v_minor, p_sealed, (p_body->>'licensee')::uuid, NULL, v_entry.id, NULL);
    RETURN log.remember('payout', p_actor::text, p_key, 'create_bill', p_body, log.answer('created', payout.bill_json((p_sealed->>'id')::uuid)));
END
$$;
