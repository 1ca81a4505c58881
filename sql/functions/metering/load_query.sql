-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: what a request for aggregates is decided on: the grant as licensing says it stands, its quotas. What is answered counts as a request then
--          (metering.store_query). p_first: not asked before for the same request.
-- Outcomes: ok, quota_reached, and those of metering.check_token.
-- Locks: none.
CREATE OR REPLACE FUNCTION metering.load_query(p_grant uuid, p_pool text, p_epoch bigint, p_columns text[], p_first boolean) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_answer log.answer := metering.check_token(p_grant, p_pool, p_epoch, 'aggregate', 'query', p_columns);
    v_refusal log.answer;
BEGIN
    IF v_answer.outcome = 'ok' AND p_first THEN
        v_refusal := metering.quota_used_up(p_grant, ARRAY['queries', 'requests', 'rows']); -- metering.store_query sees to the rest
    END IF;
    RETURN CASE WHEN v_refusal.outcome <> 'ok' THEN v_refusal ELSE v_answer END;
END
$$;
