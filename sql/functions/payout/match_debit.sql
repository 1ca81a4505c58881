-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: which payments of ours a debit booked: by UETR, EndToEndId or InstrId of each detail with its amount, then by PmtInfId or MsgId with the sum. Amounts exact. NULL when none fits.
-- Outcomes: {rule, payments} or NULL.
-- Locks: none.
CREATE OR REPLACE FUNCTION payout.match_debit(p_minor bigint, p_details jsonb) RETURNS jsonb
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_ids jsonb;
    v_sum numeric;
    v_count bigint;
BEGIN
    SELECT pg_catalog.jsonb_agg(DISTINCT p.id), pg_catalog.sum(p.minor), pg_catalog.count(*) INTO v_ids, v_sum, v_count
    FROM pg_catalog.jsonb_array_elements(p_details) AS d
    JOIN payout.payment AS p ON p.state = 'in_flight' AND (p.uetr::text = pg_catalog.lower(d->>'uetr')
        OR (d->>'uetr' IS NULL AND p.end_to_end_id IN (d->>'end_to_end_id', d->>'instruction_id')))
    WHERE p.minor = COALESCE((d->>'minor')::bigint, p_minor);
    IF v_sum = p_minor AND v_count = pg_catalog.jsonb_array_length(p_details) AND v_count = pg_catalog.jsonb_array_length(v_ids) THEN
        RETURN pg_catalog.jsonb_build_object('rule', 'end_to_end', 'payments', v_ids);
    END IF;
    SELECT pg_catalog.jsonb_agg(p.id), pg_catalog.sum(p.minor) INTO v_ids, v_sum
    FROM payout.batch AS b JOIN payout.payment AS p ON p.batch_id = b.id AND p.state = 'in_flight'
    WHERE b.message_id IN (SELECT COALESCE(d->>'message_id', pg_catalog.regexp_replace(d->>'payment_info_id', '-[0-9]+$', ''))
        FROM pg_catalog.jsonb_array_elements(p_details) AS d);
    IF v_sum = p_minor THEN
        RETURN pg_catalog.jsonb_build_object('rule', 'batch', 'payments', v_ids);
    END IF;
    RETURN NULL;
END
$$;
