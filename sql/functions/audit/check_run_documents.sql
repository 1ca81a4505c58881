-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: A3 of one run: its documents are those it names, the log was told of them, and its number comes from the first checkpoint that covers the entry
--          of its inputs, so that nobody can have ground it. The same inputs, frozen before by a run of the month that was given up, keep the number they had.
-- Outcomes: none; a row is a finding.
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.check_run_documents(p_unit text)
RETURNS TABLE (object_type text, object_id text, aspect text, expected text, found text, about text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    WITH run AS (SELECT r.* FROM payout.run AS r WHERE r.id = p_unit::uuid),
    entry AS (
        SELECT e.object_sha256 FROM run AS r CROSS JOIN LATERAL audit.entries_of('run_inputs', r.id::text) AS e ORDER BY e.no NULLS LAST, e.index LIMIT 1),
    number AS (
        SELECT e.no, e.index, c.size, 'run-' || pg_catalog.left(audit.digest(E'commonhold-run/1\n' || r.inputs_sha256 || E'\n'
                || pg_catalog.translate(pg_catalog.encode(c.root, 'base64'), E'\n', '') || E'\n'), 32) AS run_id
        FROM run AS r
        JOIN payout.run AS o ON o.id = r.id OR o.state = 'abandoned' AND (o.pool_id, o.service_month) = (r.pool_id, r.service_month)
        CROSS JOIN LATERAL audit.entries_of('run_inputs', o.id::text) AS e
        CROSS JOIN LATERAL audit.covering_checkpoint(e.no, e.index) AS c
        WHERE o.id = r.id OR e.object_sha256 = r.inputs_sha256),
    first AS (
        SELECT DISTINCT ON (n.no) n.no, n.size, n.run_id FROM number AS n CROSS JOIN run AS r
        WHERE NOT EXISTS (SELECT FROM payout.run AS o WHERE o.run_id = n.run_id AND o.state <> 'abandoned' AND o.id <> r.id) ORDER BY n.no, n.index),
    -- Where a log was begun again, the run may have been numbered by either.
    point AS (SELECT f.size, f.run_id FROM first AS f CROSS JOIN run AS r ORDER BY f.run_id = r.run_id DESC, f.no NULLS LAST LIMIT 1),
    -- A run that was given up may have been computed under the number, too: the last one is told last.
    told AS (
        SELECT pg_catalog.convert_from(e.bytes, 'UTF8')::jsonb AS doc FROM run AS r CROSS JOIN LATERAL audit.entries_of('run_result', r.run_id) AS e
        ORDER BY e.no DESC NULLS FIRST, e.index DESC LIMIT 1),
    document (aspect, named, sha256, about) AS (
        SELECT v.aspect, v.named, v.file, v.about FROM run AS r CROSS JOIN LATERAL (VALUES
            ('rule document', r.rule_sha256, r.rule_sha256, 'the stored rule is not the one the run names'),
            ('inputs document', r.inputs_sha256, r.inputs_file_sha256, 'the frozen inputs are not those the run was numbered by'),
            ('result document', r.result_file_sha256, r.result_file_sha256, 'the stored result is not the document the run names')) AS v (aspect, named, file, about)),
    pair (aspect, expected, found, about) AS (
        SELECT d.aspect, d.named, (SELECT pg_catalog.encode(pg_catalog.sha256(e.bytes), 'hex') FROM payout.evidence AS e WHERE e.sha256 = d.sha256), d.about FROM document AS d
        UNION ALL
        SELECT v.aspect, v.expected, v.found, v.about FROM run AS r LEFT JOIN entry AS e ON true LEFT JOIN point AS p ON true CROSS JOIN LATERAL (VALUES
            ('logged inputs', e.object_sha256, r.inputs_sha256, 'the log was told of other inputs'),
            ('numbered_size', p.size::text, r.numbered_size::text, 'the number was not taken from the first checkpoint that covers the inputs'),
            ('run_id', p.run_id, r.run_id, 'the number does not follow from the inputs and the checkpoint: the ties were chosen')) AS v (aspect, expected, found, about)
        UNION ALL
        SELECT 'logged ' || k.key, CASE k.key WHEN 'sha256' THEN t.doc->>'sha256' ELSE t.doc->'body'->>k.key END, k.value, 'the log was told of another result'
        FROM run AS r JOIN told AS t ON true CROSS JOIN LATERAL (VALUES ('sha256', r.result_hash), ('pot', r.pot::text), ('total', r.total::text), ('count', r.lines::text),
            ('lines_root', pg_catalog.encode(r.lines_root, 'hex'))) AS k (key, value))
    SELECT 'run', p_unit, p.aspect, p.expected, p.found, p.about FROM pair AS p WHERE p.expected IS DISTINCT FROM p.found;
$$;
