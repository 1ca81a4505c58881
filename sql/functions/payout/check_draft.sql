-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: everything about a booking that can be judged before its balances are locked. NULL outcome when nothing is wrong.
-- Outcomes: invalid, not_balanced, period_closed, already_matched, already_reversed, reserve_locked.
-- Locks: share of the period rows, so that a month does not close under a booking.
CREATE OR REPLACE FUNCTION payout.check_draft(p_txns jsonb, p_lines payout.line_draft[]) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_text text;
    v_n bigint := pg_catalog.jsonb_array_length(p_txns);
BEGIN
    SELECT pg_catalog.format('transaction %s has %s postings that sum to %s', g.n, pg_catalog.count(l.n), COALESCE(pg_catalog.sum(l.minor), 0)) INTO v_text
    FROM pg_catalog.generate_series(1, v_n) AS g (n) FULL JOIN pg_catalog.unnest(p_lines) AS l ON l.n = g.n
    GROUP BY g.n HAVING pg_catalog.count(l.n) < 2 OR pg_catalog.sum(l.minor) <> 0 OR g.n IS NULL LIMIT 1;
    IF v_text IS NOT NULL THEN
        RETURN log.refusal('not_balanced', v_text);
    END IF;
    SELECT l.path INTO v_text FROM pg_catalog.unnest(p_lines) AS l
    WHERE NOT EXISTS (SELECT FROM payout.chart AS c WHERE c.shape = payout.chart_shape(l.path)) LIMIT 1;
    IF v_text IS NOT NULL THEN
        RETURN log.refusal('invalid', 'the chart of accounts has no ' || v_text);
    END IF;
    SELECT a.path INTO v_text FROM pg_catalog.unnest(p_lines) AS l JOIN payout.account AS a ON a.owner_id = l.owner_id AND a.path = l.path
    WHERE a.closed_at IS NOT NULL LIMIT 1;
    IF v_text IS NOT NULL THEN
        RETURN log.refusal('invalid', 'account ' || v_text || ' is closed');
    END IF;
    SELECT e->>'evidence_sha256' INTO v_text FROM pg_catalog.jsonb_array_elements(p_txns) AS e
    WHERE NOT EXISTS (SELECT FROM payout.evidence AS v WHERE v.sha256 = e->>'evidence_sha256') LIMIT 1;
    IF FOUND THEN
        RETURN log.refusal('invalid', 'there is no evidence ' || COALESCE(v_text, '(none)'));
    END IF;
    PERFORM payout.make_partition(m.month) FROM (SELECT DISTINCT pg_catalog.date_trunc('month', (e->>'occurred_on')::timestamp)::date AS month
        FROM pg_catalog.jsonb_array_elements(p_txns) AS e) AS m;
    PERFORM FROM payout.period AS p WHERE p.month IN (SELECT pg_catalog.date_trunc('month', (e->>'occurred_on')::timestamp)::date
        FROM pg_catalog.jsonb_array_elements(p_txns) AS e) ORDER BY p.month FOR SHARE;
    SELECT pg_catalog.to_char(p.month, 'YYYY-MM') INTO v_text FROM payout.period AS p
    WHERE p.state = 'closed' AND p.month IN (SELECT pg_catalog.date_trunc('month', (e->>'occurred_on')::timestamp)::date
        FROM pg_catalog.jsonb_array_elements(p_txns) AS e) LIMIT 1;
    IF v_text IS NOT NULL THEN
        RETURN log.refusal('period_closed', v_text || ' is closed: book in the first open month and name the closed one in concerns');
    END IF;
    SELECT r->>'kind' || ' ' || (r->>'external_ref') INTO v_text
    FROM pg_catalog.jsonb_array_elements(p_txns) AS e, LATERAL pg_catalog.jsonb_array_elements(COALESCE(e->'refs', '[]')) AS r
    WHERE EXISTS (SELECT FROM payout.txn_ref AS t WHERE t.kind = r->>'kind' AND t.external_ref = r->>'external_ref') LIMIT 1;
    IF v_text IS NOT NULL THEN
        RETURN log.refusal('already_matched', v_text || ' is booked already');
    END IF;
    RETURN payout.check_special(p_txns, p_lines);
END
$$;
