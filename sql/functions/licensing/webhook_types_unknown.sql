-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: field errors of a list of event types: those that are not in licensing.webhook_type, and repeats. NULL when there are none.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION licensing.webhook_types_unknown(p_types jsonb) RETURNS jsonb
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT pg_catalog.jsonb_agg(licensing.field_error('/types/' || (t.n - 1), CASE WHEN t.known THEN 'given twice' ELSE 'no such type of event' END) ORDER BY t.n)
    FROM (SELECT x.n, EXISTS (SELECT FROM licensing.webhook_type AS k WHERE k.type = x.type) AS known,
              pg_catalog.row_number() OVER (PARTITION BY x.type ORDER BY x.n) AS time
          FROM pg_catalog.jsonb_array_elements_text(p_types) WITH ORDINALITY AS x (type, n)) AS t
    WHERE NOT t.known OR t.time > 1;
$$;
