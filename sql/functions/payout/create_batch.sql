-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the maker collects what is payable: members over the minimum with a usable account, open bills, new attempts. Body: {account: name of the
--          bank account, execution_on?}. Members without an account are held first (event 4); what is left out is listed: below_minimum, cool_down,
--          over_limit (of a person, or of the batch). p_limits: {person, batch, day}, minor units.
-- Outcomes: created, nothing_to_pay, forbidden, not_found, invalid, idempotency_conflict, those of payout.post.
-- Locks: advisory on batches, then those of payout.post.
CREATE OR REPLACE FUNCTION payout.create_batch(p_actor uuid, p_key text, p_body jsonb, p_limits jsonb DEFAULT '{}') RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_prior log.answer := log.replay('payout', p_actor::text, p_key, 'create_batch', p_body);
    v_bank payout.bank_account;
    v_id uuid := log.new_id();
    v_on date := COALESCE((p_body->>'execution_on')::date, payout.next_business_day(payout.today()));
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
    IF v_on NOT BETWEEN payout.today() AND payout.today() + 30 OR NOT payout.is_business_day(v_on) THEN
        RETURN log.refusal('invalid', 'the execution date is a business day of banks, from today to 30 days later',
            '[{"pointer": "/execution_on", "detail": "must be a business day from today to 30 days later"}]');
    END IF;
    PERFORM pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended('payout batch', 0));
    v_held := payout.settle_holds(p_actor, v_minimum);
    IF v_held.outcome NOT IN ('posted', 'ok') THEN
        RETURN v_held;
    END IF;
    WITH found AS (SELECT f.*, pg_catalog.sum(f.minor) FILTER (WHERE f.reason IS NULL)
            OVER (ORDER BY f.payment_id NULLS LAST, f.bill_id NULLS LAST, f.member_id) AS so_far FROM payout.payable_now(v_minimum, (p_limits->>'person')::bigint) AS f),
    judged AS (SELECT f.*, COALESCE(f.reason, CASE WHEN f.so_far > COALESCE((p_limits->>'batch')::bigint, 9007199254740991) THEN 'over_limit' END) AS why FROM found AS f)
    SELECT pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('id', COALESCE(j.payment_id, log.new_id()), 'waited', j.payment_id IS NOT NULL, 'member_id', j.member_id,
            'bill_id', j.bill_id, 'account', j.account_id, 'minor', j.minor)) FILTER (WHERE j.why IS NULL),
        pg_catalog.jsonb_agg(pg_catalog.jsonb_strip_nulls(pg_catalog.jsonb_build_object('member_id', j.member_id, 'bill_id', j.bill_id, 'minor', j.minor, 'reason', j.why))
            ORDER BY j.member_id, j.bill_id) FILTER (WHERE j.why IS NOT NULL)
    INTO v_pay, v_listed FROM judged AS j;
    IF v_pay IS NULL THEN
        RETURN log.answer('nothing_to_pay', pg_catalog.jsonb_build_object('detail', 'nothing is payable over the minimum, within the limits, with a usable account',
            'listed', COALESCE(v_listed, '[]')));
    END IF;
    INSERT INTO payout.batch (id, bank_account_id, state, currency, execution_on, count, total, made_by, listed)
    SELECT v_id, v_bank.id, 'draft', v_bank.currency, v_on, pg_catalog.jsonb_array_length(v_pay),
        (SELECT pg_catalog.sum((e->>'minor')::bigint) FROM pg_catalog.jsonb_array_elements(v_pay) AS e), p_actor, COALESCE(v_listed, '[]');
    UPDATE payout.payment AS p SET batch_id = v_id, payee_account_id = (e->>'account')::uuid
    FROM pg_catalog.jsonb_array_elements(v_pay) AS e WHERE (e->>'waited')::boolean AND p.id = (e->>'id')::uuid;
    INSERT INTO payout.payment (id, batch_id, member_id, bill_id, payee_account_id, minor, end_to_end_id, uetr)
    SELECT (e->>'id')::uuid, v_id, (e->>'member_id')::uuid, (e->>'bill_id')::uuid, (e->>'account')::uuid, (e->>'minor')::bigint,
        'E' || payout.base32((e->>'id')::uuid), payout.payment_uetr((e->>'id')::uuid)
    FROM pg_catalog.jsonb_array_elements(v_pay) AS e WHERE NOT (e->>'waited')::boolean;
    INSERT INTO payout.batch_event (batch_id, no, state, actor) VALUES (v_id, 1, 'draft', p_actor);
    RETURN log.remember('payout', p_actor::text, p_key, 'create_batch', p_body, log.answer('created', payout.batch_json(v_id)));
END
$$;
