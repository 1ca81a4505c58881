-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: third step of an evaluation of terms (licensing.md 7): what forbids a request: sanctions, prohibitions of the trust, prohibit rules
--          (of the rules that match), prohibited acts, each in the document's order.
-- Outcomes: none; NULL when nothing does.
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.prohibited_by(p_input jsonb, p_matching jsonb, p_above text[]) RETURNS jsonb
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    WITH ban (kind, n, v) AS (
        SELECT 1, s.n, s.v FROM pg_catalog.jsonb_array_elements(COALESCE(p_input #> '{context,sanctions}', '[]')) WITH ORDINALITY AS s (v, n)
        WHERE s.v ->> 'organisation' = p_input #>> '{request,organisation}'
        UNION ALL
        SELECT 2, t.n, t.v FROM pg_catalog.jsonb_array_elements(COALESCE(p_input #> '{context,prohibitions}', '[]')) WITH ORDINALITY AS t (v, n))
    SELECT pg_catalog.jsonb_agg(x.id ORDER BY x.kind, x.n) FROM (
        SELECT b.kind, b.n, b.v ->> 'id' AS id FROM ban AS b
        WHERE audit.seconds(b.v ->> 'from') <= audit.seconds(p_input #>> '{request,at}')
            AND (b.v ->> 'until' IS NULL OR audit.seconds(p_input #>> '{request,at}') < audit.seconds(b.v ->> 'until'))
            AND (b.v ->> 'purpose' IS NULL OR b.v ->> 'purpose' = ANY (p_above) OR b.v ->> 'purpose' <> ALL (audit.known_words('purposes')))
        UNION ALL
        SELECT 3, r.n, r.v ->> 'id' FROM pg_catalog.jsonb_array_elements(p_matching) WITH ORDINALITY AS r (v, n) WHERE r.v ->> 'effect' = 'prohibit'
        UNION ALL
        SELECT 4, a.n, 'core:act-' || a.act FROM pg_catalog.jsonb_array_elements_text(p_input #> '{terms,prohibited_acts}') WITH ORDINALITY AS a (act, n)
        WHERE (a.act, p_input #>> '{request,action}') IN (('transfer_onward', 'distribute'), ('sell_data', 'sell'))) AS x;
$$;
