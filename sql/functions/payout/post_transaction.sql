-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: a booking by hand, under a resolution in force. p_body: {text, resolution, occurred_on?, concerns?, postings: [{account, amount}]}. Accounts that follow documents are
--          not booked by hand. What leaves the equity needs a resolution for that account, with what left under it before within its amount.
-- Outcomes: posted, forbidden, invalid, reserve_locked, idempotency_conflict, those of payout.post.
-- Locks: those of payout.post.
CREATE OR REPLACE FUNCTION payout.post_transaction(p_actor uuid, p_key text, p_body jsonb) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_prior log.answer := log.replay('payout', p_actor::text, p_key, 'post_transaction', p_body);
    v_at integer;
    v_path text;
    v_day date := COALESCE((p_body->>'occurred_on')::date, payout.today());
    v_post log.answer;
BEGIN
    IF v_prior.outcome IS NOT NULL THEN
        RETURN v_prior;
    END IF;
    IF NOT governance.is_office(p_actor, 'treasurer') THEN
        RETURN log.refusal('forbidden', 'only the treasurer books');
    END IF;
    IF payout.other_currency(p_body) THEN
        RETURN log.refusal('invalid', 'amounts are in the book currency');
    END IF;
    IF v_day > payout.today() THEN
        RETURN log.refusal('invalid', 'nothing is booked ahead', '[{"pointer": "/occurred_on", "detail": "is in the future"}]');
    END IF;
    SELECT e.ordinality - 1, e.value->>'account' INTO v_at, v_path FROM pg_catalog.jsonb_array_elements(p_body->'postings') WITH ORDINALITY AS e
    WHERE NOT EXISTS (SELECT FROM payout.chart AS c WHERE c.shape = payout.chart_shape(e.value->>'account') AND c.by_hand) LIMIT 1;
    IF FOUND THEN
        RETURN log.refusal('invalid', v_path || ' is not booked by hand: it follows documents', pg_catalog.jsonb_build_array(pg_catalog.jsonb_build_object(
            'pointer', '/postings/' || v_at || '/account', 'detail', 'is not an account booked by hand')));
    END IF;
    SELECT d.path INTO v_path FROM (SELECT e->>'account' AS path, pg_catalog.sum((e->'amount'->>'minor')::bigint) AS minor FROM pg_catalog.jsonb_array_elements(p_body->'postings') AS e
        WHERE e->>'account' LIKE 'Equity:%' AND (e->'amount'->>'minor')::bigint > 0 GROUP BY 1) AS d
    WHERE d.minor > COALESCE(payout.resolution_left(p_body->>'resolution', d.path), 0) ORDER BY d.path = 'Equity:Reserve:Legal' DESC LIMIT 1;
    IF v_path IS NOT NULL THEN
        RETURN log.refusal(CASE v_path WHEN 'Equity:Reserve:Legal' THEN 'reserve_locked' ELSE 'forbidden' END, 'no resolution in force of this name allows that much out of ' || v_path);
    END IF;
    IF NOT EXISTS (SELECT FROM governance.resolution_in_force AS r WHERE r.resolution = p_body->>'resolution' AND r.from_at <= pg_catalog.now()
            AND (r.until_at IS NULL OR r.until_at > pg_catalog.now())) THEN
        RETURN log.refusal('forbidden', 'a booking by hand names a resolution in force');
    END IF;
    v_post := payout.post_document(pg_catalog.jsonb_build_object('kind', 'resolution', 'occurred_on', v_day, 'actor', p_actor, 'resolution', p_body->>'resolution',
            'concerns', (p_body->>'concerns') || '-01'), p_body || pg_catalog.jsonb_build_object('schema', 'booking/1', 'occurred_on', v_day),
        (SELECT pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('path', e.value->>'account', 'minor', e.value->'amount'->'minor') ORDER BY e.ordinality)
         FROM pg_catalog.jsonb_array_elements(p_body->'postings') WITH ORDINALITY AS e));
    IF v_post.outcome <> 'posted' THEN
        RETURN v_post;
    END IF;
    RETURN log.remember('payout', p_actor::text, p_key, 'post_transaction', p_body, log.answer('posted', payout.txn_json((v_post.body->>'txn_id')::uuid)));
END
$$;
