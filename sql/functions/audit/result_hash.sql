-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: hash of distribution-result/1 as recomputed: canonical text of its members with the lines of audit.work_line and the funds of
--          audit.work_fund, in the order of their names.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.result_hash(p_rule jsonb, p_inputs jsonb, p_result jsonb) RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT pg_catalog.encode(pg_catalog.sha256(pg_catalog.convert_to('{"carried":' || (p_result->>'carried') || ',"currency":' || log.canonical(p_rule->'currency')
        || ',"flags":' || log.canonical(p_result->'flags')
        || ',"funds":[' || CASE WHEN p_result->>'outcome' = 'ok' THEN COALESCE((SELECT pg_catalog.string_agg('{"amount":' || f.minor || ',"to":' || log.canonical(pg_catalog.to_jsonb(f.path)) || '}', ',' ORDER BY f.path)
            FROM audit.work_fund AS f WHERE f.minor > 0), '') ELSE '' END
        || '],"inputs_sha256":"' || (p_inputs->>'inputs_sha256') || '","leftover":' || (p_result->>'leftover')
        || ',"lines":[' || CASE WHEN p_result->>'outcome' = 'ok' THEN COALESCE((SELECT pg_catalog.string_agg(l.line, ',' ORDER BY l.id) FROM audit.work_line AS l), '') ELSE '' END
        || '],"outcome":"' || (p_result->>'outcome') || '","pot":' || (p_inputs->>'pot') || ',"rule":' || log.canonical(p_rule->'rule')
        || ',"rule_sha256":"' || (p_inputs->>'rule_sha256') || '","run_id":"' || (p_inputs->>'run_id') || '","schema":"distribution-result/1","steps":'
        || log.canonical(p_result->'steps') || ',"version":' || COALESCE(p_rule->>'version', 'null') || '}', 'UTF8')), 'hex');
$$;
