-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the only writer of the journal. p_txns: array of {"kind", "occurred_on", "evidence_sha256", "txn_id"?, "actor"?, "approvals"?,
--          "resolution"?, "concerns"?, "reverses"?, "claws_back"?, "refs"?: [{"kind", "external_ref"}]}; p_postings as in payout.read_lines. One event
--          is one transaction is one evidence document is one leaf. On a refusal nothing is written.
-- Outcomes: posted {"txns": [{"txn_id", "txn_no"}]}; bound_broken, invalid for an account that is closed or none, and those of payout.check_draft.
--          Plans are kept, since planning a booking of a few lines takes longer than booking it; a large one is planned by its size.
-- Locks: periods (advisory, shared), balances in (owner_id, account_id) order, then txn_counter, last.
CREATE OR REPLACE FUNCTION payout.post(p_txns jsonb, p_postings jsonb) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET plan_cache_mode = force_generic_plan
AS $$
DECLARE
    v_lines payout.line_draft[];
    v_answer log.answer;
    v_missing boolean;
    v_owners uuid[];
    v_accounts bigint[];
    v_after numeric[];
    v_broken text;
    v_drafts payout.txn_draft[];
    v_last bigint;
    v_at timestamptz;
BEGIN
    IF pg_catalog.jsonb_array_length(p_postings) > 1000 THEN
        PERFORM pg_catalog.set_config('plan_cache_mode', 'force_custom_plan', true);
    END IF;
    v_lines := payout.read_lines(p_postings);
    v_answer := payout.check_draft(p_txns, v_lines);
    IF v_answer.outcome IS NOT NULL THEN
        RETURN v_answer;
    END IF;
    SELECT pg_catalog.array_agg(a.owner_id ORDER BY l.ordinality), pg_catalog.array_agg(a.account_id ORDER BY l.ordinality), pg_catalog.bool_or(a.account_id IS NULL),
           pg_catalog.min(a.path) FILTER (WHERE a.closed_at IS NOT NULL)
    INTO v_owners, v_accounts, v_missing, v_broken
    FROM pg_catalog.unnest(v_lines) WITH ORDINALITY AS l LEFT JOIN payout.account AS a ON a.owner_id = l.owner_id AND a.path = l.path;
    IF v_broken IS NOT NULL THEN
        RETURN log.refusal('invalid', 'account ' || v_broken || ' is closed');
    END IF;
    IF v_missing THEN
        SELECT l.path INTO v_broken FROM pg_catalog.unnest(v_lines) AS l WHERE NOT EXISTS (SELECT FROM payout.chart AS c WHERE c.shape = payout.chart_shape(l.path)) LIMIT 1;
        IF v_broken IS NOT NULL THEN
            RETURN log.refusal('invalid', 'the chart of accounts has no ' || v_broken);
        END IF;
        BEGIN -- accounts are opened with the booking, or not at all
            PERFORM payout.open_accounts(v_lines);
            v_answer := payout.post(p_txns, p_postings);
            IF v_answer.outcome <> 'posted' THEN
                RAISE EXCEPTION 'not posted' USING ERRCODE = 'CH001';
            END IF;
        EXCEPTION WHEN SQLSTATE 'CH001' THEN
            NULL;
        END;
        RETURN v_answer;
    END IF;
    -- Bounds hold after each transaction, not after each line; the limit of 2^53 - 1 after each line.
    SELECT pg_catalog.array_agg(x.after_line ORDER BY x.at),
           pg_catalog.min(x.path) FILTER (WHERE x.after_txn NOT BETWEEN x.min_minor AND x.max_minor OR pg_catalog.abs(x.after_line) > 9007199254740991)
    INTO v_after, v_broken
    FROM (SELECT l.ordinality AS at, l.path, b.min_minor, b.max_minor,
                 b.minor + pg_catalog.sum(l.minor) OVER (PARTITION BY b.owner_id, b.account_id ORDER BY l.ordinality) AS after_line,
                 b.minor + pg_catalog.sum(l.minor) OVER (PARTITION BY b.owner_id, b.account_id ORDER BY l.n) AS after_txn
          FROM pg_catalog.unnest(v_lines) WITH ORDINALITY AS l
          JOIN (SELECT b.owner_id, b.account_id, b.minor, b.min_minor, b.max_minor FROM payout.balance AS b
                WHERE (b.owner_id, b.account_id) IN (SELECT u.owner_id, u.account_id FROM ROWS FROM (pg_catalog.unnest(v_owners), pg_catalog.unnest(v_accounts)) AS u (owner_id, account_id))
                ORDER BY b.owner_id, b.account_id FOR UPDATE) AS b ON b.owner_id = l.owner_id AND b.account_id = v_accounts[l.ordinality]) AS x;
    IF v_broken IS NOT NULL THEN
        RETURN log.refusal('bound_broken', v_broken || ' would pass its bound');
    END IF;
    v_drafts := payout.read_txns(p_txns, v_lines);
    -- recorded_at is read under this lock, so it never goes back along txn_no, whatever the clock does.
    UPDATE payout.txn_counter SET last_no = last_no + pg_catalog.cardinality(v_drafts), last_at = GREATEST(last_at, pg_catalog.clock_timestamp())
    RETURNING last_no - pg_catalog.cardinality(v_drafts), last_at INTO v_last, v_at;
    INSERT INTO payout.txn (month, txn_id, txn_no, kind, occurred_on, recorded_at, actor, approvals, evidence_sha256, resolution, concerns, reverses, claws_back,
        postings, debit_minor)
    SELECT d.month, d.txn_id, v_last + d.n, d.kind, d.occurred_on, v_at, d.actor, d.approvals, d.evidence_sha256, d.resolution, d.concerns, d.reverses, d.claws_back,
           d.postings, d.debit_minor
    FROM pg_catalog.unnest(v_drafts) AS d;
    -- Joins, not subscripts: an element of an array of rows is found by walking over those before it.
    INSERT INTO payout.posting (month, owner_id, account_id, txn_id, line, minor, after_minor)
    SELECT d.month, l.owner_id, l.account_id, d.txn_id, l.line, l.minor, l.after_minor
    FROM ROWS FROM (pg_catalog.unnest(v_lines), pg_catalog.unnest(v_accounts), pg_catalog.unnest(v_after)) AS l (n, line, owner_id, path, minor, account_id, after_minor)
    JOIN pg_catalog.unnest(v_drafts) AS d ON d.n = l.n;
    UPDATE payout.balance AS b SET minor = b.minor + s.minor, version = b.version + s.txns
    FROM (SELECT l.owner_id, v_accounts[l.ordinality] AS account_id, pg_catalog.sum(l.minor) AS minor, pg_catalog.count(DISTINCT l.n) AS txns
          FROM pg_catalog.unnest(v_lines) WITH ORDINALITY AS l GROUP BY 1, 2) AS s
    WHERE b.owner_id = s.owner_id AND b.account_id = s.account_id;
    IF p_txns @? '$[*].refs' THEN
        INSERT INTO payout.txn_ref (kind, external_ref, txn_id)
        SELECT r->>'kind', r->>'external_ref', d.txn_id
        FROM pg_catalog.jsonb_array_elements(p_txns) WITH ORDINALITY AS e JOIN pg_catalog.unnest(v_drafts) AS d ON d.n = e.ordinality, LATERAL pg_catalog.jsonb_array_elements(COALESCE(e.value->'refs', '[]')) AS r;
    END IF;
    IF p_txns @? '$[*].reverses' THEN
        INSERT INTO payout.reversal (reverses, txn_id) SELECT d.reverses, d.txn_id FROM pg_catalog.unnest(v_drafts) AS d WHERE d.reverses IS NOT NULL;
    END IF;
    PERFORM log.append_leaves('txn', pg_catalog.array_agg(d.txn_id::text ORDER BY d.n), pg_catalog.array_agg(d.evidence_sha256 ORDER BY d.n),
        pg_catalog.array_agg(pg_catalog.jsonb_build_object('kind', d.kind, 'txn_no', v_last + d.n, 'debit', d.debit_minor) ORDER BY d.n))
    FROM pg_catalog.unnest(v_drafts) AS d;
    RETURN ROW('posted', pg_catalog.jsonb_build_object('txns', (SELECT pg_catalog.jsonb_agg(
        pg_catalog.jsonb_build_object('txn_id', d.txn_id, 'txn_no', v_last + d.n) ORDER BY d.n) FROM pg_catalog.unnest(v_drafts) AS d)))::log.answer;
END
$$;
