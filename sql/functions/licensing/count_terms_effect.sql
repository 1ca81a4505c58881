-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: how many consents a terms version would keep and how many would be asked again, by the comparison stored with its
--          review.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION licensing.count_terms_effect(p_pool uuid, p_narrowing jsonb) RETURNS jsonb
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT pg_catalog.jsonb_build_object(
        'kept', pg_catalog.count(*) FILTER (WHERE q.change = 'no_wider'),
        'asked_again', pg_catalog.count(*) FILTER (WHERE q.change = 'wider'))
    FROM licensing.consent_current AS c
    JOIN pg_catalog.jsonb_to_recordset(COALESCE(p_narrowing -> 'pairs', '[]')) AS q (purpose text, org_class text, change text)
        ON q.purpose = c.purpose AND q.org_class = c.recipient_class
    WHERE c.pool_id = p_pool AND c.permits;
$$;
