-- SPDX-License-Identifier: AGPL-3.0-or-later
-- The journal: bounds, sums, numbers, reversal, closed months, append-only, and the golden journal of the specification.
-- Runs in a migrated database as its owner; everything is rolled back. Ends without output when all holds; else raises.
\set ON_ERROR_STOP 1
BEGIN;

CREATE FUNCTION pg_temp.book(p_kind text, p_lines jsonb, p_day date DEFAULT '2026-01-15', p_more jsonb DEFAULT '{}') RETURNS log.answer
LANGUAGE sql AS $$
    SELECT payout.post(jsonb_build_array(jsonb_build_object('kind', p_kind, 'occurred_on', p_day,
        'evidence_sha256', payout.store_evidence('text/plain', convert_to(p_kind || p_lines::text || p_day, 'UTF8'))) || p_more),
        (SELECT jsonb_agg(jsonb_build_object('path', e->>0, 'minor', e->1) ORDER BY o) FROM jsonb_array_elements(p_lines) WITH ORDINALITY AS t (e, o)))
$$;
CREATE FUNCTION pg_temp.must(p_what text, p_answer log.answer, p_outcome text) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    IF p_answer.outcome IS DISTINCT FROM p_outcome THEN
        RAISE EXCEPTION '%: expected %, got % %', p_what, p_outcome, p_answer.outcome, p_answer.body;
    END IF;
END $$;
CREATE FUNCTION pg_temp.refused(p_what text, p_state text, p_sql text) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE p_sql;
    RAISE EXCEPTION '%: was not refused', p_what USING ERRCODE = 'ZZ001';
EXCEPTION WHEN OTHERS THEN
    IF SQLSTATE <> p_state THEN
        RAISE EXCEPTION '%: expected %, got % %', p_what, p_state, SQLSTATE, SQLERRM;
    END IF;
END $$;
CREATE FUNCTION pg_temp.minor(p_path text) RETURNS bigint
LANGUAGE sql AS $$
    SELECT b.minor FROM payout.account AS a JOIN payout.balance AS b USING (owner_id, account_id) WHERE a.path = p_path
$$;

-- Golden journal.
\set m1 '11111111-1111-7111-8111-111111111111'
\set m2 '22222222-2222-7222-8222-222222222222'
\set m3 '33333333-3333-7333-8333-333333333333'
SELECT set_config('t.m1', :'m1', true), set_config('t.m2', :'m2', true), set_config('t.m3', :'m3', true) \g /dev/null
DO $$
DECLARE
    m1 text := 'Liabilities:Member:' || current_setting('t.m1');
    m2 text := 'Liabilities:Member:' || current_setting('t.m2');
    m3 text := 'Liabilities:Member:' || current_setting('t.m3');
    r1 text := 'Assets:Receivable:Member:' || current_setting('t.m1');
    v_expect jsonb;
    v_key text;
BEGIN
    PERFORM pg_temp.must('1', pg_temp.book('invoice', '[["Assets:Receivable:L",119000],["Liabilities:VAT:DE",-19000],["Liabilities:Pool:p:Invoiced",-100000]]'), 'posted');
    PERFORM pg_temp.must('2', pg_temp.book('receipt', '[["Assets:Bank:main",118750],["Expenses:Fees:Rail",250],["Assets:Receivable:L",-119000],
        ["Liabilities:Pool:p:Invoiced",100000],["Liabilities:Pool:p:Received",-100000]]'), 'posted');
    PERFORM pg_temp.must('3', pg_temp.book('distribution', jsonb_build_array('["Liabilities:Pool:p:Received",100000]'::jsonb, '["Income:FeeRecovery",-250]'::jsonb,
        '["Income:OperationsShare",-14962]'::jsonb, '["Equity:Fund:Solidarity",-4987]'::jsonb, '["Equity:Fund:Commons",-9975]'::jsonb,
        jsonb_build_array(m1 || ':Payable', -23275), jsonb_build_array(m2 || ':Payable', -23276), jsonb_build_array(m3 || ':Payable', -23275))), 'posted');
    PERFORM pg_temp.must('4', pg_temp.book('hold', jsonb_build_array(jsonb_build_array(m2 || ':Payable', 23276), jsonb_build_array(m2 || ':Held:BankMissing', -23276))), 'posted');
    PERFORM pg_temp.must('6', pg_temp.book('batch_released', jsonb_build_array(jsonb_build_array(m1 || ':Payable', 23275), jsonb_build_array(m3 || ':Payable', 23275),
        '["Liabilities:PayoutInFlight:b1",-46550]'::jsonb)), 'posted');
    PERFORM pg_temp.must('7', pg_temp.book('batch_booked', '[["Liabilities:PayoutInFlight:b1",46550],["Assets:Bank:main",-46550]]'), 'posted');
    PERFORM pg_temp.must('9', pg_temp.book('returned', jsonb_build_array('["Assets:Bank:main",22975]'::jsonb, '["Expenses:Fees:Return",300]'::jsonb,
        jsonb_build_array(m3 || ':Held:Returned', -23275))), 'posted');
    PERFORM pg_temp.must('12', pg_temp.book('credit_note', '[["Liabilities:VAT:DE",3800],["Liabilities:Pool:p:Clawback",20000],["Liabilities:Refundable:L",-23800]]'), 'posted');
    PERFORM pg_temp.must('13', pg_temp.book('clawback', jsonb_build_array('["Income:OperationsShare",3000]'::jsonb, '["Equity:Fund:Solidarity",1000]'::jsonb,
        '["Equity:Fund:Commons",2000]'::jsonb, jsonb_build_array(r1, 4667), jsonb_build_array(m2 || ':Held:BankMissing', 4667),
        jsonb_build_array(m3 || ':Held:Returned', 4666), '["Liabilities:Pool:p:Clawback",-20000]'::jsonb)), 'posted');
    PERFORM pg_temp.must('14a', pg_temp.book('refund_released', '[["Liabilities:Refundable:L",23800],["Liabilities:PayoutInFlight:b2",-23800]]'), 'posted');
    PERFORM pg_temp.must('14b', pg_temp.book('refund_booked', '[["Liabilities:PayoutInFlight:b2",23800],["Assets:Bank:main",-23800]]'), 'posted');
    v_expect := jsonb_build_object('Assets:Bank:main', 71375, 'Liabilities:VAT:DE', -15200, r1, 4667, m2 || ':Held:BankMissing', -18609,
        m3 || ':Held:Returned', -18609, 'Income:OperationsShare', -11962, 'Equity:Fund:Solidarity', -3987, 'Equity:Fund:Commons', -7975,
        'Income:FeeRecovery', -250, 'Expenses:Fees:Rail', 250, 'Expenses:Fees:Return', 300);
    FOR v_key IN SELECT path FROM payout.account LOOP
        IF pg_temp.minor(v_key) IS DISTINCT FROM COALESCE((v_expect->>v_key)::bigint, 0) THEN
            RAISE EXCEPTION 'golden journal: % is %, expected %', v_key, pg_temp.minor(v_key), COALESCE(v_expect->>v_key, '0');
        END IF;
    END LOOP;
END $$;

\echo 'ok - golden journal'

-- Y1 and the header chain.
DO $$
BEGIN
    IF (SELECT sum(minor) FROM payout.balance) <> 0
       OR EXISTS (SELECT FROM payout.balance AS b LEFT JOIN (SELECT owner_id, account_id, sum(minor) AS s FROM payout.posting GROUP BY 1, 2) AS p
            USING (owner_id, account_id) WHERE b.minor <> COALESCE(p.s, 0)) THEN
        RAISE EXCEPTION 'Y1 does not hold';
    END IF;
    IF (SELECT array_agg(txn_no ORDER BY txn_no) FROM payout.txn) <> (SELECT array_agg(n) FROM generate_series(1::bigint, 11) AS n) THEN
        RAISE EXCEPTION 'txn_no has gaps';
    END IF;
    IF EXISTS (SELECT FROM (SELECT recorded_at < lag(recorded_at) OVER (ORDER BY txn_no) AS back FROM payout.txn) AS x WHERE x.back) THEN
        RAISE EXCEPTION 'recorded_at goes back';
    END IF;
    IF (SELECT count(*) FROM log.outbox WHERE payload->>'type' = 'txn') <> 11 THEN
        RAISE EXCEPTION 'not every transaction has its leaf';
    END IF;
END $$;
SET CONSTRAINTS ALL IMMEDIATE;
SET CONSTRAINTS ALL DEFERRED;

-- A header that does not agree with its postings is caught at commit.
SELECT pg_temp.refused('header off by one', '23514', $x$
    INSERT INTO payout.txn (month, txn_id, txn_no, kind, occurred_on, recorded_at, evidence_sha256, postings, debit_minor)
    SELECT month, gen_random_uuid(), 99, kind, occurred_on, recorded_at, evidence_sha256, postings, debit_minor FROM payout.txn LIMIT 1;
    SET CONSTRAINTS ALL IMMEDIATE $x$);

-- So is a posting that no header counts, and one more beside those it counts.
SELECT pg_temp.refused('posting without a header', '23514', $x$
    INSERT INTO payout.posting SELECT month, owner_id, account_id, gen_random_uuid(), 1, minor, after_minor FROM payout.posting LIMIT 1 $x$);
SELECT pg_temp.refused('one posting more', '23514', $x$
    INSERT INTO payout.posting SELECT month, owner_id, account_id, txn_id, 99, 1, after_minor FROM payout.posting LIMIT 1 $x$);

\echo 'ok - headers, numbers, leaves'

-- Sum off by one; overflow; not whole; bound; unknown account.
SELECT pg_temp.must('sum', pg_temp.book('x', '[["Assets:Bank:main",5],["Income:Other",-4]]'), 'not_balanced');
SELECT pg_temp.refused('2^53', '22003', $x$SELECT pg_temp.book('x', '[["Assets:Bank:main",9007199254740992],["Income:Other",-9007199254740992]]')$x$);
SELECT pg_temp.must('balance overflow', pg_temp.book('x', '[["Assets:Bank:main",9007199254740991],["Income:Other",-9007199254740991]]'), 'bound_broken');
SELECT pg_temp.refused('1.5', '22003', $x$SELECT pg_temp.book('x', '[["Assets:Bank:main",1.0],["Income:Other",-1.0]]')$x$);
SELECT pg_temp.refused('zero', '22003', $x$SELECT pg_temp.book('x', '[["Assets:Bank:main",0],["Income:Other",0]]')$x$);
SELECT pg_temp.must('bound', pg_temp.book('x', '[["Liabilities:Pool:p:Received",1],["Income:Other",-1]]'), 'bound_broken');
SELECT pg_temp.must('chart', pg_temp.book('x', '[["Assets:Cash",1],["Income:Other",-1]]'), 'invalid');
SELECT pg_temp.must('chart', pg_temp.book('x', '[["Assets:Bank:a:b",1],["Income:Other",-1]]'), 'invalid');

-- A bound is kept at each transaction of one call, not only at its end.
SELECT pg_temp.must('bound inside a call', payout.post(
    jsonb_build_array(jsonb_build_object('kind', 'x', 'occurred_on', '2026-01-20', 'evidence_sha256', payout.store_evidence('a', 'b')),
                      jsonb_build_object('kind', 'y', 'occurred_on', '2026-01-20', 'evidence_sha256', payout.store_evidence('a', 'b'))),
    '[{"txn":1,"path":"Equity:Fund:X","minor":5},{"txn":1,"path":"Income:Other","minor":-5},
      {"txn":2,"path":"Equity:Fund:X","minor":-5},{"txn":2,"path":"Income:Other","minor":5}]'), 'bound_broken');

\echo 'ok - sums, bounds, chart'

-- Reversal: exact, once.
DO $$
DECLARE
    v_id text := pg_temp.book('dues', '[["Assets:Bank:main",700],["Income:Dues",-700]]');
    v_txn jsonb;
BEGIN
    SELECT jsonb_build_object('reverses', txn_id) INTO v_txn FROM payout.txn WHERE kind = 'dues';
    PERFORM pg_temp.must('another amount', pg_temp.book('reversal', '[["Assets:Bank:main",-600],["Income:Dues",600]]', '2026-01-16', v_txn), 'not_balanced');
    PERFORM pg_temp.must('reversal', pg_temp.book('reversal', '[["Assets:Bank:main",-700],["Income:Dues",700]]', '2026-01-16', v_txn), 'posted');
    PERFORM pg_temp.must('twice', pg_temp.book('reversal', '[["Assets:Bank:main",-700],["Income:Dues",700]]', '2026-01-17', v_txn), 'already_reversed');
END $$;

-- One booking for each outside event.
SELECT pg_temp.must('ref', pg_temp.book('dues', '[["Assets:Bank:main",7],["Income:Dues",-7]]', '2026-01-16', '{"refs":[{"kind":"bank_entry","external_ref":"e1"}]}'), 'posted');
SELECT pg_temp.must('ref again', pg_temp.book('dues', '[["Assets:Bank:main",7],["Income:Dues",-7]]', '2026-01-18', '{"refs":[{"kind":"bank_entry","external_ref":"e1"}]}'), 'already_matched');

-- The reserve yields to a resolution for it alone, in force, within its amount.
SELECT pg_temp.must('feed reserve', pg_temp.book('x', '[["Assets:Bank:main",500],["Equity:Reserve:Legal",-500]]'), 'posted');
SELECT pg_temp.must('reserve', pg_temp.book('x', '[["Equity:Reserve:Legal",100],["Equity:Fund:Commons",-100]]'), 'reserve_locked');
SELECT pg_temp.must('reserve, unknown resolution', pg_temp.book('x', '[["Equity:Reserve:Legal",100],["Equity:Fund:Commons",-100]]', '2026-01-19', '{"resolution":"none"}'), 'reserve_locked');

\echo 'ok - reversal, outside events, reserve'

-- A closed month takes nothing, and does not open again.
SELECT payout.make_partition('2025-12-01');
UPDATE payout.period SET state = 'closing' WHERE month = '2025-12-01';
UPDATE payout.period SET state = 'closed' WHERE month = '2025-12-01';
SELECT pg_temp.must('closed month', pg_temp.book('x', '[["Assets:Bank:main",1],["Income:Other",-1]]', '2025-12-31'), 'period_closed');
SELECT pg_temp.refused('reopen', '23001', $x$UPDATE payout.period SET state = 'open' WHERE month = '2025-12-01'$x$);
SELECT pg_temp.must('a month before it', pg_temp.book('x', '[["Assets:Bank:main",1],["Income:Other",-1]]', '2025-03-31'), 'period_closed');
SELECT pg_temp.must('concerns an open month', pg_temp.book('x', '[["Assets:Bank:main",1],["Income:Other",-1]]', '2026-02-02', '{"concerns":"2026-01-01"}'), 'invalid');
SELECT pg_temp.must('late', pg_temp.book('x', '[["Assets:Bank:main",1],["Income:Other",-1]]', '2026-01-02', '{"concerns":"2025-12-01"}'), 'posted');

\echo 'ok - closed month'

SET CONSTRAINTS ALL IMMEDIATE;
-- Append-only for the owner too, also on a partition itself, also as a replica.
SELECT pg_temp.refused(t || ' update', '23001', format('UPDATE payout.%I SET %s', t, c))
FROM (VALUES ('txn', 'kind = kind'), ('posting', 'minor = minor'), ('posting_202601', 'minor = minor + 1'), ('txn_ref', 'kind = kind'), ('reversal', 'txn_id = txn_id'),
    ('evidence', 'media_type = media_type')) AS x (t, c);
SELECT pg_temp.refused(t || ' delete', '23001', format('DELETE FROM payout.%I', t)) FROM unnest(ARRAY['txn', 'posting', 'posting_202601', 'txn_ref', 'reversal', 'evidence']) AS t;
SELECT pg_temp.refused(t || ' truncate', '23001', format('TRUNCATE payout.%I CASCADE', t)) FROM unnest(ARRAY['txn', 'posting', 'posting_202601', 'txn_ref', 'reversal', 'evidence', 'period', 'period_balance', 'invoice', 'invoice_line', 'revenue_slice',
    'credit_slice', 'write_off', 'dispute', 'dispute_slice']) AS t;
SET LOCAL session_replication_role = replica;
SELECT pg_temp.refused('delete as a replica', '23001', 'DELETE FROM payout.posting');
SET LOCAL session_replication_role = origin;

\echo 'ok - append-only'

-- The checks behind a booking go by its transaction, also in a month without figures for the planner and with a plan that is kept: by the key they would read the whole month.
SET LOCAL plan_cache_mode = force_generic_plan;
SET LOCAL enable_seqscan = off;
PREPARE of_txn (date, uuid) AS SELECT count(*) FROM payout.posting WHERE month = $1 AND txn_id = $2;
DO $$
DECLARE
    v_plan json;
BEGIN
    EXECUTE format('EXPLAIN (FORMAT JSON) EXECUTE of_txn(%L, %L)', '2026-01-01', gen_random_uuid()) INTO v_plan;
    IF v_plan::text NOT LIKE '%posting_202601_txn_id_line_idx%' OR v_plan::text LIKE '%pkey%' THEN
        RAISE EXCEPTION 'postings of a transaction are looked for by %', v_plan;
    END IF;
END $$;
DEALLOCATE of_txn;
RESET plan_cache_mode;
RESET enable_seqscan;

\echo 'ok - a booking reads its own postings'

-- No login role writes a table or books by itself.
SELECT pg_temp.refused(r || ' ' || s, '42501', format('SET LOCAL ROLE %I; %s', r, s))
FROM unnest(ARRAY['ch_payout', 'ch_worker', 'ch_governance', 'ch_licensing', 'ch_metering', 'ch_portal', 'ch_log', 'ch_audit']) AS r,
     unnest(ARRAY['UPDATE payout.txn SET kind = kind', 'DELETE FROM payout.posting', 'TRUNCATE payout.txn', 'UPDATE payout.approval SET text = text',
        'DELETE FROM payout.run_line', 'INSERT INTO payout.posting VALUES (''2026-01-01'', gen_random_uuid(), 1, gen_random_uuid(), 1, 1, 1)',
        'UPDATE payout.balance SET minor = 0', 'SELECT payout.post(''[]'', ''[]'')', 'INSERT INTO payout.evidence VALUES (''x'', ''y'', ''z'')']) AS s;
ROLLBACK;
\echo 'ok - login roles write nothing'
