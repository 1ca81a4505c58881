-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: event 3 of a run as transaction p_txn: the second writer of the journal, beside payout.book_set, for one transaction whose postings are the lines of a result, however
--          many. The lines go from table to table, met in the order of their keys, all postings and balances in one statement. Through payout.post_many, where they are
--          written into an array and looked for by path, 100,000 members take 2.2 s of processor instead of 0.8. The accounts are open (payout.freeze_run).
-- Outcomes: posted, period_closed, bound_broken.
-- Locks: the month (advisory, shared), balances in (owner_id, account_id) order, then txn_counter, last: as payout.book_set.
CREATE OR REPLACE FUNCTION payout.post_shares(p_run uuid, p_txn uuid) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp SET enable_hashjoin = off SET enable_sort = off SET enable_bitmapscan = off SET enable_nestloop = on SET work_mem = '256MB'
AS $$
DECLARE
    v_run payout.run;
    v_month date := pg_catalog.date_trunc('month', payout.today()::timestamp)::date;
    v_funds payout.line_draft[];
    v_no bigint;
BEGIN
    SELECT * INTO v_run FROM payout.run WHERE id = p_run;
    PERFORM payout.lock_month(v_month, true);
    PERFORM payout.make_partition(v_month);
    IF (SELECT state FROM payout.period WHERE month = v_month) = 'closed' THEN
        RETURN log.refusal('period_closed', pg_catalog.to_char(v_month, 'YYYY-MM') || ' is closed');
    END IF;
    v_funds := payout.read_lines(pg_catalog.jsonb_build_array(pg_catalog.jsonb_build_object('path', 'Liabilities:Pool:' || v_run.pool || ':Received', 'minor', v_run.pot - v_run.carried))
        || COALESCE((SELECT pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('path', f->>'to', 'minor', -(f->>'amount')::bigint)) FROM pg_catalog.jsonb_array_elements(v_run.head->'funds') AS f), '[]'));
    PERFORM payout.open_accounts(v_funds);
    IF (SELECT b.minor FROM payout.account AS a JOIN payout.balance AS b USING (owner_id, account_id)
            WHERE a.owner_id = v_funds[1].owner_id AND a.path = v_funds[1].path FOR UPDATE OF b) + v_funds[1].minor > 0 THEN
        RETURN log.refusal('bound_broken', v_funds[1].path || ' does not hold the pot of the run any more: abandon it');
    END IF;
    -- A table that was filled a moment ago has no statistics yet: many lines are met in their order, whatever the planner believes.
    PERFORM pg_catalog.set_config('enable_nestloop', (v_run.lines < 10000)::text, true);
    WITH trust AS (
        UPDATE payout.balance AS b SET minor = b.minor + l.minor, version = b.version + 1
        FROM (SELECT a.owner_id, a.account_id, f.line, f.minor FROM pg_catalog.unnest(v_funds) AS f
            JOIN payout.account AS a ON a.owner_id = f.owner_id AND a.path = f.path ORDER BY a.owner_id, a.account_id) AS l
        WHERE b.owner_id = l.owner_id AND b.account_id = l.account_id
        RETURNING b.owner_id, b.account_id, l.line, l.minor, b.minor AS after_minor),
    member AS (
        UPDATE payout.balance AS b SET minor = b.minor - l.minor, version = b.version + 1
        FROM (SELECT a.owner_id, a.account_id, r.index, r.minor FROM payout.run_line AS r
            JOIN payout.account AS a ON a.owner_id = r.member_id AND a.path LIKE 'Liabilities:Member:%:Payable'
            WHERE r.run = p_run ORDER BY a.owner_id, a.account_id) AS l
        WHERE b.owner_id = l.owner_id AND b.account_id = l.account_id
        RETURNING b.owner_id, b.account_id, (l.index + pg_catalog.cardinality(v_funds) + 1)::integer AS line, -l.minor AS minor, b.minor AS after_minor),
    counter AS (
        -- recorded_at is read under this lock, so it never goes back along txn_no; it is taken when all balances have moved.
        UPDATE payout.txn_counter SET last_no = last_no + 1, last_at = GREATEST(last_at, pg_catalog.clock_timestamp())
        WHERE (SELECT pg_catalog.count(*) FROM trust) + (SELECT pg_catalog.count(*) FROM member) = v_run.lines + pg_catalog.cardinality(v_funds) RETURNING last_no, last_at),
    head AS (
        INSERT INTO payout.txn (month, txn_id, txn_no, kind, occurred_on, recorded_at, actor, evidence_sha256, postings, debit_minor)
        SELECT v_month, p_txn, c.last_no, 'distribution', payout.today(), c.last_at, v_run.confirmed_by, v_run.result_file_sha256,
            v_run.lines + pg_catalog.cardinality(v_funds), v_run.pot - v_run.carried FROM counter AS c RETURNING txn_no)
    INSERT INTO payout.posting (month, owner_id, account_id, txn_id, line, minor, after_minor)
    SELECT v_month, m.owner_id, m.account_id, p_txn, m.line, m.minor, m.after_minor FROM (SELECT * FROM trust UNION ALL SELECT * FROM member) AS m;
    PERFORM pg_catalog.set_config('enable_nestloop', 'on', true);
    SELECT txn_no INTO STRICT v_no FROM payout.txn WHERE month = v_month AND txn_id = p_txn;
    INSERT INTO payout.txn_ref (kind, external_ref, txn_id) VALUES ('run', v_run.run_id, p_txn);
    PERFORM log.append_leaf('txn', p_txn::text, v_run.result_file_sha256, pg_catalog.jsonb_build_object('kind', 'distribution', 'txn_no', v_no, 'debit', v_run.pot - v_run.carried));
    RETURN log.answer('posted', '{}');
END
$$;
