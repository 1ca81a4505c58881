-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: books a clawback (event 13): each fund as far as it can, each member from Payable, then from what is held, oldest first, then as a debt;
--          Fees:Refund bears what nobody covers and what spent funds cannot. p_result is clawback-result/1, made of p_inputs.
-- Outcomes: posted, already_posted, stale when balance or earlier clawbacks moved since the inputs were made; those of payout.post.
-- Locks: the clawback; the balances and holds of its members and funds; then those of payout.post.
CREATE OR REPLACE FUNCTION payout.post_clawback(p_id uuid, p_inputs text, p_result text) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_clawback payout.clawback;
    v_doc jsonb := p_result::jsonb;
    v_txn uuid := log.new_id();
    v_inputs_sha256 text := payout.store_evidence('application/json', pg_catalog.convert_to(p_inputs, 'UTF8'));
    v_result_sha256 text := payout.store_evidence('application/json', pg_catalog.convert_to(p_result, 'UTF8'));
    v_first text;
    v_unpaid bigint;
    v_post log.answer;
BEGIN
    SELECT * INTO v_clawback FROM payout.clawback WHERE id = p_id FOR UPDATE;
    IF v_clawback.state = 'posted' THEN
        RETURN log.refusal('already_posted', 'the clawback is posted');
    END IF;
    PERFORM FROM payout.balance AS b
    WHERE b.owner_id IN (SELECT CASE WHEN l->>'id' ~ ':' THEN '00000000-0000-0000-0000-000000000000' ELSE l->>'id' END::uuid FROM pg_catalog.jsonb_array_elements(v_doc->'lines') AS l)
    ORDER BY b.owner_id, b.account_id FOR UPDATE;
    IF (payout.load_clawback(p_id)).body->>'inputs' IS DISTINCT FROM p_inputs THEN
        RETURN log.refusal('stale', 'balances moved: work it out again');
    END IF;
    SELECT pg_catalog.convert_from(e.bytes, 'UTF8')::jsonb->'refund'->>'first_from' INTO v_first
    FROM payout.run AS r JOIN payout.evidence AS e ON e.sha256 = r.rule_sha256 WHERE r.id = v_clawback.run;
    INSERT INTO payout.clawback_line (clawback, id, minor, payable, held, owed)
    SELECT p_id, p.id, p.minor, p.payable, p.held, p.owed FROM payout.clawback_sources(v_doc->'lines') AS p;
    SELECT COALESCE(pg_catalog.sum(f.minor - f.paid), 0) INTO v_unpaid FROM payout.clawback_funds(v_doc, v_first) AS f;
    v_post := payout.post(pg_catalog.jsonb_build_array(pg_catalog.jsonb_build_object('txn_id', v_txn, 'kind', 'clawback', 'occurred_on', payout.today(), 'evidence_sha256', v_result_sha256,
            'claws_back', (SELECT r.txn_id FROM payout.run AS r WHERE r.id = v_clawback.run),
            'refs', pg_catalog.jsonb_build_array(pg_catalog.jsonb_build_object('kind', 'clawback', 'external_ref', v_clawback.run_id)))),
        (SELECT pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('path', x.path, 'minor', x.minor) ORDER BY x.o, x.path) FROM (
            SELECT 1 AS o, f.path, f.paid AS minor FROM payout.clawback_funds(v_doc, v_first) AS f
            UNION ALL SELECT 2, 'Liabilities:Member:' || l.id || ':Payable', l.payable FROM payout.clawback_line AS l WHERE l.clawback = p_id
            UNION ALL SELECT 3, t.path, pg_catalog.sum(t.taken)::bigint FROM payout.clawback_holds(p_id) AS t GROUP BY t.path
            UNION ALL SELECT 4, 'Assets:Receivable:Member:' || l.id, l.owed FROM payout.clawback_line AS l WHERE l.clawback = p_id
            UNION ALL SELECT 5, 'Expenses:Fees:Refund', (v_doc->>'uncovered')::bigint + v_unpaid
            UNION ALL SELECT 6, 'Liabilities:Pool:' || v_clawback.pool || ':Clawback', -v_clawback.minor) AS x WHERE x.minor <> 0));
    IF v_post.outcome <> 'posted' THEN
        RAISE EXCEPTION 'clawback %: % %', p_id, v_post.outcome, v_post.body USING ERRCODE = 'check_violation';
    END IF;
    PERFORM payout.reduce_holds(p_id, v_txn);
    UPDATE payout.clawback SET state = 'posted', inputs_sha256 = v_inputs_sha256, result_sha256 = v_result_sha256, result_hash = v_doc->>'hash',
        from_fund = (v_doc->>'from_fund')::bigint, uncovered = (v_doc->>'uncovered')::bigint, unpaid = v_unpaid, txn_id = v_txn, posted_at = pg_catalog.clock_timestamp()
    WHERE id = p_id;
    PERFORM log.notify_many(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('member', l.id, 'subject', v_clawback.run_id, 'kind', 'statement.clawed_back', 'body', '{}'::jsonb)))
    FROM payout.clawback_line AS l WHERE l.clawback = p_id AND l.id !~ ':' HAVING pg_catalog.count(*) > 0;
    RETURN log.answer('posted', '{}');
END
$$;
