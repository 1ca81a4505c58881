-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: a reversal is the exact negative of one transaction, once.
-- Outcomes: not_found, already_reversed, not_balanced; NULL outcome when nothing is wrong.
-- Locks: none; the primary key of reversal keeps two at once apart.
CREATE OR REPLACE FUNCTION payout.check_reversals(p_txns payout.txn_draft[], p_lines payout.line_draft[]) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_txn record;
BEGIN
    FOR v_txn IN SELECT t.n, t.reverses, pg_catalog.count(*) OVER (PARTITION BY t.reverses) AS times FROM pg_catalog.unnest(p_txns) AS t WHERE t.reverses IS NOT NULL LOOP
        IF NOT EXISTS (SELECT FROM payout.txn WHERE txn_id = v_txn.reverses) THEN
            RETURN log.refusal('not_found', 'there is no transaction ' || v_txn.reverses);
        END IF;
        IF v_txn.times > 1 OR EXISTS (SELECT FROM payout.reversal WHERE reverses = v_txn.reverses) THEN
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
    RETURN NULL;
END
$$;
