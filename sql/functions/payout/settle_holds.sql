-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: posts event 4 both ways for missing accounts: releases BankMissing of members who have a usable account now, and holds the payable over the minimum of those who have none and none cooling down.
-- Outcomes: posted or ok; those of payout.post.
-- Locks: those of payout.post.
CREATE OR REPLACE FUNCTION payout.settle_holds(p_actor uuid, p_minimum bigint) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_doc jsonb;
    v_txn uuid := log.new_id();
    v_post log.answer;
BEGIN
    SELECT pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('hold', x.hold, 'member', x.member_id, 'minor', x.minor) ORDER BY x.member_id, x.hold) INTO v_doc FROM (
        SELECT h.id AS hold, h.member_id, -h.minor AS minor FROM payout.hold AS h
        WHERE h.reason = 'BankMissing' AND h.released_at IS NULL AND EXISTS (SELECT FROM payout.usable_payee AS u WHERE u.member_id = h.member_id)
        UNION ALL
        SELECT NULL, a.owner_id, -b.minor FROM payout.account AS a JOIN payout.balance AS b USING (owner_id, account_id)
        WHERE a.path = 'Liabilities:Member:' || a.owner_id || ':Payable' AND -b.minor >= GREATEST(p_minimum, 1)
            AND NOT EXISTS (SELECT FROM payout.usable_payee AS u WHERE u.member_id = a.owner_id)
            AND NOT EXISTS (SELECT FROM payout.payee_account AS p JOIN payout.payee_account_event AS e ON e.id = p.id AND e.usable_at > pg_catalog.clock_timestamp()
                WHERE p.member_id = a.owner_id AND NOT EXISTS (SELECT FROM payout.payee_account_event AS b WHERE b.id = p.id AND b.kind = 'blocked'))
            -- What a payment waits for is not held a second time.
            AND NOT EXISTS (SELECT FROM payout.payment AS w WHERE w.member_id = a.owner_id AND w.state = 'queued')) AS x;
    IF v_doc IS NULL THEN
        RETURN log.answer('ok', '{}');
    END IF;
    v_post := payout.post_document(pg_catalog.jsonb_build_object('txn_id', v_txn, 'kind', 'hold', 'occurred_on', payout.today(), 'actor', p_actor),
        pg_catalog.jsonb_build_object('schema', 'holds/1', 'at', log.time_text(pg_catalog.now()), 'holds', v_doc),
        (SELECT pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('path', 'Liabilities:Member:' || (d->>'member') || s.side, 'minor', s.sign * (d->>'minor')::bigint) ORDER BY d->>'member')
         FROM pg_catalog.jsonb_array_elements(v_doc) AS d, (VALUES (':Payable', 1), (':Held:BankMissing', -1)) AS s (side, sign)));
    IF v_post.outcome <> 'posted' THEN
        RETURN v_post;
    END IF;
    UPDATE payout.hold AS h SET released_txn_id = v_txn, released_at = pg_catalog.clock_timestamp()
    WHERE h.id IN (SELECT (d->>'hold')::uuid FROM pg_catalog.jsonb_array_elements(v_doc) AS d WHERE d->>'hold' IS NOT NULL);
    INSERT INTO payout.hold (id, member_id, reason, minor, txn_id)
    SELECT log.new_id(), (d->>'member')::uuid, 'BankMissing', (d->>'minor')::bigint, v_txn FROM pg_catalog.jsonb_array_elements(v_doc) AS d WHERE d->>'hold' IS NULL;
    PERFORM log.notify_member((d->>'member')::uuid, 'hold', 'payout.held', '{"reason": "BankMissing"}') FROM pg_catalog.jsonb_array_elements(v_doc) AS d WHERE d->>'hold' IS NULL;
    RETURN v_post;
END
$$;
