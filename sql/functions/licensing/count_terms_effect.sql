-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: what a terms version does to the consents that stand, by a comparison of core/narrows.c: kept (they count for it), asked
--          again (it is wider for them, or new, and they were given under a notice that is older than it needs), without effect (nothing
--          allows their purpose and class then, or only under a notice that was not answered); and how many members are asked.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION licensing.count_terms_effect(p_pool uuid, p_narrowing jsonb) RETURNS jsonb
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT pg_catalog.jsonb_build_object(
        'kept', pg_catalog.count(*) FILTER (WHERE q.counts AND NOT q.asked),
        'asked_again', pg_catalog.count(*) FILTER (WHERE q.asked),
        'members_asked', pg_catalog.count(DISTINCT c.member_id) FILTER (WHERE q.asked),
        'without_effect', pg_catalog.count(*) FILTER (WHERE (q.counts AND NOT q.asked OR q.asked) IS NOT TRUE))
    FROM licensing.consent_current AS c
    LEFT JOIN LATERAL (SELECT x.change <> 'gone' AND c.notice >= COALESCE(x.floor, 0) AS counts,
            x.change IN ('wider', 'new') AND c.notice < COALESCE((p_narrowing ->> 'notice')::integer, c.notice + 1) AS asked
        FROM pg_catalog.jsonb_to_recordset(COALESCE(p_narrowing -> 'pairs', '[]')) AS x (purpose text, org_class text, change text, floor integer)
        WHERE x.purpose = c.purpose AND x.org_class = c.recipient_class) AS q ON true
    WHERE c.pool_id = p_pool AND c.permits AND (c.until IS NULL OR c.until > pg_catalog.clock_timestamp());
$$;
