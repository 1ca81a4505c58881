-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: judges one statement of a file against the chain of its account; NULL outcome when it may be booked. p_previous is the last closing, p_first whether it is the account's first.
-- Outcomes: invalid, chain_broken, statement_conflict.
-- Locks: none.
CREATE OR REPLACE FUNCTION payout.check_statement(p_account payout.bank_account, p_stmt jsonb, p_last payout.bank_statement) RETURNS log.answer
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_before bigint := COALESCE(p_last.closing, p_account.opening);
    v_sum numeric;
    v_sequence bigint := (p_stmt->>'sequence')::bigint;
BEGIN
    IF p_account.id IS NULL THEN
        RETURN log.refusal('invalid', 'the statement is of an account that is not ours');
    END IF;
    IF COALESCE(p_stmt->>'currency', p_account.currency) <> p_account.currency THEN
        RETURN log.refusal('invalid', 'the statement is in ' || (p_stmt->>'currency') || ', the book in ' || p_account.currency);
    END IF;
    IF EXISTS (SELECT FROM payout.bank_statement WHERE bank_account_id = p_account.id AND statement_ref = p_stmt->>'ref') THEN
        RETURN log.refusal('statement_conflict', 'statement ' || (p_stmt->>'ref') || ' is here already, with other bytes');
    END IF;
    IF EXISTS (SELECT FROM pg_catalog.jsonb_array_elements(p_stmt->'entries') AS e WHERE e->>'status' = 'BOOK' AND e->>'servicer_ref' IS NOT NULL
        GROUP BY e->>'servicer_ref' HAVING pg_catalog.count(*) > 1) THEN
        RETURN log.refusal('invalid', 'statement ' || (p_stmt->>'ref') || ' has two entries with one AcctSvcrRef');
    END IF;
    SELECT COALESCE(pg_catalog.sum((e->>'minor')::numeric), 0) INTO v_sum FROM pg_catalog.jsonb_array_elements(p_stmt->'entries') AS e
    WHERE e->>'status' = 'BOOK';
    IF (p_stmt->>'opening')::numeric + v_sum <> (p_stmt->>'closing')::numeric THEN
        RETURN log.refusal('chain_broken', pg_catalog.format('statement %s: opening %s and entries %s do not give closing %s', p_stmt->>'ref',
            p_stmt->>'opening', v_sum, p_stmt->>'closing'));
    END IF;
    IF (p_stmt->>'opening')::bigint <> v_before THEN
        RETURN log.refusal('chain_broken', pg_catalog.format('statement %s opens at %s, but the one before closed at %s', p_stmt->>'ref',
            p_stmt->>'opening', v_before));
    END IF;
    IF p_last.sequence IS NOT NULL AND v_sequence IS DISTINCT FROM p_last.sequence + 1 AND NOT (v_sequence = 1
        AND pg_catalog.date_part('year', (p_stmt->>'to_on')::date) > pg_catalog.date_part('year', p_last.to_on)) THEN
        RETURN log.refusal('chain_broken', pg_catalog.format('statement %s has sequence %s, but %s was the last', p_stmt->>'ref',
            COALESCE(v_sequence::text, 'none'), p_last.sequence));
    END IF;
    RETURN NULL;
END
$$;
