-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the only writer of the journal. p_txns: array of {"kind", "occurred_on", "evidence_sha256", "txn_id"?, "actor"?, "approvals"?,
--          "resolution"?, "concerns"?, "reverses"?, "refs"?: [{"kind", "external_ref"}]}; p_postings as in payout.read_lines. One event is one
--          transaction is one evidence document is one leaf. On a refusal nothing is written.
-- Outcomes: posted {"txns": [{"txn_id", "txn_no"}]}; bound_broken and those of payout.check_draft.
-- Locks: periods (share), balances in (owner_id, account_id) order, then txn_counter, last.
CREATE OR REPLACE FUNCTION payout.post(p_txns jsonb, p_postings jsonb) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_lines payout.line_draft[] := payout.read_lines(p_postings);
    v_refusal log.answer := payout.check_draft(p_txns, v_lines);
    v_count bigint := pg_catalog.jsonb_array_length(p_txns);
    v_ids uuid[];
    v_last bigint;
    v_at timestamptz;
    v_text text;
BEGIN
    IF v_refusal.outcome IS NOT NULL THEN
        RETURN v_refusal;
    END IF;
    PERFORM payout.open_accounts(v_lines);
    PERFORM FROM payout.balance AS b
    WHERE (b.owner_id, b.account_id) IN (SELECT a.owner_id, a.account_id FROM pg_catalog.unnest(v_lines) AS l
        JOIN payout.account AS a ON a.owner_id = l.owner_id AND a.path = l.path)
    ORDER BY b.owner_id, b.account_id FOR UPDATE;
    -- Bounds hold after each transaction, not after each line.
    SELECT x.path INTO v_text FROM (
        SELECT DISTINCT l.path, l.n, b.min_minor, b.max_minor,
               b.minor + pg_catalog.sum(l.minor) OVER (PARTITION BY l.owner_id, l.path ORDER BY l.n) AS after_minor
        FROM pg_catalog.unnest(v_lines) AS l JOIN payout.account AS a ON a.owner_id = l.owner_id AND a.path = l.path
        JOIN payout.balance AS b ON b.owner_id = a.owner_id AND b.account_id = a.account_id) AS x
    WHERE x.after_minor NOT BETWEEN x.min_minor AND x.max_minor ORDER BY x.path LIMIT 1;
    IF v_text IS NOT NULL THEN
        RETURN log.refusal('bound_broken', v_text || ' would pass its bound');
    END IF;
    SELECT pg_catalog.array_agg(COALESCE((e.value->>'txn_id')::uuid, log.new_id()) ORDER BY e.ordinality) INTO v_ids
    FROM pg_catalog.jsonb_array_elements(p_txns) WITH ORDINALITY AS e;
    -- recorded_at is read under this lock, so it never goes back along txn_no, whatever the clock does.
    SELECT last_no, last_at INTO v_last, v_at FROM payout.txn_counter FOR UPDATE;
    UPDATE payout.txn_counter SET last_no = last_no + v_count, last_at = GREATEST(last_at, pg_catalog.clock_timestamp()) RETURNING last_at INTO v_at;
    INSERT INTO payout.txn (month, txn_id, txn_no, kind, occurred_on, recorded_at, actor, approvals, evidence_sha256, resolution, concerns, reverses,
        postings, debit_minor)
    SELECT pg_catalog.date_trunc('month', (e.value->>'occurred_on')::timestamp)::date, v_ids[e.ordinality], v_last + e.ordinality, e.value->>'kind',
           (e.value->>'occurred_on')::date, v_at, (e.value->>'actor')::uuid, COALESCE(e.value->'approvals', '[]'), e.value->>'evidence_sha256',
           e.value->>'resolution', (e.value->>'concerns')::date, (e.value->>'reverses')::uuid, s.postings, s.debit
    FROM pg_catalog.jsonb_array_elements(p_txns) WITH ORDINALITY AS e
    JOIN (SELECT l.n, pg_catalog.count(*) AS postings, pg_catalog.sum(l.minor) FILTER (WHERE l.minor > 0) AS debit
          FROM pg_catalog.unnest(v_lines) AS l GROUP BY l.n) AS s ON s.n = e.ordinality;
    INSERT INTO payout.posting (month, owner_id, account_id, txn_id, line, minor, after_minor)
    SELECT pg_catalog.date_trunc('month', (p_txns->(l.n - 1)->>'occurred_on')::timestamp)::date, l.owner_id, a.account_id, v_ids[l.n], l.line, l.minor,
           b.minor + pg_catalog.sum(l.minor) OVER (PARTITION BY l.owner_id, l.path ORDER BY l.n, l.line)
    FROM pg_catalog.unnest(v_lines) AS l JOIN payout.account AS a ON a.owner_id = l.owner_id AND a.path = l.path
    JOIN payout.balance AS b ON b.owner_id = a.owner_id AND b.account_id = a.account_id;
    UPDATE payout.balance AS b SET minor = b.minor + s.minor, version = b.version + s.txns
    FROM (SELECT a.owner_id, a.account_id, pg_catalog.sum(l.minor) AS minor, pg_catalog.count(DISTINCT l.n) AS txns
          FROM pg_catalog.unnest(v_lines) AS l JOIN payout.account AS a ON a.owner_id = l.owner_id AND a.path = l.path
          GROUP BY a.owner_id, a.account_id) AS s
    WHERE b.owner_id = s.owner_id AND b.account_id = s.account_id;
    INSERT INTO payout.txn_ref (kind, external_ref, txn_id)
    SELECT r->>'kind', r->>'external_ref', v_ids[e.ordinality]
    FROM pg_catalog.jsonb_array_elements(p_txns) WITH ORDINALITY AS e, LATERAL pg_catalog.jsonb_array_elements(COALESCE(e.value->'refs', '[]')) AS r;
    INSERT INTO payout.reversal (reverses, txn_id)
    SELECT (e.value->>'reverses')::uuid, v_ids[e.ordinality] FROM pg_catalog.jsonb_array_elements(p_txns) WITH ORDINALITY AS e
    WHERE e.value->>'reverses' IS NOT NULL;
    PERFORM log.append_leaf('txn', t.txn_id::text, t.evidence_sha256,
        pg_catalog.jsonb_build_object('kind', t.kind, 'txn_no', t.txn_no, 'debit', t.debit_minor))
    FROM (SELECT * FROM payout.txn WHERE txn_id = ANY (v_ids) ORDER BY txn_no) AS t;
    RETURN log.answer('posted', pg_catalog.jsonb_build_object('txns', (SELECT pg_catalog.jsonb_agg(
        pg_catalog.jsonb_build_object('txn_id', v_ids[g.n], 'txn_no', v_last + g.n) ORDER BY g.n) FROM pg_catalog.generate_series(1, v_count) AS g (n))));
END
$$;
