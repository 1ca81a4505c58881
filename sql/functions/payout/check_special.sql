-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the two kinds of booking with rules of their own: a reversal is the exact negative of one transaction not yet reversed; a
--          debit of the legal reserve names a resolution in force for that account and stays within what is left of it.
-- Outcomes: not_found, already_reversed, not_balanced, reserve_locked; NULL outcome when nothing is wrong.
-- Locks: none.
CREATE OR REPLACE FUNCTION payout.check_special(p_txns jsonb, p_lines payout.line_draft[]) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_txn record;
    v_debit numeric;
BEGIN
    FOR v_txn IN SELECT e.ordinality::integer AS n, (e.value->>'reverses')::uuid AS reverses
        FROM pg_catalog.jsonb_array_elements(p_txns) WITH ORDINALITY AS e WHERE e.value->>'reverses' IS NOT NULL LOOP
        IF NOT EXISTS (SELECT FROM payout.txn WHERE txn_id = v_txn.reverses) THEN
            RETURN log.refusal('not_found', 'there is no transaction ' || v_txn.reverses);
        END IF;
        IF EXISTS (SELECT FROM payout.reversal WHERE reverses = v_txn.reverses) THEN
            RETURN log.refusal('already_reversed', 'transaction ' || v_txn.reverses || ' is reversed already');
        END IF;
        IF EXISTS (SELECT FROM (
                SELECT l.owner_id, l.path, l.minor FROM pg_catalog.unnest(p_lines) AS l WHERE l.n = v_txn.n
                UNION ALL
                SELECT p.owner_id, a.path, p.minor FROM payout.posting AS p
                JOIN payout.account AS a ON a.owner_id = p.owner_id AND a.account_id = p.account_id WHERE p.txn_id = v_txn.reverses) AS x
            GROUP BY x.owner_id, x.path HAVING pg_catalog.sum(x.minor) <> 0) THEN
            RETURN log.refusal('not_balanced', 'a reversal is the exact negative of what it reverses');
        END IF;
    END LOOP;
    FOR v_txn IN SELECT e.value->>'resolution' AS resolution, l.path, pg_catalog.sum(l.minor) AS minor
        FROM pg_catalog.jsonb_array_elements(p_txns) WITH ORDINALITY AS e JOIN pg_catalog.unnest(p_lines) AS l ON l.n = e.ordinality
        WHERE l.path = 'Equity:Reserve:Legal' AND l.minor > 0 GROUP BY e.value->>'resolution', l.path LOOP
        SELECT COALESCE(pg_catalog.sum(p.minor), 0) INTO v_debit
        FROM payout.txn AS t JOIN payout.posting AS p ON p.txn_id = t.txn_id AND p.month = t.month
        JOIN payout.account AS a ON a.owner_id = p.owner_id AND a.account_id = p.account_id
        WHERE t.resolution = v_txn.resolution AND a.path = v_txn.path AND p.minor > 0;
        IF v_txn.resolution IS NULL OR NOT EXISTS (SELECT FROM governance.resolution_in_force AS r
            WHERE r.resolution = v_txn.resolution AND r.account = v_txn.path AND r.max_minor >= v_debit + v_txn.minor
            AND r.from_at <= pg_catalog.now() AND (r.until_at IS NULL OR r.until_at > pg_catalog.now())) THEN
            RETURN log.refusal('reserve_locked', 'a debit of the legal reserve names a resolution in force for it');
        END IF;
    END LOOP;
    RETURN NULL;
END
$$;
