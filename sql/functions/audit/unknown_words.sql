-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: second step of an evaluation of terms (licensing.md 7): the words of a request that are not known, in the order of that step.
-- Outcomes: none; NULL where all are known.
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.unknown_words(p_terms jsonb, p_request jsonb) RETURNS jsonb
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT pg_catalog.jsonb_agg('core:' || x.reason ORDER BY x.n) FROM (VALUES
        (1, 'purpose-unknown', NOT EXISTS (SELECT FROM licensing.purpose AS p WHERE p.code = p_request ->> 'purpose')),
        (2, 'purpose-not-assignable', EXISTS (SELECT FROM licensing.purpose AS p WHERE p.code = p_request ->> 'purpose' AND NOT p.assignable)),
        (3, 'action-unknown', NOT (p_request ->> 'action') = ANY (audit.known_words('actions'))),
        (4, 'org-class-unknown', NOT (p_request ->> 'org_class') = ANY (audit.known_words('org_classes'))),
        (5, 'region-unknown', NOT EXISTS (SELECT FROM licensing.region AS r WHERE r.code = p_request ->> 'region')),
        (6, 'mode-unknown', NOT (p_request ->> 'mode') = ANY (audit.known_words('modes'))),
        (7, 'column-unknown', EXISTS (
            SELECT c.name FROM pg_catalog.jsonb_array_elements_text(p_request -> 'columns') AS c (name)
            EXCEPT SELECT t.v ->> 'name' FROM pg_catalog.jsonb_array_elements(p_terms -> 'columns') AS t (v)))) AS x (n, reason, bad)
    WHERE x.bad;
$$;
