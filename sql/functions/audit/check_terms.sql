-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: LIC-N3 for one version: it comes from a proposal that was carried and came into force before it, it is the document of the text
--          that was frozen and voted, and all its hashes are those of the bytes.
-- Outcomes: none; a row is a finding.
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.check_terms(p_unit text)
RETURNS TABLE (object_type text, object_id text, aspect text, expected text, found text, about text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    WITH t AS (
        SELECT v.*, p.state, p.in_force_at, p.effect_sha256, x.effect, x.effect_canonical, y.outcome, e.sha256 AS enacted
        FROM governance.terms_version AS v LEFT JOIN governance.proposal AS p ON p.id = v.proposal_id AND p.type = 'terms'
        LEFT JOIN governance.proposal_version AS x ON x.proposal_id = p.id AND x.version = p.version
        LEFT JOIN governance.tally AS y ON y.proposal_id = p.id AND y.reading = p.reading
        LEFT JOIN licensing.pool AS l ON l.ref = v.pool
        LEFT JOIN licensing.terms_enacted AS e ON e.pool_id = l.pool_id AND e.version = v.version
        WHERE v.pool = pg_catalog.split_part(p_unit, ' ', 1) AND v.version = pg_catalog.split_part(p_unit, ' ', 2)::integer)
    SELECT 'terms', p_unit, x.aspect, x.expected, COALESCE(x.found, 'none'), x.about
    FROM t CROSS JOIN LATERAL (VALUES
        ('hash', audit.digest(t.canonical), t.sha256::text, 'the hash of the terms is not that of their text'),
        ('document', log.canonical(t.doc), t.canonical, 'the document that is read is not the text that is hashed'),
        ('voted document', audit.digest(t.canonical), audit.digest(log.canonical(t.effect -> 'document')), 'the terms in force are not those that were voted'),
        ('voted text', t.effect_sha256::text, audit.digest(t.effect_canonical), 'the proposal''s text is not the one that was frozen before the vote'),
        ('result', 'carried', t.outcome ->> 'outcome', 'no vote carried these terms'),
        ('proposal', 'in force', CASE WHEN t.state IN ('in_force', 'superseded') THEN 'in force' ELSE t.state END, 'the proposal never came into force'),
        ('from', 'not before its proposal', CASE WHEN t.from_at < t.in_force_at THEN 'before it' ELSE 'not before its proposal' END,
            'the terms rule since before their vote was in force'),
        ('enacted hash', t.sha256::text, COALESCE(t.enacted, t.sha256::text), 'licensing drew the consequences of another text')) AS x (aspect, expected, found, about)
    WHERE x.expected IS DISTINCT FROM x.found;
$$;
