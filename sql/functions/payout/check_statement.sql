-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: judges one staged statement against the chain of its account; NULL outcome when it may be booked. p_last: the statement before it, all NULL for
--          the account's first. A notice has no balances and no place in the chain.
-- Outcomes: invalid, chain_broken, statement_conflict, bound_broken.
-- Locks: none.
CREATE OR REPLACE FUNCTION payout.check_statement(p_account payout.bank_account, p_staged payout.import_statement, p_last payout.bank_statement) RETURNS log.answer
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_stmt jsonb := p_staged.doc;
    v_ref text := v_stmt->>'ref';
    v_before bigint := COALESCE(p_last.closing, p_account.opening);
    v_sequence bigint := (v_stmt->>'sequence')::bigint;
    v_last bigint := p_last.sequence;
    v_sum numeric;
    v_twice boolean;
BEGIN
    IF p_account.id IS NULL THEN
        RETURN log.refusal('invalid', 'the statement is of an account that is not ours');
    END IF;
    IF COALESCE(v_stmt->>'currency', p_account.currency) <> p_account.currency THEN
        RETURN log.refusal('invalid', 'the statement is in ' || (v_stmt->>'currency') || ', the book in ' || p_account.currency);
    END IF;
    IF v_stmt ? 'notice' THEN
        RETURN NULL;
    END IF;
    IF EXISTS (SELECT FROM payout.bank_statement WHERE bank_account_id = p_account.id AND statement_ref = v_ref) THEN
        RETURN log.refusal('statement_conflict', 'statement ' || v_ref || ' is here already, with other bytes');
    END IF;
    SELECT COALESCE(pg_catalog.sum(e.minor), 0), pg_catalog.count(e.servicer_ref) <> pg_catalog.count(DISTINCT e.servicer_ref) INTO v_sum, v_twice
    FROM payout.import_entry AS e WHERE e.import = p_staged.import AND e.statement = p_staged.no;
    IF v_twice THEN
        RETURN log.refusal('invalid', 'statement ' || v_ref || ' has two entries with one AcctSvcrRef');
    END IF;
    IF (v_stmt->>'opening')::numeric + v_sum <> (v_stmt->>'closing')::numeric THEN
        RETURN log.refusal('chain_broken', pg_catalog.format('statement %s: opening %s and entries %s do not give closing %s', v_ref,
            v_stmt->>'opening', v_sum, v_stmt->>'closing'));
    END IF;
    IF (v_stmt->>'opening')::bigint <> v_before THEN
        RETURN log.refusal('chain_broken', pg_catalog.format('statement %s opens at %s, but the one before closed at %s', v_ref, v_stmt->>'opening', v_before));
    END IF;
    -- Where the one before had none, the last one that had counts: leaving numbers out does not hide a gap.
    IF v_last IS NULL THEN
        SELECT s.sequence INTO v_last FROM payout.bank_statement AS s WHERE s.bank_account_id = p_account.id AND s.sequence IS NOT NULL ORDER BY s.no DESC LIMIT 1;
    END IF;
    IF v_last IS NOT NULL AND v_sequence IS DISTINCT FROM v_last + 1 AND NOT (v_sequence = 1
        AND pg_catalog.date_part('year', (v_stmt->>'to_on')::date) > pg_catalog.date_part('year', p_last.to_on)) THEN
        RETURN log.refusal('chain_broken', pg_catalog.format('statement %s has sequence %s, but %s was the last', v_ref, COALESCE(v_sequence::text, 'none'), v_last));
    END IF;
    -- The book knows no overdraft; on the way a statement's credits come first, so that only a real one meets the bound.
    IF (v_stmt->>'closing')::bigint < 0 THEN
        RETURN log.refusal('bound_broken', pg_catalog.format('statement %s closes at %s: Assets:Bank:%s would be overdrawn', v_ref, v_stmt->>'closing', p_account.name));
    END IF;
    RETURN NULL;
END
$$;
