-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: what voters should know of a lawful benefit rule (payout.md 7.1): [{"pointer", "detail"}], the same as `commonhold calc check-rule` gives.
--          p_steps: its steps. A whole of any base is at least what remains, so such a step ends with nothing, unless max cuts it.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION payout.rule_warnings(p_steps jsonb) RETURNS jsonb
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
    WITH step AS (SELECT e.ordinality - 1 AS n, e.value AS s FROM pg_catalog.jsonb_array_elements(p_steps) WITH ORDINALITY AS e),
    last_step AS (SELECT COALESCE(pg_catalog.max(n) FILTER (WHERE s->>'kind' <> 'require'), 0) AS n FROM step),
    warning AS (
        SELECT n AS step, 1 AS o, '/steps/' || n || '/round' AS pointer, 'the reserve rounds down; a statutory minimum needs up' AS detail
        FROM step
        WHERE s->>'kind' IN ('percent', 'until_target') AND s->>'to' = 'Equity:Reserve:Legal' AND COALESCE(s->>'round', 'down') = 'down'
        UNION ALL
        SELECT n, x.o, '/steps/' || n || '/eligible/status', x.status || ' is not listed: what they earned before goes to others'
        FROM step, (VALUES (2, 'left'), (3, 'deceased')) AS x (o, status)
        WHERE NOT s->'eligible'->'status' ? x.status
        UNION ALL
        SELECT 32, 4, '/steps/' || n, 'the last step may leave money, which is then carried to the next run'
        FROM step JOIN last_step USING (n)
        WHERE NOT COALESCE(s->>'kind' IN ('percent', 'split', 'carry', 'assign') AND s->'num' = s->'den' AND NOT s ? 'max', false))
    SELECT COALESCE(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('pointer', pointer, 'detail', detail) ORDER BY step, o), '[]') FROM warning;
$$;
