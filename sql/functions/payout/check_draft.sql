-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: everything about a booking that can be judged before its balances are locked; txns are the headers with month, count and debit total of their lines. NULL outcome
--          when nothing is wrong.
-- Outcomes: invalid, not_balanced, period_closed, already_matched, and those of payout.check_reversals and payout.check_reserve.
-- Locks: the months (advisory, shared), so that none closes under a booking.
CREATE OR REPLACE FUNCTION payout.check_draft(p_txns payout.txn_draft[], p_lines payout.line_draft[], p_refs payout.ref_draft[], OUT txns payout.txn_draft[],
    OUT reverses boolean, OUT refusal log.answer)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_text text;
    v_lines bigint;
    v_reserve boolean;
    v_concerns date;
    v_month date;
    v_months date[];
    v_txn payout.txn_draft;
    v_missing text;
    v_closed date;
    v_periods bigint;
BEGIN
    FOREACH v_txn IN ARRAY p_txns LOOP
        v_month := pg_catalog.date_trunc('month', v_txn.occurred_on::timestamp);
        IF (v_month = ANY (v_months)) IS NOT TRUE THEN
            PERFORM payout.lock_month(v_month, true);
            v_months := pg_catalog.array_append(v_months, v_month);
        END IF;
        reverses := v_txn.reverses IS NOT NULL OR reverses IS TRUE;
        v_concerns := GREATEST(v_concerns, v_txn.concerns);
    END LOOP;
    SELECT pg_catalog.array_agg(ROW(t.n, t.txn_id, pg_catalog.date_trunc('month', t.occurred_on::timestamp)::date, t.occurred_on, t.kind, t.actor, t.approvals, t.evidence_sha256,
               t.resolution, t.concerns, t.reverses, t.claws_back, s.postings, s.debit)::payout.txn_draft ORDER BY t.n),
           pg_catalog.bool_or(s.reserve), pg_catalog.sum(s.postings),
           pg_catalog.min(pg_catalog.format('transaction %s has %s postings that sum to %s', t.n, COALESCE(s.postings, 0), COALESCE(s.sum, 0)))
               FILTER (WHERE s.n IS NULL OR s.postings < 2 OR s.sum <> 0),
           pg_catalog.min(COALESCE(t.evidence_sha256, '(none)')) FILTER (WHERE NOT EXISTS (SELECT FROM payout.evidence AS e WHERE e.sha256 = t.evidence_sha256)),
           (SELECT pg_catalog.max(p.month) FROM payout.period AS p WHERE p.state = 'closed'), (SELECT pg_catalog.count(*) FROM payout.period AS p WHERE p.month = ANY (v_months))
    INTO txns, v_reserve, v_lines, v_text, v_missing, v_closed, v_periods
    FROM pg_catalog.unnest(p_txns) AS t
    LEFT JOIN (SELECT l.n, pg_catalog.count(*) AS postings, pg_catalog.sum(l.minor) AS sum, pg_catalog.sum(l.minor) FILTER (WHERE l.minor > 0) AS debit,
                   pg_catalog.bool_or(l.path = 'Equity:Reserve:Legal' AND l.minor > 0) AS reserve
               FROM pg_catalog.unnest(p_lines) AS l GROUP BY l.n) AS s ON s.n = t.n;
    IF v_text IS NULL AND v_lines IS DISTINCT FROM pg_catalog.cardinality(p_lines) THEN
        v_text := 'a posting belongs to no transaction';
    END IF;
    IF v_text IS NOT NULL THEN
        refusal := log.refusal('not_balanced', v_text);
        RETURN;
    END IF;
    IF v_missing IS NOT NULL THEN
        refusal := log.refusal('invalid', 'there is no evidence ' || v_missing);
        RETURN;
    END IF;
    IF v_closed >= ANY (v_months) THEN
        refusal := log.refusal('period_closed', pg_catalog.to_char(v_closed, 'YYYY-MM')
            || ' and what is before it is closed: book in the first open month and name the closed one in concerns');
        RETURN;
    END IF;
    IF v_periods < pg_catalog.cardinality(v_months) THEN
        PERFORM payout.make_partition(m) FROM pg_catalog.unnest(v_months) AS m;
    END IF;
    IF pg_catalog.cardinality(p_refs) > 0 THEN
        SELECT pg_catalog.min(r.kind || ' ' || r.external_ref) FILTER (WHERE r.times > 1 OR EXISTS (SELECT FROM payout.txn_ref AS t WHERE t.kind = r.kind AND t.external_ref = r.external_ref))
        INTO v_text FROM (SELECT r.kind, r.external_ref, pg_catalog.count(*) AS times FROM pg_catalog.unnest(p_refs) AS r GROUP BY 1, 2) AS r;
        IF v_text IS NOT NULL THEN
            refusal := log.refusal('already_matched', v_text || ' is booked already');
            RETURN;
        END IF;
    END IF;
    IF v_concerns IS NOT NULL AND (v_closed IS NULL OR v_concerns > v_closed) THEN
        refusal := log.refusal('invalid', 'concerns names a closed month');
    ELSIF reverses THEN
        refusal := payout.check_reversals(p_txns, p_lines);
    END IF;
    IF refusal.outcome IS NULL AND v_reserve THEN
        refusal := payout.check_reserve(p_txns, p_lines);
    END IF;
END
$$;
