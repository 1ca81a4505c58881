-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the regular expression a named kind of text in a benefit rule obeys.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION payout.rule_type(p_type text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT CASE p_type
        WHEN 'id' THEN '\A[A-Za-z0-9][A-Za-z0-9._-]{0,63}\Z'
        WHEN 'schema' THEN '\Abenefit-rule/1\Z'
        WHEN 'currency' THEN '\A[A-Z]{3}\Z'
        WHEN 'date' THEN '\A[0-9]{4}-[0-9]{2}-[0-9]{2}\Z'
        WHEN 'basis' THEN '\Acash_received\Z'
        WHEN 'scope' THEN '\A(pool|licensee)\Z'
        WHEN 'remainder' THEN '\Alargest_remainder/sha256\Z'
        WHEN 'of' THEN '\A(gross|remaining|after:[A-Za-z0-9][A-Za-z0-9._-]{0,63})\Z'
        WHEN 'round' THEN '\A(down|up|half_up)\Z'
        WHEN 'kind' THEN '\A(fixed|percent|until_target|split|carry|assign|require)\Z'
        WHEN 'fund' THEN '\A(Income:(OperationsShare|FeeRecovery)|Equity:Reserve:Legal|Equity:Fund:[A-Z][A-Za-z0-9]{0,31})\Z'
        WHEN 'rail_fees' THEN '\Arail_fees\Z'
        WHEN 'weight' THEN '\A(usage|usage\*quality|equal|tenure|external)\Z'
        WHEN 'then' THEN '\Acontribution\Z'
        WHEN 'status' THEN '\A(active|lapsed|suspended|left|expelled|deceased)\Z'
        WHEN 'same_shares' THEN '\Asame_shares\Z'
        WHEN 'fee_recovery' THEN '\A(keep|reverse)\Z' END;
$$;
