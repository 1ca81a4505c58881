-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: writes the transactions of payout.post_many into the journal, all or none.
-- Outcomes: posted {"first_no"}; bound_broken, invalid for an account that is closed or none, and those of payout.check_draft.
--          Plans are kept, since planning a booking of a few lines takes longer than booking it, and go by indexes, since the tables grow while they are kept; a large
--          one is planned by its size.
-- Locks: periods (advisory, shared), balances in (owner_id, account_id) order, then txn_counter, last.
CREATE OR REPLACE FUNCTION payout.book_set(p_txns payout.txn_draft[], p_lines payout.line_draft[], p_refs payout.ref_draft[]) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET jit = off
AS $$
DECLARE
    v_draft record;
    v_answer log.answer;
    v_missing boolean;
    v_closed text;
    v_broken text;
    v_accounts bigint[];
    v_after numeric[];
    v_before bigint;
    v_at timestamptz;
    v_leaves text; -- of a function that gives nothing
BEGIN
    IF pg_catalog.cardinality(p_lines) > 1000 THEN
        PERFORM pg_catalog.set_config('plan_cache_mode', 'force_custom_plan', true), pg_catalog.set_config('enable_seqscan', 'on', true);
    END IF;
    v_draft := payout.check_draft(p_txns, p_lines, p_refs);
    v_answer := v_draft.refusal;
    IF v_answer.outcome IS NOT NULL THEN
        RETURN v_answer;
    END IF;
    -- Bounds hold after each transaction, not after each line; the limit of 2^53 - 1 after each line.
    SELECT pg_catalog.array_agg(x.account_id ORDER BY x.at), pg_catalog.array_agg(x.after_line ORDER BY x.at), pg_catalog.bool_or(x.account_id IS NULL),
           pg_catalog.min(x.path) FILTER (WHERE x.closed_at IS NOT NULL),
           pg_catalog.min(x.path) FILTER (WHERE pg_catalog.abs(x.after_line) > 9007199254740991 OR (x.last AND x.after_line NOT BETWEEN x.min_minor AND x.max_minor))
    INTO v_accounts, v_after, v_missing, v_closed, v_broken
    FROM (SELECT l.ordinality AS at, l.path, b.account_id, b.closed_at, b.min_minor, b.max_minor, pg_catalog.lead(l.n) OVER w IS DISTINCT FROM l.n AS last,
                 b.minor + pg_catalog.sum(l.minor) OVER w AS after_line
          FROM pg_catalog.unnest(p_lines) WITH ORDINALITY AS l
          LEFT JOIN (SELECT b.owner_id, a.path, b.account_id, a.closed_at, b.minor, b.min_minor, b.max_minor
                     FROM payout.account AS a JOIN payout.balance AS b ON b.owner_id = a.owner_id AND b.account_id = a.account_id
                     WHERE (a.owner_id, a.path) IN (SELECT u.owner_id, u.path FROM pg_catalog.unnest(p_lines) AS u)
                     ORDER BY b.owner_id, b.account_id FOR UPDATE OF b) AS b ON b.owner_id = l.owner_id AND b.path = l.path
          WINDOW w AS (PARTITION BY b.owner_id, b.account_id ORDER BY l.ordinality ROWS UNBOUNDED PRECEDING)) AS x;
    IF v_closed IS NOT NULL THEN
        RETURN log.refusal('invalid', 'account ' || v_closed || ' is closed');
    END IF;
    IF v_missing THEN
        RETURN payout.open_and_book(p_txns, p_lines, p_refs);
    END IF;
    IF v_broken IS NOT NULL THEN
        RETURN log.refusal('bound_broken', v_broken || ' would pass its bound');
    END IF;
    UPDATE payout.balance AS b SET minor = b.minor + s.minor, version = b.version + s.txns
    FROM (SELECT l.owner_id, l.account_id, pg_catalog.sum(l.minor) AS minor, pg_catalog.count(DISTINCT l.n) AS txns
          FROM ROWS FROM (pg_catalog.unnest(p_lines), pg_catalog.unnest(v_accounts)) AS l (n, line, owner_id, path, minor, account_id) GROUP BY 1, 2) AS s
    WHERE b.owner_id = s.owner_id AND b.account_id = s.account_id;
    IF pg_catalog.cardinality(p_refs) > 0 THEN
        INSERT INTO payout.txn_ref (kind, external_ref, txn_id)
        SELECT r.kind, r.external_ref, t.txn_id FROM pg_catalog.unnest(p_refs) AS r JOIN pg_catalog.unnest(v_draft.txns) AS t ON t.n = r.n;
    END IF;
    IF v_draft.reverses THEN
        INSERT INTO payout.reversal (reverses, txn_id) SELECT t.reverses, t.txn_id FROM pg_catalog.unnest(v_draft.txns) AS t WHERE t.reverses IS NOT NULL;
    END IF;
    -- All who book wait for this row: a statement of its own, so that who has waited does not begin a large one again, and last. They wait in a queue before it, since of those
    -- who wait for a row that moves on each commit wakes all. recorded_at is read under this lock and never goes back along txn_no, whatever the clock does.
    PERFORM pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended('payout counter', 0));
    UPDATE payout.txn_counter AS c SET last_no = c.last_no + pg_catalog.cardinality(v_draft.txns), last_at = GREATEST(c.last_at, pg_catalog.clock_timestamp()) WHERE c.single
    RETURNING c.last_no - pg_catalog.cardinality(v_draft.txns), c.last_at INTO STRICT v_before, v_at;
    WITH head AS (
        INSERT INTO payout.txn (month, txn_id, txn_no, kind, occurred_on, recorded_at, actor, approvals, evidence_sha256, resolution, concerns, reverses, claws_back,
            postings, debit_minor)
        SELECT t.month, t.txn_id, v_before + t.n, t.kind, t.occurred_on, v_at, t.actor, COALESCE(t.approvals, '[]'), t.evidence_sha256,
            t.resolution, t.concerns, t.reverses, t.claws_back, t.postings, t.debit_minor
        FROM pg_catalog.unnest(v_draft.txns) AS t),
    booked AS (
        INSERT INTO payout.posting (month, owner_id, account_id, txn_id, line, minor, after_minor)
        SELECT t.month, l.owner_id, l.account_id, t.txn_id, l.line, l.minor, l.after_minor
        FROM ROWS FROM (pg_catalog.unnest(p_lines), pg_catalog.unnest(v_accounts), pg_catalog.unnest(v_after)) AS l (n, line, owner_id, path, minor, account_id, after_minor)
        JOIN pg_catalog.unnest(v_draft.txns) AS t ON t.n = l.n)
    SELECT log.append_leaves('txn', pg_catalog.array_agg(t.txn_id::text), pg_catalog.array_agg(t.evidence_sha256),
        pg_catalog.array_agg(pg_catalog.jsonb_build_object('kind', t.kind, 'txn_no', v_before + t.n, 'debit', t.debit_minor)))
    INTO v_leaves FROM pg_catalog.unnest(v_draft.txns) AS t;
    RETURN ROW('posted', pg_catalog.jsonb_build_object('first_no', v_before + 1))::log.answer;
END
$$;
