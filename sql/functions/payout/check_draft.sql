-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: everything about a booking that can be judged before its balances are locked. NULL outcome when nothing is wrong.
-- Outcomes: invalid, not_balanced, period_closed, already_matched, and those of payout.check_reversals and payout.check_reserve.
-- Locks: the months (advisory, shared), so that none closes under a booking.
CREATE OR REPLACE FUNCTION payout.check_draft(p_txns jsonb, p_lines payout.line_draft[]) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_text text;
    v_months date[];
    v_refusal log.answer;
BEGIN
    SELECT pg_catalog.format('transaction %s has %s postings that sum to %s', g.n, pg_catalog.count(l.n), COALESCE(pg_catalog.sum(l.minor), 0)) INTO v_text
    FROM pg_catalog.generate_series(1, pg_catalog.jsonb_array_length(p_txns)) AS g (n) FULL JOIN pg_catalog.unnest(p_lines) AS l ON l.n = g.n
    GROUP BY g.n HAVING pg_catalog.count(l.n) < 2 OR pg_catalog.sum(l.minor) <> 0 OR g.n IS NULL LIMIT 1;
    IF v_text IS NOT NULL THEN
        RETURN log.refusal('not_balanced', v_text);
    END IF;
    SELECT pg_catalog.array_agg(DISTINCT pg_catalog.date_trunc('month', (e->>'occurred_on')::timestamp)::date),
           pg_catalog.min(COALESCE(e->>'evidence_sha256', '(none)')) FILTER (WHERE NOT EXISTS (SELECT FROM payout.evidence AS v WHERE v.sha256 = e->>'evidence_sha256'))
    INTO v_months, v_text FROM pg_catalog.jsonb_array_elements(p_txns) AS e;
    IF v_text IS NOT NULL THEN
        RETURN log.refusal('invalid', 'there is no evidence ' || v_text);
    END IF;
    PERFORM payout.lock_month(m, true) FROM pg_catalog.unnest(v_months) AS m ORDER BY m;
    SELECT pg_catalog.to_char(pg_catalog.max(p.month), 'YYYY-MM') INTO v_text FROM payout.period AS p WHERE p.state = 'closed' HAVING pg_catalog.max(p.month) >= ANY (v_months);
    IF v_text IS NOT NULL THEN
        RETURN log.refusal('period_closed', v_text || ' and what is before it is closed: book in the first open month and name the closed one in concerns');
    END IF;
    IF (SELECT pg_catalog.count(*) FROM payout.period AS p WHERE p.month = ANY (v_months)) < pg_catalog.cardinality(v_months) THEN
        PERFORM payout.make_partition(m) FROM pg_catalog.unnest(v_months) AS m;
    END IF;
    IF p_txns @? '$[*].refs' THEN
        SELECT r->>'kind' || ' ' || (r->>'external_ref') INTO v_text
        FROM pg_catalog.jsonb_array_elements(p_txns) AS e, LATERAL pg_catalog.jsonb_array_elements(COALESCE(e->'refs', '[]')) AS r
        WHERE EXISTS (SELECT FROM payout.txn_ref AS t WHERE t.kind = r->>'kind' AND t.external_ref = r->>'external_ref') LIMIT 1;
        IF v_text IS NOT NULL THEN
            RETURN log.refusal('already_matched', v_text || ' is booked already');
        END IF;
    END IF;
    IF p_txns @? '$[*].concerns' AND EXISTS (SELECT FROM pg_catalog.jsonb_array_elements(p_txns) AS e WHERE e->>'concerns' IS NOT NULL
            AND NOT EXISTS (SELECT FROM payout.period AS p WHERE p.month >= (e->>'concerns')::date AND p.state = 'closed')) THEN
        RETURN log.refusal('invalid', 'concerns names a closed month');
    END IF;
    IF p_txns @? '$[*].reverses' THEN
        v_refusal := payout.check_reversals(p_txns, p_lines);
    END IF;
    IF v_refusal.outcome IS NULL AND EXISTS (SELECT FROM pg_catalog.unnest(p_lines) AS l WHERE l.path = 'Equity:Reserve:Legal' AND l.minor > 0) THEN
        v_refusal := payout.check_reserve(p_txns, p_lines);
    END IF;
    RETURN v_refusal;
END
$$;
