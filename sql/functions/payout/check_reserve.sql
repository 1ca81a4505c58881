-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: a debit of the legal reserve names a resolution in force for that account and stays, with what was debited under it before,
--          within its amount; or it claws back what a distribution credited, at most that.
-- Outcomes: reserve_locked; NULL outcome when nothing is wrong.
-- Locks: advisory on the reserve, so that two debits at once do not both fit the same rest.
CREATE OR REPLACE FUNCTION payout.check_reserve(p_txns payout.txn_draft[], p_lines payout.line_draft[]) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_debit record;
    v_allowed numeric;
BEGIN
    PERFORM pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended('payout reserve', 0));
    FOR v_debit IN SELECT t.resolution, t.claws_back AS distribution, pg_catalog.sum(l.minor) AS minor
        FROM pg_catalog.unnest(p_txns) AS t JOIN pg_catalog.unnest(p_lines) AS l ON l.n = t.n
        WHERE l.path = 'Equity:Reserve:Legal' AND l.minor > 0 GROUP BY 1, 2 LOOP
        IF v_debit.distribution IS NOT NULL THEN
            SELECT -pg_catalog.sum(p.minor) INTO v_allowed
            FROM payout.txn AS t JOIN payout.posting AS p ON p.txn_id = t.txn_id AND p.month = t.month
            JOIN payout.account AS a ON a.owner_id = p.owner_id AND a.account_id = p.account_id
            WHERE a.path = 'Equity:Reserve:Legal' AND (t.txn_id = v_debit.distribution AND t.kind = 'distribution' OR t.claws_back = v_debit.distribution);
        ELSE
            v_allowed := payout.resolution_left(v_debit.resolution, 'Equity:Reserve:Legal');
        END IF;
        IF v_debit.minor > COALESCE(v_allowed, 0) THEN
            RETURN log.refusal('reserve_locked', 'a debit of the legal reserve names a resolution in force for it, or claws back what a distribution gave it');
        END IF;
    END LOOP;
    RETURN NULL;
END
$$;
