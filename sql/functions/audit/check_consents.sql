-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: LIC-N2 for one unit: what stands for a member, pool, purpose and class is the latest deciding event, and of several at one
--          instant one that does not permit. Keys count for the month of what must stand.
-- Outcomes: none; a row is a finding.
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.check_consents(p_unit text)
RETURNS TABLE (object_type text, object_id text, aspect text, expected text, found text, about text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    WITH span AS (
        SELECT pg_catalog.split_part(p_unit, ' ', 1)::uuid AS pool, pg_catalog.split_part(p_unit, ' ', 2)::timestamp AT TIME ZONE 'UTC' AS low,
            (pg_catalog.split_part(p_unit, ' ', 2)::timestamp + interval '1 month') AT TIME ZONE 'UTC' AS high),
    touched AS (
        SELECT e.purpose, e.recipient_class, e.member_id FROM licensing.consent_event AS e, span AS s
        WHERE e.pool_id = s.pool AND e.at >= s.low AND e.at < s.high AND e.state NOT IN ('requested', 'deferred')
        UNION
        SELECT c.purpose, c.recipient_class, c.member_id FROM licensing.consent_current AS c, span AS s WHERE c.pool_id = s.pool AND c.at >= s.low AND c.at < s.high)
    SELECT 'consent', pg_catalog.concat_ws('/', s.pool, k.purpose, k.recipient_class, k.member_id), 'standing',
        CASE WHEN f.id IS NULL THEN 'none' ELSE pg_catalog.concat_ws(' ', f.id, CASE WHEN f.permits THEN 'permits' ELSE 'refuses' END, CASE WHEN f.type = 'explicit' THEN 'explicit' ELSE 'expressed' END,
            'notice', f.notice, f.at, f.until) END,
        CASE WHEN c.event_id IS NULL THEN 'none' ELSE pg_catalog.concat_ws(' ', c.event_id, CASE WHEN c.permits THEN 'permits' ELSE 'refuses' END, CASE WHEN c.explicit THEN 'explicit' ELSE 'expressed' END,
            'notice', c.notice, c.at, c.until) END,
        'what is taken for this member''s consent is not what the events say'
    FROM span AS s CROSS JOIN touched AS k
    LEFT JOIN licensing.consent_current AS c ON c.pool_id = s.pool AND c.purpose = k.purpose AND c.recipient_class = k.recipient_class AND c.member_id = k.member_id
    LEFT JOIN LATERAL (
        SELECT e.*, e.state IN ('given', 'renewed') AS permits FROM licensing.consent_event AS e
        WHERE e.pool_id = s.pool AND e.purpose = k.purpose AND e.recipient_class = k.recipient_class AND e.member_id = k.member_id
            AND e.state NOT IN ('requested', 'deferred')
        ORDER BY e.at DESC, e.state IN ('given', 'renewed'), e.seq DESC LIMIT 1) AS f ON true
    WHERE (f.id, f.permits, f.type = 'explicit', f.notice, f.at, f.until) IS DISTINCT FROM (c.event_id, c.permits, c.explicit, c.notice, c.at, c.until)
        AND COALESCE(f.at, c.at) >= s.low AND COALESCE(f.at, c.at) < s.high;
$$;
