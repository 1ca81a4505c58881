-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the maker collects what is payable: over the minimum, with a usable account. Body: {account: name of the bank account, execution_on?}. Members without an account are held first (event 4); below_minimum and cool_down are listed only.
-- Outcomes: created, nothing_to_pay, forbidden, not_found, idempotency_conflict, those of payout.post.
-- Locks: advisory on batches, then those of payout.post.
CREATE OR REPLACE FUNCTION payout.create_batch(p_actor uuid, p_key text, p_body jsonb) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_prior log.answer := log.replay('payout', p_actor::text, p_key, 'create_batch', p_body);
    v_bank payout.bank_account;
    v_id uuid := log.new_id();
    v_minimum bigint := payout.minimum_payout();
    v_held log.answer;
    v_pay jsonb;
    v_listed jsonb;
BEGIN
    IF v_prior.outcome IS NOT NULL THEN
        RETURN v_prior;
    END IF;
    IF NOT governance.is_office(p_actor, 'treasurer') THEN
        RETURN log.refusal('forbidden', 'only the treasurer makes batches');
    END IF;
    SELECT * INTO v_bank FROM payout.bank_account WHERE name = p_body->>'account';
    IF NOT FOUND THEN
        RETURN log.refusal('not_found', 'there is no bank account ' || (p_body->>'account'));
    END IF;
    PERFORM pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended('payout batch', 0));
    v_held := payout.settle_holds(p_actor, v_minimum);
    IF v_held.outcome NOT IN ('posted', 'ok') THEN
        RETURN v_held;
    END IF;
    WITH payable AS (
        SELECT a.owner_id AS member_id, -b.minor AS minor, payout.usable_account(a.owner_id) AS account
        FROM payout.account AS a JOIN payout.balance AS b USING (owner_id, account_id)
        WHERE a.owner_id <> '00000000-0000-0000-0000-000000000000' AND a.path = 'Liabilities:Member:' || a.owner_id || ':Payable' AND b.minor < 0
            AND NOT EXISTS (SELECT FROM payout.payment AS p WHERE p.member_id = a.owner_id AND p.state = 'queued'))
    SELECT pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('member_id', y.member_id, 'minor', y.minor, 'account', y.account, 'id', log.new_id()) ORDER BY y.member_id)
            FILTER (WHERE y.minor >= v_minimum AND y.account IS NOT NULL),
        pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('member_id', y.member_id, 'minor', y.minor,
            'reason', CASE WHEN y.minor < v_minimum THEN 'below_minimum' ELSE 'cool_down' END) ORDER BY y.member_id)
            FILTER (WHERE y.minor < v_minimum OR y.account IS NULL)
    INTO v_pay, v_listed FROM payable AS y;
    IF v_pay IS NULL THEN
        RETURN log.answer('nothing_to_pay', pg_catalog.jsonb_build_object('detail', 'no payable is over the minimum with a usable account', 'listed', COALESCE(v_listed, '[]')));
    END IF;
    INSERT INTO payout.batch (id, bank_account_id, state, currency, execution_on, count, total, made_by, listed)
    SELECT v_id, v_bank.id, 'draft', v_bank.currency, COALESCE((p_body->>'execution_on')::date, payout.next_business_day(payout.today())),
        pg_catalog.jsonb_array_length(v_pay), (SELECT pg_catalog.sum((e->>'minor')::bigint) FROM pg_catalog.jsonb_array_elements(v_pay) AS e), p_actor, COALESCE(v_listed, '[]');
    INSERT INTO payout.payment (id, batch_id, member_id, payee_account_id, minor, end_to_end_id, uetr)
    SELECT (e->>'id')::uuid, v_id, (e->>'member_id')::uuid, (e->>'account')::uuid, (e->>'minor')::bigint, 'E' || payout.base32((e->>'id')::uuid),
           payout.payment_uetr((e->>'id')::uuid)
    FROM pg_catalog.jsonb_array_elements(v_pay) AS e;
    INSERT INTO payout.batch_event (batch_id, no, state, actor) VALUES (v_id, 1, 'draft', p_actor);
    RETURN log.remember('payout', p_actor::text, p_key, 'create_batch', p_body, log.answer('created', payout.batch_json(v_id)));
END
$$;
