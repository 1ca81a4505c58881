-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: keeps a grant's price result with its plan and usage as evidence, and makes the draft invoice (p_invoice, NULL when nothing is due). A repeat changes nothing.
-- Outcomes: rated, already_rated.
-- Locks: the primary key of rating.
CREATE OR REPLACE FUNCTION payout.save_rating(p_pool uuid, p_month date, p_grant uuid, p_plan text, p_usage text, p_result text, p_total bigint, p_invoice jsonb)
RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_invoice uuid;
BEGIN
    PERFORM pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended('rating ' || p_grant || p_month, 0));
    IF EXISTS (SELECT FROM payout.rating WHERE pool_id = p_pool AND month = p_month AND grant_id = p_grant) THEN
        RETURN log.answer('already_rated', '{}');
    END IF;
    IF p_invoice IS NOT NULL THEN
        v_invoice := payout.draft_invoice(NULL, p_invoice);
    END IF;
    INSERT INTO payout.rating (pool_id, month, grant_id, plan_sha256, usage_sha256, result_sha256, total_minor, invoice_id)
    VALUES (p_pool, p_month, p_grant, payout.store_evidence('application/json', pg_catalog.convert_to(p_plan, 'UTF8')),
        payout.store_evidence('application/json', pg_catalog.convert_to(p_usage, 'UTF8')),
        payout.store_evidence('application/json', pg_catalog.convert_to(p_result, 'UTF8')), p_total, v_invoice);
    RETURN log.answer('rated', pg_catalog.jsonb_build_object('invoice_id', v_invoice));
END
$$;
