-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: what a status report says of the payments of a batch: the lowest level that reaches a payment counts; on one level a rejection, else the last
--          word. A payment that nothing reaches has no row; a row without payment is of an id that is none of this batch.
-- Outcomes: rows.
-- Locks: none.
CREATE OR REPLACE FUNCTION payout.status_lines(p_batch uuid, p_doc jsonb)
RETURNS TABLE (payment_id uuid, state text, level text, status text, reason text, servicer_ref text)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    WITH said AS (
        SELECT s.ordinality AS at, s.value->>'level' AS level, s.value->>'status' AS status, s.value->>'reason' AS reason, s.value->>'servicer_ref' AS servicer_ref,
               s.value->>'payment_info_id' AS payment_info_id, NULLIF(s.value->>'end_to_end_id', 'NOTPROVIDED') AS end_to_end_id,
               CASE WHEN s.value->>'uetr' ~* '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' THEN (s.value->>'uetr')::uuid END AS uetr,
               NULLIF(s.value->>'instruction_id', 'NOTPROVIDED') AS instruction_id
        FROM pg_catalog.jsonb_array_elements(p_doc->'statuses') WITH ORDINALITY AS s),
    -- UETR before EndToEndId before InstrId; two of ours that are of different payments name none
    transaction AS (
        SELECT s.at, 3 AS depth, CASE WHEN x.id = ALL (ARRAY[COALESCE(u.id, x.id), COALESCE(e.id, x.id)]) THEN x.id END AS id, s.level, s.status, s.reason, s.servicer_ref
        FROM said AS s LEFT JOIN payout.payment AS u ON u.uetr = s.uetr LEFT JOIN payout.payment AS e ON e.end_to_end_id = s.end_to_end_id
        LEFT JOIN payout.payment AS i ON i.end_to_end_id = s.instruction_id
        CROSS JOIN LATERAL (SELECT COALESCE(u.id, e.id, i.id) AS id) AS x
        WHERE s.level = 'transaction'),
    block AS (
        SELECT s.at, 2 AS depth, p.id, s.level, s.status, s.reason, s.servicer_ref
        FROM said AS s LEFT JOIN LATERAL payout.payments_of_id(s.payment_info_id) AS p ON true WHERE s.level = 'payment'),
    whole AS (
        SELECT s.at, 1 AS depth, p.id, s.level, s.status, s.reason, s.servicer_ref
        FROM said AS s JOIN payout.payment AS p ON p.batch_id = p_batch WHERE s.level = 'group'),
    reached AS (SELECT * FROM transaction UNION ALL SELECT * FROM block UNION ALL SELECT * FROM whole)
    SELECT DISTINCT ON (p.id, CASE WHEN p.id IS NULL THEN r.at END) p.id, p.state, r.level, r.status, r.reason, r.servicer_ref
    FROM reached AS r LEFT JOIN payout.payment AS p ON p.id = r.id AND p.batch_id = p_batch
    ORDER BY p.id, CASE WHEN p.id IS NULL THEN r.at END, r.depth DESC, (r.status = 'RJCT') DESC, r.at DESC;
$$;
