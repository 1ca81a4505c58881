-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: what was held longer than payout.unclaimed_after becomes unclaimed (event 18), up to 1,000 holds in one transaction. What a dispute or a
--          sanctions check holds does not: that is not for the member to claim.
-- Outcomes: posted; ok when there is none; those of payout.post.
-- Locks: the holds, then those of payout.post.
CREATE OR REPLACE FUNCTION payout.age_holds() RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_txn uuid := log.new_id();
    v_doc jsonb;
    v_post log.answer;
BEGIN
    SELECT pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('hold', x.id, 'member', x.member_id, 'reason', x.reason, 'minor', x.minor) ORDER BY x.member_id, x.id) INTO v_doc
    FROM (SELECT h.* FROM payout.hold AS h WHERE h.released_at IS NULL AND h.reason NOT IN ('Unclaimed', 'Dispute', 'Sanctions')
            AND h.since < pg_catalog.now() - payout.unclaimed_after() ORDER BY h.since LIMIT 1000 FOR UPDATE) AS x;
    IF v_doc IS NULL THEN
        RETURN log.answer('ok', '{}');
    END IF;
    v_post := payout.post_document(pg_catalog.jsonb_build_object('txn_id', v_txn, 'kind', 'unclaimed', 'occurred_on', payout.today()),
        pg_catalog.jsonb_build_object('schema', 'unclaimed/1', 'holds', v_doc),
        (SELECT pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('path', payout.hold_path((d->>'member')::uuid, d->>'reason'), 'minor', (d->>'minor')::bigint))
         FROM pg_catalog.jsonb_array_elements(v_doc) AS d)
            || pg_catalog.jsonb_build_array(pg_catalog.jsonb_build_object('path', 'Liabilities:Unclaimed', 'minor',
                (SELECT -pg_catalog.sum((d->>'minor')::bigint) FROM pg_catalog.jsonb_array_elements(v_doc) AS d))));
    IF v_post.outcome <> 'posted' THEN
        RETURN v_post;
    END IF;
    UPDATE payout.hold AS h SET released_txn_id = v_txn, released_at = pg_catalog.clock_timestamp()
    WHERE h.id IN (SELECT (d->>'hold')::uuid FROM pg_catalog.jsonb_array_elements(v_doc) AS d);
    INSERT INTO payout.hold (id, member_id, reason, minor, txn_id, note)
    SELECT log.new_id(), (d->>'member')::uuid, 'Unclaimed', (d->>'minor')::bigint, v_txn, 'held before: ' || (d->>'reason') FROM pg_catalog.jsonb_array_elements(v_doc) AS d;
    PERFORM log.notify_member((d->>'member')::uuid, 'hold ' || (d->>'hold'), 'payout.unclaimed', '{}') FROM pg_catalog.jsonb_array_elements(v_doc) AS d;
    RETURN v_post;
END
$$;
